#include "config.h"

#include "core/device/mqtt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/util.h>
#include <mosquitto.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/device/endpoint.h"
#include "core/net/tls.h"

#define KEEP_ALIVE_S 60
#define MISC_S 1           /* as libmosquitto asks for its keep-alive */
#define READ_ROUNDS_MAX 64 /* then the loop gets a turn */
#define GRANTED_NOT 0x80   /* of SUBACK */

/*
 * libmosquitto owns the socket and the protocol, the loop owns the waiting: a
 * socket event leads to loop_read() or loop_write(), and settle() then looks
 * at what came of it.  Failures come as return codes during the handshake and
 * by callback later; both only leave a note that settle() finds.
 */
struct device_mqtt {
	struct device_endpoint *endpoint;
	char *address;
	const char *const *filters; /* borrowed */
	const struct device_mqtt_ops *ops;
	void *arg;

	struct mosquitto *mosq;
	struct event *misc;     /* once a second, or when there is a note */
	struct event *readable; /* of fd, or NULL */
	struct event *writable;
	int fd;         /* that the events are for, or -1 */
	bool connected; /* TCP is; until then the library is not called */
	bool accepted;  /* CONNACK came */
	bool leaving;   /* DISCONNECT is going out */
	bool gone;      /* the disconnect callback came */
	bool in_library;
	struct err note; /* why it is over; ERR_NONE: it is not */
	char *tls_words; /* what OpenSSL last said through the library */
};

