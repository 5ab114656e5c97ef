/*
 * What a device has subscribed to.  With Clean Session 0 that outlives its
 * connections and the hub's own process: Python's SDK subscribes once and
 * never again.
 */
#ifndef TWINDECK_CORE_HUB_SUBSCRIPTIONS_H
#define TWINDECK_CORE_HUB_SUBSCRIPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "core/mqtt/reader.h"

struct err;
struct hub;

#define HUB_SUBSCRIPTIONS_MAX 5 /* a device, as IoT Hub's quota says */
#define HUB_FILTER_MAX 512      /* bytes of a Topic Filter */

/* Start from { 0 }.  Small, since each connection has one. */
struct hub_subscriptions {
	struct hub_subscription *items; /* owned */
	size_t n;
};

void hub_subscriptions_fini(struct hub_subscriptions *subs);

/*
 * Adds a Topic Filter, or changes its QoS.  Returns the QoS granted, at most
 * 1, or MQTT_SUBACK_FAILURE: a filter that IoT Hub does not have, or too many.
 */
uint8_t hub_subscriptions_add(struct hub_subscriptions *subs,
    const char *device_id, struct mqtt_str topic_filter, uint8_t qos);
void hub_subscriptions_remove(
    struct hub_subscriptions *subs, struct mqtt_str topic_filter);
/* The QoS at which a Topic Name is wanted, or -1 if it is not. */
int hub_subscriptions_qos(
    const struct hub_subscriptions *subs, const char *topic_name);

/* What of it is kept; the hub has one. */
struct hub_subscriptions_store;

/* NULL with err set (ERR_IO). */
struct hub_subscriptions_store *
hub_subscriptions_store_new(struct hub *hub, struct err *err);
void hub_subscriptions_store_free(struct hub_subscriptions_store *store);

/*
 * Fills subs, which is empty, with what is kept for a device: 1 if there was a
 * session, even one without subscriptions, 0 if there was none, or -1.
 */
int hub_subscriptions_load(struct hub_subscriptions_store *store,
    const char *device_id, struct hub_subscriptions *subs, struct err *err);
/* Both open a batch; 0, or -1 with err set. */
int hub_subscriptions_save(struct hub_subscriptions_store *store,
    const char *device_id, const struct hub_subscriptions *subs,
    struct err *err);
int hub_subscriptions_drop(struct hub_subscriptions_store *store,
    const char *device_id, struct err *err);

#endif
