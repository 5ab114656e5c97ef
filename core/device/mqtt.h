/*
 * One MQTT connection of a device, from TCP to its end: libmosquitto inside
 * the loop.  Coming back after the end is the link's work.
 */
#ifndef TWINDECK_CORE_DEVICE_MQTT_H
#define TWINDECK_CORE_DEVICE_MQTT_H

#include <stddef.h>

struct device_endpoint;
struct device_mqtt;
struct err;

#define DEVICE_MQTT_PAYLOAD_MAX ((size_t)256 * 1024) /* of one message */

struct device_mqtt_ops {
	/* Accepted and subscribed. */
	void (*on_up)(void *arg);
	void (*on_message)(const char *topic, const char *payload, size_t len,
	    void *arg);
	/*
	 * It is over, and err says why; ERR_NONE: as device_mqtt_leave() asked.
	 * Nothing more comes; here it is to be freed.
	 */
	void (*on_closed)(const struct err *err, void *arg);
};

struct device_mqtt_login {
	const char *client_id;
	const char *user_name;
	const char *password; /* a secret */
};

/*
 * Connects to a numeric address at the endpoint's port.  filters ends with
 * NULL and must outlive the connection.  NULL with err set (ERR_IO,
 * ERR_UNREACHABLE); then no callback comes.
 */
struct device_mqtt *device_mqtt_new(struct device_endpoint *endpoint,
    const char *address, const struct device_mqtt_login *login,
    const char *const *filters, const struct device_mqtt_ops *ops, void *arg,
    struct err *err);
/*
 * Closes, with a DISCONNECT where that needs no waiting.  From on_closed, or
 * when no callback is running.  NULL does nothing.
 */
void device_mqtt_free(struct device_mqtt *mqtt);

/*
 * Queues a message at QoS 0; 0, or -1 with err set (ERR_UNREACHABLE,
 * ERR_LIMIT).
 */
int device_mqtt_publish(struct device_mqtt *mqtt, const char *topic,
    const char *payload, size_t len, struct err *err);

/* Says DISCONNECT; on_closed comes, now or later. */
void device_mqtt_leave(struct device_mqtt *mqtt);
/* Gives up for a reason of the caller's; on_closed comes later. */
void device_mqtt_give_up(struct device_mqtt *mqtt, const struct err *reason);

/* What has not come yet, in words: "an answer to SUBSCRIBE". */
const char *device_mqtt_missing(const struct device_mqtt *mqtt);

#endif
