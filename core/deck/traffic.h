/*
 * The last requests of the deck and their answers, to be looked at: what was
 * asked, what the hub said, how long it took, and the same as a line for a
 * shell.  Secrets in bodies are masked before anything is kept.
 */
#ifndef TWINDECK_CORE_DECK_TRAFFIC_H
#define TWINDECK_CORE_DECK_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_exchange;
struct connstr;
struct events;
struct traffic;

#define TRAFFIC_MAX ((size_t)200)       /* exchanges */
#define TRAFFIC_BODY_MAX ((size_t)4096) /* bytes of a body that are kept */

/* Read by anybody; good until the next traffic_take…(). */
struct traffic_entry {
	uint64_t number;    /* of the newest that looked like this, from 1 */
	uint64_t times;     /* how often it was asked in a row: a poll */
	char *method;       /* "GET"; of a packet "MQTT" */
	char *path;         /* "/twins/door-001?api-version=…", the device */
	char *headers;      /* lines "If-Match: …", or NULL */
	char *body;         /* masked and cut, or NULL; the packet in words */
	size_t body_len;    /* as it was */
	int http;           /* 0: no answer */
	char *answer;       /* masked and cut; "" for none */
	size_t answer_len;  /* as it was */
	bool is_packet;     /* of MQTT: no answer belongs to it */
	bool from_device;   /* which way it went */
	char *error;        /* what went wrong, in words, or NULL */
	int64_t at_us;      /* UTC; the answer */
	int64_t elapsed_us;
};

/* Both are borrowed; ca_file may be NULL. */
struct traffic *traffic_new(struct events *events, const struct connstr *cs,
    const char *ca_file);
void traffic_free(struct traffic *traffic); /* NULL does nothing */

/* Fires DECK_TRAFFIC. */
void traffic_take(
    struct traffic *traffic, const struct client_exchange *exchange);

/* A packet in words.  Fires DECK_TRAFFIC. */
void traffic_take_packet(struct traffic *traffic, const char *device_id,
    bool from_device, const char *words);

/* Oldest first. */
size_t traffic_size(const struct traffic *traffic);
const struct traffic_entry *traffic_at(
    const struct traffic *traffic, size_t i);

/*
 * The same for a shell, quoted, without a secret: $SAS and
 * $IOTHUB_CONNECTION_STRING stand for them.  The caller's; NULL: az has no
 * command for it, the body was too long to be kept, or it is a packet.
 */
char *traffic_curl(
    const struct traffic *traffic, const struct traffic_entry *entry);
char *traffic_az(const struct traffic_entry *entry);

#endif
