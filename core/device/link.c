#include "config.h"

#include "core/device/link.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/util.h>
#include <mosquitto.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/device/backoff.h"
#include "core/device/endpoint.h"
#include "core/iothub/connstr.h"
#include "core/iothub/sas.h"
#include "core/iothub/topic.h"

#define API_VERSION "2021-04-12"
#define KEEP_ALIVE_S 60
#define MISC_S 1           /* as libmosquitto asks for its keep-alive */
#define READ_ROUNDS_MAX 64 /* then the loop gets a turn */
#define LEAVE_MS 5000      /* for a DISCONNECT to go out */
/* A token is renewed when this much of its life is over, spread so that the
 * tokens of a fleet, all made in one second, are not all renewed in one. */
#define RENEW_FROM_PERCENT 75
#define RENEW_SPREAD_PERCENT 10

enum state {
	STOPPED,
	WAITING,     /* timer: the next try */
	RESOLVING,   /* lookup is under way */
	CONNECTING,  /* timer: the deadline, to UP */
	SUBSCRIBING,
	UP,          /* timer: the token's renewal */
	LEAVING,     /* DISCONNECT is going out; timer: waits no longer */
};

/*
 * libmosquitto owns the socket and the protocol, the loop owns the waiting: a
 * socket event leads to loop_read() or loop_write(), and settle() then looks
 * at what came of it.  Each connection is a fresh struct mosquitto, so none
 * inherits anything from a failed one.  Failures come as return codes during
 * the handshake and by callback later; both only leave a note that settle()
 * finds, and the next try is always begun by the timer.
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
	struct mosquitto *mosq; /* NULL: no connection */
	struct event *timer;
	struct event *misc;
	struct event *readable; /* of fd, or NULL */
	struct event *writable;
	int fd;         /* that the events are for, or -1 */
	bool connected; /* TCP is; until then the library is not called */
	bool in_library;
	struct err note; /* why the connection is over; ERR_NONE: it is
			    not, or was left on purpose */
	bool gone;       /* the disconnect callback came */
	char *tls_words; /* what OpenSSL last said through the library */

	struct device_lookup *lookup; /* while RESOLVING */
	struct device_addresses addresses;
	size_t next_address;
	struct device_backoff backoff;
	int64_t up_since_ms; /* 0: not up */
};

static const char *const filters[] = { TOPIC_METHODS_FILTER,
	TOPIC_TWIN_RES_FILTER, TOPIC_DESIRED_FILTER };

#define N_FILTERS ((int)(sizeof(filters) / sizeof(filters[0])))

static void drop(struct device_link *link);
static void settle(struct device_link *link, int rc);

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
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000 };

	event_add(link->timer, &tv);
}

/* The first note is the cause, later ones are its consequences. */
static void
note(struct device_link *link, enum err_code code, const char *words)
{
	if (link->note.code == ERR_NONE)
		err_set(&link->note, code, "%s", words);
}

static const char *
connack_words(int code)
{
	switch (code) {
	case 1:
		return "the hub does not speak MQTT 3.1.1 (CONNACK 1)";
	case 2:
		return "the hub refused the Client Identifier (CONNACK 2)";
	case 3:
		return "the hub is not available, or throttles (CONNACK 3)";
	case 4:
		return "the hub refused user name or password (CONNACK 4)";
	default:
		return "not authorized (CONNACK 5): the key is wrong, the "
		       "device unknown or disabled, or the clock off";
	}
}

