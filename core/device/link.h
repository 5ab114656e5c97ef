/*
 * The MQTT connection of one device to its hub: kept up by itself, with
 * backoff, fresh SAS tokens and its subscriptions.  What is said over it is
 * the caller's work.
 */
#ifndef TWINDECK_CORE_DEVICE_LINK_H
#define TWINDECK_CORE_DEVICE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connstr;
struct device_endpoint;
struct device_link;
struct err;
struct topic;

#define DEVICE_LINK_CONNECT_MS 15000 /* TCP, TLS, CONNACK and SUBACK */
#define DEVICE_LINK_SAS_DEF_S 3600
#define DEVICE_LINK_SAS_MIN_S 5

/* All are called from the loop; none may free the link. */
struct device_link_ops {
	/* Connected, accepted and subscribed. */
	void (*on_up)(void *arg);
	/*
	 * Not or no longer connected; retry_ms is when the next try begins.
	 * err->code is ERR_NONE when it is only to renew the SAS token.
	 */
	void (*on_down)(const struct err *err, int64_t retry_ms, void *arg);
	void (*on_message)(const struct topic *topic, const char *payload,
	    size_t len, void *arg);
};

/*
 * identity must be a device string with a key or a signature; sas_s is how
 * long its tokens live.  The endpoint is borrowed.  NULL with err set
 * (ERR_INVALID, ERR_UNSUPPORTED).
 */
struct device_link *device_link_new(struct device_endpoint *endpoint,
    const struct connstr *identity, int64_t sas_s,
    const struct device_link_ops *ops, void *arg, struct err *err);
/* Says goodbye to the hub, if it can without waiting.  NULL does nothing. */
void device_link_free(struct device_link *link);

void device_link_start(struct device_link *link, int64_t delay_ms);

/*
 * Queues a message at QoS 0.  Returns 0, or -1 with err set: ERR_UNREACHABLE
 * (not up, and nothing has come either), ERR_LIMIT.
 */
int device_link_publish(struct device_link *link, const char *topic,
    const char *payload, size_t len, struct err *err);

/* Closes the connection as if it had failed, and tries again. */
void device_link_reset(struct device_link *link, const struct err *reason);

#endif
