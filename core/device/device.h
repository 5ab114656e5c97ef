/*
 * One simulated device: its connection, its twin, the direct methods that it
 * answers and what they set in motion.
 */
#ifndef TWINDECK_CORE_DEVICE_DEVICE_H
#define TWINDECK_CORE_DEVICE_DEVICE_H

#include <stddef.h>
#include <stdint.h>

struct connstr;
struct device;
struct device_endpoint;
struct err;
struct net_http;

enum device_news_kind {
	DEVICE_SAYS,    /* something happened */
	DEVICE_TROUBLE, /* something went wrong */
	DEVICE_ONLINE,  /* connected */
	DEVICE_OFFLINE, /* connected no more, or not yet again */
};

/* Text comes from far away in parts: escape it before it is printed. */
struct device_news {
	enum device_news_kind kind;
	const char *device_id;
	const char *text;
	const char *reason; /* of DEVICE_OFFLINE: text without the next try */
};

struct device_config {
	const struct connstr *identity; /* a device string; borrowed for new */
	struct device_endpoint *endpoint; /* borrowed */
	struct net_http *http;            /* for downloads; borrowed */
	int64_t phase_ms;
	int64_t latency_ms;        /* before a direct method is answered */
	unsigned int fail_percent; /* of firmware updates that fail */
	int64_t sas_s;             /* how long a token lives */
	void (*on_news)(const struct device_news *news, void *arg);
	void *arg;
};

/* NULL with err set (ERR_INVALID, ERR_UNSUPPORTED). */
struct device *device_new(const struct device_config *config, struct err *err);
void device_free(struct device *device); /* NULL does nothing */

/* Connects after a delay, and stays connected. */
void device_start(struct device *device, int64_t delay_ms);

/*
 * Row i of the direct methods that a device answers: its name and, in one
 * sentence, what it does; NULL behind the last.
 */
const char *device_method_name(size_t i, const char **help);

#endif
