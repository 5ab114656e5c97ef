/*
 * What stands between a request and its handler: faults on purpose, and the
 * quotas of the hub's tier.  It lets pass, puts off, refuses or loses.
 */
#ifndef TWINDECK_CORE_HUB_GATE_H
#define TWINDECK_CORE_HUB_GATE_H

#include <stddef.h>
#include <stdint.h>

#include "core/hub/tier.h"
#include "core/iothub/error.h"

struct hub;
struct hub_call;
struct hub_gate_wait;
struct hub_route;

enum hub_gate_way {
	HUB_GATE_PASS,
	HUB_GATE_REFUSE,     /* answer with error and text */
	HUB_GATE_LOSE,       /* close the connection at once; see text */
	HUB_GATE_LOSE_ANSWER /* act, and close it then */
};

struct hub_gate_verdict {
	enum hub_gate_way way;
	int64_t delay_ms; /* before it is answered, whatever the answer */
	enum iothub_error_id error;
	char text[160];
};

/* Runs the route's handler, now or later, or answers itself. */
void hub_gate_call(struct hub_call *call, const struct hub_route *route);

/* For a call that goes while it is put off; NULL does nothing. */
void hub_gate_wait_free(struct hub_gate_wait *wait);

/*
 * Judges a CONNECT or a message of len bytes of a device.  A refusal is put
 * off as long as the shaping lasts: some SDKs ask again at once, without end.
 * Over the messages of the day the connection is closed.
 */
struct hub_gate_verdict hub_gate_message(
    struct hub *hub, const char *device_id, enum hub_op op, size_t len);

#endif
