/*
 * A hub in this process, on a state folder of its own, and clients that speak
 * raw bytes to it over TLS.  Nothing here waits without the hub's loop going
 * round, nor longer than RIG_PATIENCE_MS.
 */
#ifndef TWINDECK_TESTS_HUB_RIG_H
#define TWINDECK_TESTS_HUB_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "core/hub/methods.h"

struct event_base;
struct hub;
struct rig;
struct rig_client;
struct strbuf;

#define RIG_PATIENCE_MS 10000
#define RIG_HOUR 3600 /* seconds that a token is good for */

struct rig *rig_new(void);
void rig_free(struct rig *rig);    /* and its folder */
void rig_restart(struct rig *rig); /* the same state, and the same port */
/* From the next start on. */
void rig_set_tier(struct rig *rig, const char *tier);

/* cmocka's fixtures; *state is the rig. */
int rig_setup_device(void **state);      /* d1 */
int rig_setup_two_devices(void **state); /* d1 and d2 */
int rig_teardown(void **state);

struct hub *rig_hub(struct rig *rig);
uint16_t rig_port(const struct rig *rig);
const char *rig_ca_file(const struct rig *rig);

/* One round of the loop; waits at most ms for something to happen. */
void rig_turn(struct rig *rig, int ms);
/* Rounds until *done, or for that long; whether it became true. */
bool rig_wait(struct rig *rig, const bool *done, int ms);

/* Both also for a module, "device/module". */
void rig_add_device(struct rig *rig, const char *device_id);
/* Its token, good for life_s seconds; the caller's. */
char *rig_token(struct rig *rig, const char *device_id, int64_t life_s);
/* The owner's, for REST, good for an hour; the caller's. */
char *rig_service_token(struct rig *rig);

/* What became of a call.  Start from { 0 }. */
struct rig_call {
	bool done;
	enum hub_method_end end;
	int status;
	char *payload; /* of an answer; owned, for the caller to free */
};

/* Calls lockDoor; call is overwritten, and has to live until it is done. */
void rig_invoke(struct rig *rig, const char *device_id, const char *payload,
    int connect_timeout_s, int response_timeout_s, struct rig_call *call);

/* Only a TCP connection; its socket, or -1 when there is none left. */
int rig_dial(struct rig *rig);
struct rig_client *rig_client_new(struct rig *rig);
/* The same, to the port where REST is. */
struct rig_client *rig_client_new_https(struct rig *rig);
/* The same as rig_client_new(), by a client that has a certificate. */
struct rig_client *rig_client_new_certified(
    struct rig *rig, X509 *certificate, EVP_PKEY *key);
void rig_client_free(struct rig_client *client); /* without DISCONNECT */
/* The same, but not before it has told TLS that this is the end. */
void rig_client_leave(struct rig_client *client);
/* Fails quietly when the hub has closed: the next read says so. */
void rig_client_send(struct rig_client *client, const void *data, size_t len);
/* Reads one whole packet, or nothing at the end of the connection. */
void rig_client_read(struct rig_client *client, struct strbuf *packet);
/* Reads as many bytes, or fewer at the end of the connection. */
void rig_client_read_bytes(
    struct rig_client *client, size_t len, struct strbuf *bytes);
/* Whether it has been closed within ms; what else comes is thrown away. */
bool rig_client_is_closed(struct rig_client *client, int ms);

void rig_client_send_connect(struct rig_client *client, const char *device_id,
    bool clean_session, uint16_t keep_alive_s, int64_t token_life_s);
/* CONNECT and CONNACK: whether a session was present. */
bool rig_client_connect(struct rig_client *client, const char *device_id,
    bool clean_session, uint16_t keep_alive_s, int64_t token_life_s);
/* Reads a call of lockDoor and checks its payload; rid gets the rid, owned. */
void rig_client_read_call(
    struct rig_client *client, const char *payload, char **rid);
void rig_client_answer(struct rig_client *client, int status, const char *rid,
    const char *payload);
/* SUBSCRIBE to one filter, with the code that was answered. */
uint8_t rig_client_subscribe(
    struct rig_client *client, const char *filter, uint8_t qos);

#endif