/* What the library's code means, with OpenSSL's words where TLS failed. */
static void
note_failure(struct device_link *link, int rc)
{
	SSL *ssl = mosquitto_ssl_get(link->mosq);
	long verified = ssl != NULL ? SSL_get_verify_result(ssl) : X509_V_OK;

	if (link->note.code != ERR_NONE)
		return;
	if (verified != X509_V_OK)
		err_set(&link->note, ERR_UNREACHABLE,
		    "the certificate of %s is not good: %s",
		    device_endpoint_host(link->endpoint),
		    X509_verify_cert_error_string(verified));
	else if (rc == MOSQ_ERR_TLS)
		err_set(&link->note, ERR_UNREACHABLE, "TLS failed: %s",
		    link->tls_words != NULL ? link->tls_words
					    : "no reason given");
	else if (rc == MOSQ_ERR_ERRNO && errno != 0 && errno != EAGAIN)
		note(link, ERR_UNREACHABLE, strerror(errno));
	else if (rc == MOSQ_ERR_KEEPALIVE)
		note(link, ERR_UNREACHABLE,
		    "the hub stopped answering (keep-alive)");
	else if (rc == MOSQ_ERR_PROTOCOL || rc == MOSQ_ERR_MALFORMED_PACKET)
		note(link, ERR_PROTOCOL, "the hub broke the rules of MQTT");
	else
		note(link, ERR_UNREACHABLE, "the hub closed the connection");
}

static void
unwatch(struct device_link *link)
{
	if (link->readable != NULL)
		event_free(link->readable);
	if (link->writable != NULL)
		event_free(link->writable);
	link->readable = NULL;
	link->writable = NULL;
	link->fd = -1;
}

/*
 * Is TCP connected?  The library never notices a refused connection: it keeps
 * saying "no error", and the loop would spin.
 */
static bool
check_connected(struct device_link *link)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	len = sizeof(peer);
	if (error == 0 &&
	    getpeername(link->fd, (struct sockaddr *)(void *)&peer, &len) == -1)
		error = errno;
	/* The library's first write may have fetched the error before us. */
	if (error == ENOTCONN)
		error = ECONNREFUSED;
	link->connected = error == 0;
	if (link->connected)
		return true;
	if (link->note.code == ERR_NONE)
		err_set(&link->note, ERR_UNREACHABLE, "%s port %u: %s",
		    link->addresses.text[link->next_address - 1],
		    device_endpoint_port(link->endpoint), strerror(error));
	drop(link);
	return false;
}

/*
 * The library may stop reading while OpenSSL holds decrypted bytes, for which
 * no socket event will come; and it takes an errno of long ago for its own.
 */
static int
read_all(struct device_link *link)
{
	int rounds, rc = MOSQ_ERR_SUCCESS;
	SSL *ssl = mosquitto_ssl_get(link->mosq);

	for (rounds = 0; rounds < READ_ROUNDS_MAX; rounds++) {
		errno = 0;
		rc = mosquitto_loop_read(link->mosq, 1);
		if (rc != MOSQ_ERR_SUCCESS || link->gone ||
		    mosquitto_socket(link->mosq) == -1 || ssl == NULL ||
		    SSL_pending(ssl) == 0)
			return rc;
	}
	event_active(link->readable, EV_READ, 0);
	return rc;
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct device_link *link = arg;
	SSL *ssl;
	int rc = MOSQ_ERR_SUCCESS;
	bool handshake;

	(void)fd;
	if (!link->connected && !check_connected(link))
		return;
	ssl = mosquitto_ssl_get(link->mosq);
	handshake = ssl == NULL || !SSL_is_init_finished(ssl);
	link->in_library = true;
	/* loop_read() is what drives the handshake, whatever it waits for. */
	if ((what & EV_READ) != 0 || handshake) {
		rc = read_all(link);
	} else {
		errno = 0;
		rc = mosquitto_loop_write(link->mosq, 1);
	}
	link->in_library = false;
	settle(link, rc);
}

static void
on_misc(evutil_socket_t fd, short what, void *arg)
{
	struct device_link *link = arg;
	int rc;

	(void)fd;
	(void)what;
	if (link->mosq == NULL || !link->connected)
		return;
	link->in_library = true;
	rc = mosquitto_loop_misc(link->mosq);
	link->in_library = false;
	settle(link, rc);
}

