#include "config.h"

#include "core/device/link.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <event2/util.h>
#include <openssl/crypto.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/device/backoff.h"
#include "core/device/endpoint.h"
#include "core/device/mqtt.h"
#include "core/iothub/connstr.h"
#include "core/iothub/sas.h"
#include "core/iothub/topic.h"

#define API_VERSION "2021-04-12"
#define LEAVE_MS 5000 /* for a DISCONNECT to go out */
/* A token is renewed when this much of its life is over, spread so that the
 * tokens of a fleet, all made in one second, are not all renewed in one. */
#define RENEW_FROM_PERCENT 75
#define RENEW_SPREAD_PERCENT 10

enum state {
	STOPPED,
	WAITING,    /* timer: the next try */
	RESOLVING,  /* lookup is under way */
	CONNECTING, /* timer: the deadline, to UP */
	UP,         /* timer: the token's renewal */
	LEAVING,    /* timer: waits no longer */
};

/*
 * A lookup gives addresses, each is tried with a fresh connection and a fresh
 * token, and whatever ends an attempt or a connection leads to WAITING: the
 * next try is always begun by the timer, never inside a callback.
 */
struct device_link {
	struct device_endpoint *endpoint;
	const struct device_link_ops *ops;
	void *arg;
	char *client_id;
	char *user_name;
	char *resource;  /* what the token is for */
	char *key;       /* base64; a secret; NULL: signature is used */
	char *signature; /* a token made by somebody else, or NULL */
	int64_t sas_s;

	enum state state;
	struct event *timer;
	struct device_lookup *lookup; /* while RESOLVING */
	struct device_mqtt *mqtt;     /* CONNECTING to LEAVING */
	struct device_addresses addresses;
	size_t next_address;
	struct device_backoff backoff;
	int64_t up_since_ms; /* 0: not up */
	bool heard;          /* a message has come: the hub has let us in */
};

static const char *const filters[] = { TOPIC_METHODS_FILTER,
	TOPIC_TWIN_RES_FILTER, TOPIC_DESIRED_FILTER, NULL };

static uint32_t
random_u32(void)
{
	uint32_t n;

	evutil_secure_rng_get_bytes(&n, sizeof(n));
	return n;
}

static void
set_timer(struct device_link *link, int64_t ms)
{
	const struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000 };

	event_add(link->timer, &tv);
}

/*
 * The connection, or the attempt, is over.  A host with several addresses is
 * only given up when all of them were tried.
 */
static void
on_closed(const struct err *err, void *arg)
{
	struct device_link *link = arg;
	const struct err reason = *err; /* may be the connection's own */
	int64_t up_ms = 0, retry_ms = 0;
	bool more =
	    link->state == CONNECTING && link->next_address < link->addresses.n;

	if (link->up_since_ms != 0)
		up_ms = clock_mono_ms() - link->up_since_ms;
	device_mqtt_free(link->mqtt);
	link->mqtt = NULL;
	link->up_since_ms = 0;
	link->state = WAITING;
	if (!more) {
		link->addresses.n = 0;
		if (reason.code != ERR_NONE)
			retry_ms = device_backoff_next_ms(
			    &link->backoff, up_ms, random_u32());
	}
	set_timer(link, retry_ms);
	if (!more)
		link->ops->on_down(&reason, retry_ms, link->arg);
}

static void
on_up(void *arg)
{
	struct device_link *link = arg;
	int64_t percent;

	if (link->state != CONNECTING)
		return;
	link->state = UP;
	link->up_since_ms = clock_mono_ms();
	event_del(link->timer);
	if (link->key != NULL) {
		percent =
		    RENEW_FROM_PERCENT + random_u32() % RENEW_SPREAD_PERCENT;
		set_timer(link, link->sas_s * 1000 * percent / 100);
	}
	link->ops->on_up(link->arg);
}

static void
on_message(const char *name, const char *payload, size_t len, void *arg)
{
	struct device_link *link = arg;
	struct topic topic;

	link->heard = true;
	topic_parse(name, strlen(name), &topic);
	link->ops->on_message(&topic, payload, len, link->arg);
}

static const struct device_mqtt_ops mqtt_ops = {
	.on_up = on_up,
	.on_message = on_message,
	.on_closed = on_closed,
};

/* The token is made for each connection: the old one may be near its end. */
static void
connect_address(struct device_link *link)
{
	const char *address = link->addresses.text[link->next_address++];
	struct device_mqtt_login login = { link->client_id, link->user_name,
		link->signature };
	struct err err = { 0 };
	char *token = NULL;

	link->state = CONNECTING;
	link->heard = false;
	if (link->key != NULL) {
		token = sas_token_new(link->resource, link->key, NULL,
		    clock_utc_us() / 1000000 + link->sas_s, &err);
		login.password = token;
	}
	if (err.code == ERR_NONE)
		link->mqtt = device_mqtt_new(link->endpoint, address, &login,
		    filters, &mqtt_ops, link, &err);
	xfree_secret(token);
	if (link->mqtt != NULL)
		set_timer(link, DEVICE_LINK_CONNECT_MS);
	else
		on_closed(&err, link);
}