/* The first note is the cause, later ones are its consequences. */
static void
note(struct device_mqtt *mqtt, enum err_code code, const char *words)
{
	if (mqtt->note.code == ERR_NONE)
		err_set(&mqtt->note, code, "%s", words);
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
note_failure(struct device_mqtt *mqtt, int rc)
{
	SSL *ssl = mosquitto_ssl_get(mqtt->mosq);
	long verified = ssl != NULL ? SSL_get_verify_result(ssl) : X509_V_OK;
	const char *reason = NULL;

	if (mqtt->note.code != ERR_NONE)
		return;
	if (verified != X509_V_OK)
		reason = X509_verify_cert_error_string(verified);
	else if (rc == MOSQ_ERR_TLS && mqtt->tls_words != NULL &&
	    strstr(mqtt->tls_words, "certificate verify failed") != NULL)
		reason = mqtt->tls_words; /* the connection is gone already */
	if (reason != NULL)
		err_set(&mqtt->note, ERR_UNREACHABLE,
		    "the certificate of %s is not good: %s%s",
		    device_endpoint_host(mqtt->endpoint), reason,
		    net_tls_advice(reason));
	else if (rc == MOSQ_ERR_TLS)
		err_set(&mqtt->note, ERR_UNREACHABLE, "TLS failed: %s",
		    mqtt->tls_words != NULL ? mqtt->tls_words
					    : "no reason given");
	else if (rc == MOSQ_ERR_ERRNO && errno != 0 && errno != EAGAIN)
		note(mqtt, ERR_UNREACHABLE, strerror(errno));
	else if (rc == MOSQ_ERR_KEEPALIVE)
		note(mqtt, ERR_UNREACHABLE,
		    "the hub stopped answering (keep-alive)");
	else if (rc == MOSQ_ERR_PROTOCOL || rc == MOSQ_ERR_MALFORMED_PACKET)
		note(mqtt, ERR_PROTOCOL, "the hub broke the rules of MQTT");
	else
		note(mqtt, ERR_UNREACHABLE, "the hub closed the connection");
}

static void
unwatch(struct device_mqtt *mqtt)
{
	if (mqtt->readable != NULL)
		event_free(mqtt->readable);
	if (mqtt->writable != NULL)
		event_free(mqtt->writable);
	mqtt->readable = NULL;
	mqtt->writable = NULL;
	mqtt->fd = -1;
}

static void on_socket(evutil_socket_t fd, short what, void *arg);

/* Brings the events in line with what the library waits for now. */
static void
watch(struct device_mqtt *mqtt)
{
	struct event_base *base = device_endpoint_base(mqtt->endpoint);
	int fd = mosquitto_socket(mqtt->mosq);

	if (fd != mqtt->fd) {
		unwatch(mqtt);
		mqtt->fd = fd;
		mqtt->readable =
		    event_new(base, fd, EV_READ | EV_PERSIST, on_socket, mqtt);
		mqtt->writable = event_new(base, fd, EV_WRITE, on_socket, mqtt);
		event_add(mqtt->readable, NULL);
	}
	/* While TCP connects the library does not say that it wants to write,
	 * and an error shows itself as writable. */
	if (!mqtt->connected || mosquitto_want_write(mqtt->mosq))
		event_add(mqtt->writable, NULL);
	else
		event_del(mqtt->writable);
}

/*
 * After every call of the library: goes on, or draws the line.  The object
 * may be gone when this returns.
 */
static void
settle(struct device_mqtt *mqtt, int rc)
{
	if (rc == MOSQ_ERR_SUCCESS && !mqtt->gone &&
	    mqtt->note.code == ERR_NONE && mosquitto_socket(mqtt->mosq) != -1) {
		watch(mqtt);
		return;
	}
	if (!mqtt->leaving)
		note_failure(mqtt, rc);
	unwatch(mqtt);
	event_del(mqtt->misc);
	mqtt->ops->on_closed(&mqtt->note, mqtt->arg);
}

/*
 * Is TCP connected?  The library never notices a refused connection: it keeps
 * saying "no error", and the loop would spin.
 */
static bool
check_connected(struct device_mqtt *mqtt)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(mqtt->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	len = sizeof(peer);
	if (error == 0 &&
	    getpeername(mqtt->fd, (struct sockaddr *)(void *)&peer, &len) == -1)
		error = errno;
	/* The library's first write may have fetched the error before us. */
	if (error == ENOTCONN)
		error = ECONNREFUSED;
	mqtt->connected = error == 0;
	if (!mqtt->connected && mqtt->note.code == ERR_NONE)
		err_set(&mqtt->note, ERR_UNREACHABLE, "%s port %u: %s",
		    mqtt->address, device_endpoint_port(mqtt->endpoint),
		    strerror(error));
	return mqtt->connected;
}

/*
 * The library may stop reading while OpenSSL holds decrypted bytes, for which
 * no socket event will come; and it takes an errno of long ago for its own.
 */
static int
read_all(struct device_mqtt *mqtt)
{
	int rounds, rc = MOSQ_ERR_SUCCESS;
	SSL *ssl = mosquitto_ssl_get(mqtt->mosq);

	for (rounds = 0; rounds < READ_ROUNDS_MAX; rounds++) {
		errno = 0;
		rc = mosquitto_loop_read(mqtt->mosq, 1);
		if (rc != MOSQ_ERR_SUCCESS || mqtt->gone ||
		    mosquitto_socket(mqtt->mosq) == -1 || ssl == NULL ||
		    SSL_pending(ssl) == 0)
			return rc;
	}
	event_active(mqtt->readable, EV_READ, 0);
	return rc;
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct device_mqtt *mqtt = arg;
	int rc = MOSQ_ERR_SUCCESS;
	SSL *ssl;

	(void)fd;
	if (mqtt->connected || check_connected(mqtt)) {
		ssl = mosquitto_ssl_get(mqtt->mosq);
		mqtt->in_library = true;
		errno = 0;
		/* loop_read() drives the handshake, whatever it waits for. */
		if ((what & EV_READ) != 0 || ssl == NULL ||
		    !SSL_is_init_finished(ssl))
			rc = read_all(mqtt);
		else
			rc = mosquitto_loop_write(mqtt->mosq, 1);
		mqtt->in_library = false;
	}
	settle(mqtt, rc);
}

static void
on_misc(evutil_socket_t fd, short what, void *arg)
{
	struct device_mqtt *mqtt = arg;
	int rc = MOSQ_ERR_SUCCESS;

	(void)fd;
	(void)what;
	if (mqtt->connected) {
		mqtt->in_library = true;
		errno = 0;
		rc = mosquitto_loop_misc(mqtt->mosq);
		mqtt->in_library = false;
	}
	settle(mqtt, rc);
}

static void
on_connect(struct mosquitto *mosq, void *arg, int code)
{
	struct device_mqtt *mqtt = arg;
	int n = 0;

	(void)mosq;
	if (code != 0) {
		note(mqtt, code >= 4 ? ERR_UNAUTHORIZED : ERR_REFUSED,
		    connack_words(code));
		return;
	}
	mqtt->accepted = true;
	while (mqtt->filters[n] != NULL)
		n++;
	/* The library takes char *const *, and does not write to them. */
	if (mosquitto_subscribe_multiple(mqtt->mosq, NULL, n,
		(char *const *)(uintptr_t)mqtt->filters, 0, 0,
		NULL) != MOSQ_ERR_SUCCESS)
		note(mqtt, ERR_INTERNAL, "SUBSCRIBE cannot be sent");
}

static void
on_subscribe(
    struct mosquitto *mosq, void *arg, int packet_id, int n, const int *granted)
{
	struct device_mqtt *mqtt = arg;
	int i;

	(void)mosq;
	(void)packet_id;
	for (i = 0; i < n; i++)
		if (granted[i] >= GRANTED_NOT) {
			note(mqtt, ERR_REFUSED,
			    "the hub refused a subscription");
			return;
		}
	mqtt->ops->on_up(mqtt->arg);
}

static void
on_disconnect(struct mosquitto *mosq, void *arg, int rc)
{
	struct device_mqtt *mqtt = arg;

	(void)mosq;
	mqtt->gone = true;
	if (rc != 0)
		note_failure(mqtt, rc);
}

static void
on_message(
    struct mosquitto *mosq, void *arg, const struct mosquitto_message *message)
{
	struct device_mqtt *mqtt = arg;

	(void)mosq;
	if (message->payloadlen < 0 ||
	    (size_t)message->payloadlen > DEVICE_MQTT_PAYLOAD_MAX) {
		note(mqtt, ERR_LIMIT, "the hub sent a message over 256 KB");
		return;
	}
	mqtt->ops->on_message(message->topic,
	    message->payload != NULL ? message->payload : "",
	    (size_t)message->payloadlen, mqtt->arg);
}

static void
on_log(struct mosquitto *mosq, void *arg, int level, const char *text)
{
	struct device_mqtt *mqtt = arg;
	const char *reason;

	(void)mosq;
	/* "OpenSSL Error[0]: error:0A000086:SSL routines::unknown protocol" */
	if (level != MOSQ_LOG_ERR || (reason = strstr(text, "::")) == NULL)
		return;
	free(mqtt->tls_words);
	mqtt->tls_words = xstrdup(reason + 2);
}

static int
open_connection(struct device_mqtt *mqtt, struct err *err)
{
	const struct timeval second = { .tv_sec = MISC_S };
	struct mosquitto *mosq = mqtt->mosq;
	int rc;

	mosquitto_int_option(
	    mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311);
	mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_int_option(mosq, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
	mosquitto_void_option(
	    mosq, MOSQ_OPT_SSL_CTX, device_endpoint_tls(mqtt->endpoint));
	mosquitto_connect_callback_set(mosq, on_connect);
	mosquitto_subscribe_callback_set(mosq, on_subscribe);
	mosquitto_disconnect_callback_set(mosq, on_disconnect);
	mosquitto_message_callback_set(mosq, on_message);
	mosquitto_log_callback_set(mosq, on_log);
	errno = 0;
	mqtt->in_library = true;
	rc = mosquitto_connect_async(mosq, mqtt->address,
	    device_endpoint_port(mqtt->endpoint), KEEP_ALIVE_S);
	mqtt->in_library = false;
	if (rc != MOSQ_ERR_SUCCESS || mosquitto_socket(mosq) == -1) {
		note_failure(mqtt, rc);
		return err_copy(err, &mqtt->note);
	}
	evutil_make_socket_closeonexec(mosquitto_socket(mosq));
	event_add(mqtt->misc, &second);
	watch(mqtt);
	return 0;
}

struct device_mqtt *
device_mqtt_new(struct device_endpoint *endpoint, const char *address,
    const struct device_mqtt_login *login, const char *const *filters,
    const struct device_mqtt_ops *ops, void *arg, struct err *err)
{
	struct device_mqtt *mqtt = xcalloc(1, sizeof(*mqtt));

	mosquitto_lib_init(); /* counts; what it holds is the process's */
	mqtt->endpoint = endpoint;
	mqtt->address = xstrdup(address);
	mqtt->filters = filters;
	mqtt->ops = ops;
	mqtt->arg = arg;
	mqtt->fd = -1;
	mqtt->misc = event_new(
	    device_endpoint_base(endpoint), -1, EV_PERSIST, on_misc, mqtt);
	mqtt->mosq = mosquitto_new(login->client_id, false, mqtt);
	if (mqtt->mosq == NULL) {
		err_set(err, ERR_IO, "%s", strerror(errno));
		device_mqtt_free(mqtt);
		return NULL;
	}
	mosquitto_username_pw_set(
	    mqtt->mosq, login->user_name, login->password);
	if (open_connection(mqtt, err) == -1) {
		device_mqtt_free(mqtt);
		return NULL;
	}
	return mqtt;
}

void
device_mqtt_free(struct device_mqtt *mqtt)
{
	if (mqtt == NULL)
		return;
	if (mqtt->accepted && !mqtt->gone && mqtt->note.code == ERR_NONE)
		mosquitto_disconnect(mqtt->mosq);
	unwatch(mqtt);
	event_free(mqtt->misc);
	if (mqtt->mosq != NULL)
		mosquitto_destroy(mqtt->mosq);
	free(mqtt->address);
	free(mqtt->tls_words);
	free(mqtt);
}

int
device_mqtt_publish(struct device_mqtt *mqtt, const char *topic,
    const char *payload, size_t len, struct err *err)
{
	bool nested = mqtt->in_library;
	int rc;

	if (len > DEVICE_MQTT_PAYLOAD_MAX)
		return err_set(err, ERR_LIMIT, "a message over %zu bytes",
		    DEVICE_MQTT_PAYLOAD_MAX);
	if (mqtt->gone || mqtt->note.code != ERR_NONE)
		return err_set(err, ERR_UNREACHABLE, "not connected");
	mqtt->in_library = true;
	errno = 0;
	rc = mosquitto_publish(
	    mqtt->mosq, NULL, topic, (int)len, payload, 0, false);
	mqtt->in_library = nested;
	if (rc != MOSQ_ERR_SUCCESS)
		note_failure(mqtt, rc);
	/* Inside a callback it is only queued, and settled when that is over;
	 * elsewhere the loop is to look whether something is left to write. */
	if (!nested)
		event_active(mqtt->misc, EV_TIMEOUT, 0);
	return rc == MOSQ_ERR_SUCCESS
	    ? 0
	    : err_set(err, ERR_UNREACHABLE, "%s", mosquitto_strerror(rc));
}

void
device_mqtt_leave(struct device_mqtt *mqtt)
{
	int rc;

	mqtt->leaving = true;
	mqtt->in_library = true;
	errno = 0;
	rc = mosquitto_disconnect(mqtt->mosq);
	mqtt->in_library = false;
	settle(mqtt, rc);
}

void
device_mqtt_give_up(struct device_mqtt *mqtt, const struct err *reason)
{
	note(mqtt, reason->code, reason->text);
	event_active(mqtt->misc, EV_TIMEOUT, 0);
}

const char *
device_mqtt_missing(const struct device_mqtt *mqtt)
{
	if (!mqtt->connected)
		return "an answer to the TCP connection";
	return mqtt->accepted ? "an answer to SUBSCRIBE"
			      : "an answer to TLS or CONNECT";
}
