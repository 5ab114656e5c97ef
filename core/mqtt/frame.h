/*
 * Where one packet ends and the next begins: the fixed header of MQTT.
 */
#ifndef TWINDECK_CORE_MQTT_FRAME_H
#define TWINDECK_CORE_MQTT_FRAME_H

#include <stddef.h>
#include <stdint.h>

struct err;

#define MQTT_HEADER_MAX 5 /* bytes of a fixed header: no more are needed */

struct mqtt_frame {
	uint8_t type;      /* enum mqtt_type */
	uint8_t flags;     /* the lower four bits */
	size_t header_len; /* bytes of the fixed header */
	size_t body_len;   /* Remaining Length: bytes that follow it */
};

/*
 * Reads the fixed header at the start of data.  Returns 1, 0 if there are too
 * few bytes to tell, or -1 with err set: ERR_PROTOCOL (no packet type, flags
 * that the type does not have, a length of five bytes), ERR_LIMIT (a body of
 * more than max bytes).  The body need not be there yet.
 */
int mqtt_frame_read(const void *data, size_t len, size_t max,
    struct mqtt_frame *frame, struct err *err);

const char *mqtt_type_name(uint8_t type); /* "SUBSCRIBE" */

#endif