static void
on_lookup(
    const struct device_addresses *found, const struct err *err, void *arg)
{
	struct device_link *link = arg;

	link->lookup = NULL;
	link->addresses = *found;
	link->next_address = 0;
	if (found->n > 0)
		connect_address(link);
	else
		on_closed(err, link);
}

static void
give_up(struct device_link *link)
{
	struct err err;

	err_set(&err, ERR_TIMEOUT, "no answer from %s: %s did not come in %d s",
	    device_endpoint_host(link->endpoint),
	    device_mqtt_missing(link->mqtt), DEVICE_LINK_CONNECT_MS / 1000);
	on_closed(&err, link);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	const struct err none = { .code = ERR_NONE };
	struct device_link *link = arg;

	(void)fd;
	(void)what;
	switch (link->state) {
	case WAITING:
		if (link->next_address < link->addresses.n) {
			connect_address(link);
			break;
		}
		link->state = RESOLVING;
		link->lookup =
		    device_lookup_new(link->endpoint, on_lookup, link);
		break;
	case CONNECTING:
		give_up(link);
		break;
	case UP:
		/* DISCONNECT, so that the hub sees no failure in it. */
		link->state = LEAVING;
		set_timer(link, LEAVE_MS);
		device_mqtt_leave(link->mqtt);
		break;
	case LEAVING:
		on_closed(&none, link);
		break;
	case STOPPED:
	case RESOLVING:
		break;
	}
}

static int
check_identity(const struct connstr *identity, struct err *err)
{
	unsigned char key[SAS_KEY_MAX];
	int len = 0;

	if (identity->device_id == NULL)
		return err_set(err, ERR_INVALID,
		    "a device needs a device connection string");
	if (strpbrk(identity->device_id, "#+") != NULL)
		return err_set(err, ERR_UNSUPPORTED,
		    "a device id with # or + cannot be used over MQTT");
	if (identity->key == NULL && identity->signature == NULL)
		return err_set(err, ERR_UNSUPPORTED,
		    "connection string: a SharedAccessKey is needed, X.509 is "
		    "not supported");
	if (identity->key != NULL)
		len = sas_key_decode(identity->key, key);
	OPENSSL_cleanse(key, sizeof(key));
	if (len == -1)
		return err_set(err, ERR_INVALID,
		    "connection string: SharedAccessKey is not the base64 of "
		    "%d to %d bytes",
		    SAS_KEY_MIN, SAS_KEY_MAX);
	return 0;
}

/* What a hub knows the device, or module, by. */
static void
set_names(struct device_link *link, const struct connstr *identity)
{
	const char *module = identity->module_id;

	link->client_id = xasprintf("%s%s%s", identity->device_id,
	    module != NULL ? "/" : "", module != NULL ? module : "");
	link->user_name =
	    xasprintf("%s/%s/?api-version=" API_VERSION
		      "&DeviceClientType=" PACKAGE_NAME "%%2F" PACKAGE_VERSION,
		identity->host, link->client_id);
	link->resource = xasprintf("%s/devices/%s%s%s", identity->host,
	    identity->device_id, module != NULL ? "/modules/" : "",
	    module != NULL ? module : "");
}

struct device_link *
device_link_new(struct device_endpoint *endpoint,
    const struct connstr *identity, int64_t sas_s,
    const struct device_link_ops *ops, void *arg, struct err *err)
{
	struct device_link *link;

	if (check_identity(identity, err) == -1)
		return NULL;
	link = xcalloc(1, sizeof(*link));
	link->endpoint = endpoint;
	link->ops = ops;
	link->arg = arg;
	link->sas_s = sas_s;
	link->key = xstrdup(identity->key);
	link->signature = xstrdup(identity->signature);
	set_names(link, identity);
	link->timer =
	    evtimer_new(device_endpoint_base(endpoint), on_timer, link);
	return link;
}

void
device_link_free(struct device_link *link)
{
	if (link == NULL)
		return;
	device_lookup_cancel(link->lookup);
	device_mqtt_free(link->mqtt);
	event_free(link->timer);
	free(link->client_id);
	free(link->user_name);
	free(link->resource);
	xfree_secret(link->key);
	xfree_secret(link->signature);
	free(link);
}

void
device_link_start(struct device_link *link, int64_t delay_ms)
{
	link->state = WAITING;
	set_timer(link, delay_ms);
}

int
device_link_publish(struct device_link *link, const char *topic,
    const char *payload, size_t len, struct err *err)
{
	/* In a session that is kept, a call that waited may come ahead of the
	 * SUBACK, and wants its answer. */
	if (link->state != UP && !(link->state == CONNECTING && link->heard))
		return err_set(err, ERR_UNREACHABLE, "not connected");
	return device_mqtt_publish(link->mqtt, topic, payload, len, err);
}

void
device_link_reset(struct device_link *link, const struct err *reason)
{
	if (link->mqtt != NULL)
		device_mqtt_give_up(link->mqtt, reason);
}
