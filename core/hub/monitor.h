/*
 * Live listeners: whoever asks over the owner's route gets each message that
 * devices send from then on, or each packet of a device's connection in words,
 * as a line of JSON.  Nothing is kept for them, and
 * no device waits for them: one that reads too slowly misses messages, and is
 * told how many in the next line.
 */
#ifndef TWINDECK_CORE_HUB_MONITOR_H
#define TWINDECK_CORE_HUB_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evhttp_connection;
struct hub_monitor;

#define HUB_MONITOR_LISTENERS_MAX 16
/* What waits for one of them; a message that goes beyond is missed. */
#define HUB_MONITOR_QUEUE_MAX ((size_t)4 * 1024 * 1024)

struct hub_monitor *hub_monitor_new(void);
void hub_monitor_free(struct hub_monitor *monitor); /* and the streams */

size_t hub_monitor_count(const struct hub_monitor *monitor);

enum hub_monitor_kind { HUB_MONITOR_MESSAGES, HUB_MONITOR_PACKETS };

/*
 * Takes the connection and answers its request with a stream without end, of
 * one device and its modules unless device_id is NULL.
 */
void hub_monitor_listen(struct hub_monitor *monitor,
    enum hub_monitor_kind kind, struct evhttp_connection *connection,
    const char *device_id);

/* A message of a device; its texts are borrowed. */
struct hub_monitor_message {
	const char *who;
	const char *bag; /* its properties, still encoded */
	size_t bag_len;
	const char *payload;
	size_t payload_len;
	uint8_t qos;
	bool retain; /* as the property mqtt-retain */
};

void hub_monitor_tell(struct hub_monitor *monitor,
    const struct hub_monitor_message *message);

/* Whether somebody watches packets; else there is no need to tell of any. */
bool hub_monitor_wants_packets(const struct hub_monitor *monitor);
/* Whole packets, one or more, that came from a device or go there. */
void hub_monitor_packets(struct hub_monitor *monitor, const char *who,
    bool from_device, const void *packets, size_t len);

#endif
