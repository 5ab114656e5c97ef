/*
 * The least of a hub that a device needs, on a free port of 127.0.0.1 in the
 * test's own loop: it accepts or refuses, answers twin requests, and says
 * what the test wants it to.  Its MQTT is written here by hand, so that a
 * device is not checked against our own server.
 */
#ifndef TWINDECK_TESTS_SUPPORT_MQTT_HUB_H
#define TWINDECK_TESTS_SUPPORT_MQTT_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct test_cert;
struct test_hub;

/* What the test may change at any time. */
struct test_hub_manners {
	int connack;         /* what CONNECT is answered with; 0 accepts */
	const char *waiting; /* Topic Name of a call that comes with CONNACK,
				ahead of any SUBACK; NULL: none */
	const char *twin; /* what a twin GET is answered with; NULL: silence */
	int get_status;   /* of that answer */
	int patch_status; /* of the answer to a report */
};

struct test_hub *
test_hub_new(struct event_base *base, const struct test_cert *cert);
void test_hub_free(struct test_hub *hub); /* NULL does nothing */

uint16_t test_hub_port(const struct test_hub *hub);
struct test_hub_manners *test_hub_manners(struct test_hub *hub);

/*
 * Everything so far, one line each: "CONNECT clientid username",
 * "SUBSCRIBE filter", "topic payload", "DISCONNECT", "CLOSED".  Borrowed.
 */
const char *test_hub_log(const struct test_hub *hub);
void test_hub_clear(struct test_hub *hub);
size_t test_hub_count(const struct test_hub *hub, const char *words);
const char *test_hub_password(const struct test_hub *hub); /* the last */
const char *test_hub_sni(const struct test_hub *hub);      /* the last */

/* To the device that is connected. */
void
test_hub_publish(struct test_hub *hub, const char *topic, const char *payload);
void test_hub_kick(struct test_hub *hub);

/* Runs the loop until the log has these words, or for 20 s: then false. */
bool test_hub_wait(struct test_hub *hub, const char *words);

#endif