/* Brings the events in line with what the library waits for now. */
static void
watch(struct device_link *link)
{
	struct event_base *base = device_endpoint_base(link->endpoint);
	int fd = mosquitto_socket(link->mosq);

	if (fd != link->fd) {
		unwatch(link);
		link->fd = fd;
		link->readable =
		    event_new(base, fd, EV_READ | EV_PERSIST, on_socket, link);
		link->writable = event_new(base, fd, EV_WRITE, on_socket, link);
		event_add(link->readable, NULL);
	}
	if (!link->connected || mosquitto_want_write(link->mosq))
		event_add(link->writable, NULL);
	else
		event_del(link->writable);
}

/* After every call of the library: goes on, or draws the line. */
static void
settle(struct device_link *link, int rc)
{
	if (rc == MOSQ_ERR_SUCCESS && !link->gone &&
	    link->note.code == ERR_NONE && mosquitto_socket(link->mosq) != -1) {
		watch(link);
		return;
	}
	if (link->state != LEAVING)
		note_failure(link, rc);
	drop(link);
}

static void
disconnect(struct device_link *link)
{
	unwatch(link);
	event_del(link->misc);
	event_del(link->timer);
	mosquitto_destroy(link->mosq);
	link->mosq = NULL;
	link->connected = false;
	link->gone = false;
	free(link->tls_words);
	link->tls_words = NULL;
}

/*
 * The connection, or the attempt, is over; note says why.  A host with several
 * addresses is only given up when all of them were tried.
 */
static void
drop(struct device_link *link)
{
	struct err reason = link->note;
	int64_t up_ms = 0, retry_ms = 0;
	bool more =
	    link->state == CONNECTING && link->next_address < link->addresses.n;

	if (link->up_since_ms != 0)
		up_ms = clock_mono_ms() - link->up_since_ms;
	if (link->mosq != NULL)
		disconnect(link);
	if (!more && reason.code != ERR_NONE)
		retry_ms =
		    device_backoff_next_ms(&link->backoff, up_ms, random_u32());
	if (!more)
		link->addresses.n = 0;
	link->state = WAITING;
	link->up_since_ms = 0;
	err_clear(&link->note);
	set_timer(link, retry_ms);
	if (!more)
		link->ops->on_down(&reason, retry_ms, link->arg);
}

static void
on_connect(struct mosquitto *mosq, void *arg, int code)
{
	struct device_link *link = arg;

	(void)mosq;
	if (code != 0) {
		note(link, code >= 4 ? ERR_UNAUTHORIZED : ERR_REFUSED,
		    connack_words(code));
		return;
	}
	link->state = SUBSCRIBING;
	/* The library takes char *const *, and does not write to them. */
	if (mosquitto_subscribe_multiple(link->mosq, NULL, N_FILTERS,
		(char *const *)(uintptr_t)filters, 0, 0,
		NULL) != MOSQ_ERR_SUCCESS)
		note(link, ERR_INTERNAL, "SUBSCRIBE cannot be sent");
}

static void
on_subscribe(
    struct mosquitto *mosq, void *arg, int packet_id, int n, const int *granted)
{
	struct device_link *link = arg;
	int64_t part;
	int i;

	(void)mosq;
	(void)packet_id;
	for (i = 0; i < n; i++)
		if (granted[i] >= 0x80) {
			note(link, ERR_REFUSED,
			    "the hub refused a subscription");
			return;
		}
	if (link->state != SUBSCRIBING)
		return;
	link->state = UP;
	link->up_since_ms = clock_mono_ms();
	event_del(link->timer);
	if (link->key != NULL) {
		part = RENEW_FROM_PERCENT + random_u32() % RENEW_SPREAD_PERCENT;
		set_timer(link, link->sas_s * 10 * part);
	}
	link->ops->on_up(link->arg);
}

static void
on_disconnect(struct mosquitto *mosq, void *arg, int rc)
{
	struct device_link *link = arg;

	(void)mosq;
	link->gone = true;
	if (rc != 0)
		note_failure(link, rc);
}

static void
on_message(
    struct mosquitto *mosq, void *arg, const struct mosquitto_message *message)
{
	struct device_link *link = arg;
	struct topic topic;

	(void)mosq;
	if (message->payloadlen < 0 ||
	    (size_t)message->payloadlen > DEVICE_LINK_PAYLOAD_MAX) {
		note(link, ERR_LIMIT, "the hub sent a message over 256 KB");
		return;
	}
	topic_parse(message->topic, strlen(message->topic), &topic);
	link->ops->on_message(&topic,
	    message->payload != NULL ? message->payload : "",
	    (size_t)message->payloadlen, link->arg);
}

static void
on_log(struct mosquitto *mosq, void *arg, int level, const char *text)
{
	struct device_link *link = arg;
	const char *reason;

	(void)mosq;
	/* "OpenSSL Error[0]: error:0A000086:SSL routines::unknown protocol" */
	if (level != MOSQ_LOG_ERR || (reason = strstr(text, "::")) == NULL)
		return;
	free(link->tls_words);
	link->tls_words = xstrdup(reason + 2);
}

/* The token is made for each connection: the old one may be near its end. */
static int
set_password(struct device_link *link, struct err *err)
{
	char *token = NULL;

	if (link->key != NULL) {
		token = sas_token_new(link->resource, link->key, NULL,
		    clock_utc_us() / 1000000 + link->sas_s, err);
		if (token == NULL)
			return -1;
	}
	mosquitto_username_pw_set(link->mosq, link->user_name,
	    token != NULL ? token : link->signature);
	xfree_secret(token);
	return 0;
}

static void
open_connection(struct device_link *link)
{
	const char *address = link->addresses.text[link->next_address++];
	const struct timeval second = { .tv_sec = MISC_S };
	int rc;

	link->state = CONNECTING;
	link->mosq = mosquitto_new(link->client_id, false, link);
	if (link->mosq == NULL) {
		note(link, ERR_IO, strerror(errno));
		drop(link);
		return;
	}
	if (set_password(link, &link->note) == -1) {
		drop(link);
		return;
	}
	mosquitto_int_option(
	    link->mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311);
	mosquitto_int_option(link->mosq, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_int_option(link->mosq, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
	mosquitto_void_option(
	    link->mosq, MOSQ_OPT_SSL_CTX, device_endpoint_tls(link->endpoint));
	mosquitto_connect_callback_set(link->mosq, on_connect);
	mosquitto_subscribe_callback_set(link->mosq, on_subscribe);
	mosquitto_disconnect_callback_set(link->mosq, on_disconnect);
	mosquitto_message_callback_set(link->mosq, on_message);
	mosquitto_log_callback_set(link->mosq, on_log);

	set_timer(link, DEVICE_LINK_CONNECT_MS);
	event_add(link->misc, &second);
	errno = 0;
	link->in_library = true;
	rc = mosquitto_connect_async(link->mosq, address,
	    device_endpoint_port(link->endpoint), KEEP_ALIVE_S);
	link->in_library = false;
	if (mosquitto_socket(link->mosq) != -1)
		evutil_make_socket_closeonexec(mosquitto_socket(link->mosq));
	settle(link, rc);
}

static void
on_lookup(
    const struct device_addresses *found, const struct err *err, void *arg)
{
	struct device_link *link = arg;

	link->lookup = NULL;
	link->addresses = *found;
	link->next_address = 0;
	if (found->n > 0) {
		open_connection(link);
		return;
	}
	link->note = *err;
	drop(link);
}

static void
connect_next(struct device_link *link)
{
	if (link->next_address < link->addresses.n) {
		open_connection(link);
		return;
	}
	link->state = RESOLVING;
	link->lookup = device_lookup_new(link->endpoint, on_lookup, link);
}

/* DISCONNECT, so that the hub sees the end of it and not a failure. */
static void
leave(struct device_link *link)
{
	int rc;

	link->state = LEAVING;
	set_timer(link, LEAVE_MS);
	link->in_library = true;
	errno = 0;
	rc = mosquitto_disconnect(link->mosq);
	link->in_library = false;
	settle(link, rc);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct device_link *link = arg;

	(void)fd;
	(void)what;
	switch (link->state) {
	case WAITING:
		connect_next(link);
		break;
	case CONNECTING:
	case SUBSCRIBING:
		note(link, ERR_TIMEOUT,
		    !link->connected ? "no answer to the TCP connection"
			: link->state == SUBSCRIBING
			? "no answer to SUBSCRIBE"
			: "connected, but no answer to TLS or CONNECT");
		drop(link);
		break;
	case UP:
		leave(link);
		break;
	case LEAVING:
		drop(link);
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

struct device_link *
device_link_new(struct device_endpoint *endpoint,
    const struct connstr *identity, int64_t sas_s,
    const struct device_link_ops *ops, void *arg, struct err *err)
{
	const char *slash = identity->module_id != NULL ? "/" : "";
	const char *module =
	    identity->module_id != NULL ? identity->module_id : "";
	struct event_base *base = device_endpoint_base(endpoint);
	struct device_link *link;

	if (check_identity(identity, err) == -1)
		return NULL;
	link = xcalloc(1, sizeof(*link));
	link->endpoint = endpoint;
	link->ops = ops;
	link->arg = arg;
	link->sas_s = sas_s;
	link->fd = -1;
	link->key = xstrdup(identity->key);
	link->signature = xstrdup(identity->signature);
	link->client_id =
	    xasprintf("%s%s%s", identity->device_id, slash, module);
	link->user_name = xasprintf("%s/%s/?api-version=" API_VERSION
	    "&DeviceClientType=" PACKAGE_NAME "%%2F" PACKAGE_VERSION,
	    identity->host, link->client_id);
	link->resource =
	    xasprintf("%s/devices/%s%s%s", identity->host, identity->device_id,
		identity->module_id != NULL ? "/modules/" : "", module);
	link->timer = evtimer_new(base, on_timer, link);
	link->misc = event_new(base, -1, EV_PERSIST, on_misc, link);
	mosquitto_lib_init();
	return link;
}

void
device_link_free(struct device_link *link)
{
	if (link == NULL)
		return;
	device_lookup_cancel(link->lookup);
	if (link->state == UP)
		mosquitto_disconnect(link->mosq);
	if (link->mosq != NULL)
		disconnect(link);
	event_free(link->timer);
	event_free(link->misc);
	free(link->client_id);
	free(link->user_name);
	free(link->resource);
	xfree_secret(link->key);
	xfree_secret(link->signature);
	free(link);
	mosquitto_lib_cleanup();
}

void
device_link_start(struct device_link *link, int64_t delay_ms)
{
	link->state = WAITING;
	set_timer(link, delay_ms);
}

bool
device_link_is_up(const struct device_link *link)
{
	return link->state == UP && !link->gone;
}

int
device_link_publish(struct device_link *link, const char *topic,
    const char *payload, size_t len, struct err *err)
{
	bool nested = link->in_library;
	int rc;

	if (!device_link_is_up(link))
		return err_set(err, ERR_UNREACHABLE, "not connected");
	if (len > DEVICE_LINK_PAYLOAD_MAX)
		return err_set(err, ERR_LIMIT, "a message over %zu bytes",
		    DEVICE_LINK_PAYLOAD_MAX);
	link->in_library = true;
	errno = 0;
	rc = mosquitto_publish(
	    link->mosq, NULL, topic, (int)len, payload, 0, false);
	link->in_library = nested;
	/* Inside a callback it is only queued, and settled by the caller's
	 * caller; a failure must not free the library's object here. */
	if (rc != MOSQ_ERR_SUCCESS)
		note_failure(link, rc);
	if (!nested)
		event_active(link->writable, EV_WRITE, 0);
	return rc == MOSQ_ERR_SUCCESS
	    ? 0
	    : err_set(err, ERR_UNREACHABLE, "%s", mosquitto_strerror(rc));
}

void
device_link_reset(struct device_link *link, const struct err *reason)
{
	note(link, reason->code, reason->text);
	if (!link->in_library && link->mosq != NULL)
		drop(link);
}
