#include "config.h"

#include "core/hub/call.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <cjson/cJSON.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <openssl/rand.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/commit.h"
#include "core/hub/faults.h"
#include "core/hub/gate.h"
#include "core/hub/hub.h"
#include "core/hub/registry.h"
#include "core/hub/tier.h"
#include "core/hub/who.h"
#include "core/net/tls.h"

#define ONE_RECORD_MAX 16384 /* bytes in one TLS record */

const char *
hub_call_arg(const struct hub_call *call, size_t i)
{
	return call->args[i];
}

const char *
hub_call_who(const struct hub_call *call)
{
	return call->who;
}

const char *
hub_call_body(const struct hub_call *call, size_t *len)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(call->request);
	const char *data = (const char *)evbuffer_pullup(in, -1);

	*len = evbuffer_get_length(in);
	return data != NULL ? data : "";
}

const char *
hub_call_header(const struct hub_call *call, const char *name)
{
	return evhttp_find_header(
	    evhttp_request_get_input_headers(call->request), name);
}

char *
hub_call_query(const struct hub_call *call, const char *name)
{
	const char *query =
	    evhttp_uri_get_query(evhttp_request_get_evhttp_uri(call->request));
	size_t len = strlen(name), n;
	char *value;

	while (query != NULL && *query != '\0') {
		n = strcspn(query, "&");
		if (n > len && query[len] == '=' &&
		    strncasecmp(query, name, len) == 0) {
			value = xstrndup(query + len + 1, n - len - 1);
			value[str_percent_decode(value, strlen(value))] = '\0';
			return value;
		}
		query += n + (query[n] == '&');
	}
	return NULL;
}

char *
hub_call_if_match(const struct hub_call *call)
{
	const char *value = hub_call_header(call, "If-Match");
	size_t len;

	if (value == NULL)
		return NULL;
	if (strncmp(value, "W/", 2) == 0)
		value += 2;
	len = strlen(value);
	/* SDKs send "*" and *, "etag" and etag. */
	if (len >= 2 && value[0] == '"' && value[len - 1] == '"')
		return xstrndup(value + 1, len - 2);
	return xstrdup(value);
}

/* application/json, text/json, and what builds on JSON; or nothing said. */
static bool
is_json(const char *type)
{
	size_t len;

	if (type == NULL)
		return true;
	type += strspn(type, " \t");
	len = strcspn(type, "; \t");
	return len == 0 ||
	    (len >= strlen("/json") &&
		(strncasecmp(type + len - strlen("/json"), "/json",
		     strlen("/json")) == 0 ||
		    strncasecmp(type + len - strlen("+json"), "+json",
			strlen("+json")) == 0));
}

cJSON *
hub_call_json(struct hub_call *call)
{
	struct err err = { 0 };
	const char *text;
	cJSON *json;
	size_t len;

	/* The routes of ours take what curl -d sends. */
	if (strcmp(call->segments[0], "control") != 0 &&
	    !is_json(hub_call_header(call, "Content-Type"))) {
		hub_call_error(call, IOTHUB_UNSUPPORTED_MEDIA_TYPE,
		    "the body must be application/json");
		return NULL;
	}
	text = hub_call_body(call, &len);
	json = json_parse(text, len, &err);
	if (json == NULL) {
		err_prefix(&err, "the body is no JSON");
		hub_call_error(call, IOTHUB_FORMAT_ERROR, err.text);
	}
	return json;
}

void
hub_call_set_header(struct hub_call *call, const char *name, const char *value)
{
	evhttp_add_header(
	    evhttp_request_get_output_headers(call->request), name, value);
}

void
hub_call_set_etag(struct hub_call *call, const char *etag)
{
	char quoted[64];

	snprintf(quoted, sizeof(quoted), "\"%s\"", etag);
	hub_call_set_header(call, "ETag", quoted);
}

/*
 * A UUID: random for each process, then counted, because asking for random
 * bytes each time would cost more than the rest of the header.
 */
static void
set_request_id(struct hub_call *call)
{
	static char uuid[] = "00000000-0000-4000-8000-000000000000";
	static uint64_t count;
	unsigned char random[4];
	uint64_t n = ++count;
	char *p;

	if (n == 1 && RAND_bytes(random, sizeof(random)) == 1) {
		str_hex(uuid, random, sizeof(random));
		uuid[8] = '-';
	}
	for (p = uuid + sizeof(uuid) - 2; *p != '-'; p--, n >>= 4)
		*p = "0123456789abcdef"[n & 0xf];
	hub_call_set_header(call, "x-ms-request-id", uuid);
}

static void
free_body(const void *data, size_t len, void *body)
{
	(void)data;
	(void)len;
	free(body);
}

static void
on_drop(evutil_socket_t fd, short what, void *arg)
{
	struct hub_call *call = arg;
	struct evhttp_request *request = call->request;
	struct evhttp_connection *connection =
	    evhttp_request_get_connection(request);

	(void)fd;
	(void)what;
	hub_call_free(call);
	if (connection != NULL)
		evhttp_connection_free(connection);
	else /* the client went first: this only frees the request */
		evhttp_send_reply(request, 200, NULL, NULL);
}

void
hub_call_drop(struct hub_call *call)
{
	call->drop = evtimer_new(call->hub->base, on_drop, call);
	event_active(call->drop, EV_TIMEOUT, 0);
}

/* A hub whose clock is off says so in each answer. */
static void
set_date(struct hub_call *call)
{
	int64_t skew_s = hub_faults_skew_s(call->hub->faults, NULL);
	time_t now_s = (time_t)(clock_utc_us() / 1000000 + skew_s);
	char date[64];
	struct tm tm;

	if (skew_s == 0)
		return;
	gmtime_r(&now_s, &tm);
	evutil_date_rfc1123(date, sizeof(date), &tm);
	hub_call_set_header(call, "Date", date);
}

/* evhttp tells the length of no answer to HEAD or CONNECT; that to HEAD is a
 * head alone. */
static bool
keeps_body(struct hub_call *call)
{
	enum evhttp_cmd_type method =
	    evhttp_request_get_command(call->request);
	char len[32];

	if (method != EVHTTP_REQ_HEAD && method != EVHTTP_REQ_CONNECT)
		return false;
	snprintf(len, sizeof(len), "%zu", call->body_len);
	hub_call_set_header(call, "Content-Length", len);
	return method == EVHTTP_REQ_HEAD;
}

static void
send_answer(struct hub_call *call)
{
	struct evbuffer *out = evhttp_request_get_output_buffer(call->request);
	bool is_leaving = call->hub->is_leaving;
	struct evhttp_connection *connection;

	if (call->is_lost) {
		hub_call_drop(call);
		return;
	}
	if (call->is_billed && call->status == 200)
		hub_tier_bill(call->hub->tier, call->body_len);
	set_date(call);
	set_request_id(call);
	if (is_leaving)
		hub_call_set_header(call, "Connection", "close");
	if (call->body != NULL) {
		hub_call_set_header(call, "Content-Type", HUB_CALL_JSON_TYPE);
		if (!keeps_body(call)) {
			evbuffer_add_reference(out, call->body,
			    call->body_len, free_body, call->body);
			call->body = NULL;
		}
	}
	connection = evhttp_request_get_connection(call->request);
	evhttp_send_reply(call->request, call->status, NULL, NULL);
	hub_call_free(call);
	if (connection == NULL)
		return;
	/* Head and body stand in two pieces, and would leave as two TLS records
	 * in two system calls. */
	out = bufferevent_get_output(
	    evhttp_connection_get_bufferevent(connection));
	if (evbuffer_get_length(out) <= ONE_RECORD_MAX)
		evbuffer_pullup(out, -1);
	/* Its connection is freed before the loop goes round again. */
	if (is_leaving)
		net_tls_flush(evhttp_connection_get_bufferevent(connection));
}

static void
set_error(struct hub_call *call, const struct iothub_error *error, char *body)
{
	free(call->body);
	call->status = error->http;
	call->body = body;
	call->body_len = strlen(body);
	hub_call_set_header(call, "iothub-errorcode", error->name);
}

/* A batch that could not even begin has shown nobody what is not so.  Whose
 * own change has failed says why better than the batch does. */
static bool
stands(const struct hub_call *call, const struct err *why)
{
	return call->stores_nothing ||
	    call->status == iothub_error_get(IOTHUB_SERVER_ERROR)->http ||
	    (why->code == ERR_TIMEOUT &&
		evhttp_request_get_command(call->request) == EVHTTP_REQ_GET);
}

static void
on_committed(bool ok, void *arg)
{
	struct hub_call *call = arg;
	struct evkeyvalq *headers =
	    evhttp_request_get_output_headers(call->request);
	const struct err *why = hub_commit_why(call->hub->commit);
	enum iothub_error_id id;
	char *text;

	if (!ok && !stands(call, why)) {
		id = why->code == ERR_TIMEOUT ? IOTHUB_SERVICE_UNAVAILABLE
					      : IOTHUB_SERVER_ERROR;
		text = xasprintf("the hub could not write to its database: %s",
		    why->text);
		evhttp_clear_headers(headers);
		set_error(call, iothub_error_get(id),
		    iothub_error_format_a(id, text));
		free(text);
	}
	send_answer(call);
}

void
hub_call_answer(struct hub_call *call, int status, struct strbuf *body)
{
	call->status = status;
	if (body != NULL) {
		call->body_len = body->len;
		call->body = strbuf_take(body);
	}
	hub_commit_then(call->hub->commit, on_committed, call);
}

void
hub_call_error(struct hub_call *call, enum iothub_error_id id, const char *text)
{
	set_error(call, iothub_error_get(id),
	    call->is_envelope_b ? iothub_error_format_b(id, text)
				: iothub_error_format_a(id, text));
	hub_commit_then(call->hub->commit, on_committed, call);
}

void
hub_call_error_method(struct hub_call *call, enum iothub_error_id id,
    const char *text, int info_timeout_s)
{
	set_error(call, iothub_error_get(id),
	    iothub_error_format_c(id, text, info_timeout_s));
	hub_commit_then(call->hub->commit, on_committed, call);
}

void
hub_call_refuse(struct hub_call *call, int status, const char *text)
{
	set_error(call, iothub_error_get(IOTHUB_INVALID_OPERATION),
	    iothub_error_format_a(IOTHUB_INVALID_OPERATION, text));
	call->status = status;
	hub_commit_then(call->hub->commit, on_committed, call);
}

/*
 * What the text is about is gone: a module, or a device and its modules.  A
 * twin and a method say of both that there is no device.
 */
static enum iothub_error_id
not_found(const struct hub_call *call, const char *who)
{
	char *device_id = hub_who_device(who);
	struct hub_device device = { 0 };
	enum iothub_error_id id = IOTHUB_DEVICE_NOT_FOUND;

	if (hub_who_kind(who) == HUB_MODULE &&
	    strcmp(call->segments[0], "twins") != 0 &&
	    hub_registry_get(call->hub->registry, device_id, &device, NULL) ==
		0)
		id = IOTHUB_MODULE_NOT_FOUND;
	hub_device_fini(&device);
	free(device_id);
	return id;
}

void
hub_call_fail(struct hub_call *call, const struct err *err)
{
	enum iothub_error_id id = IOTHUB_SERVER_ERROR;

	switch (err->code) {
	case ERR_INVALID:
	case ERR_LIMIT:
	case ERR_UNSUPPORTED:
		id = IOTHUB_ARGUMENT_INVALID;
		break;
	case ERR_NOT_FOUND:
		id = not_found(call, err->text);
		break;
	case ERR_REFUSED:
		id = hub_call_who(call) != NULL &&
			hub_who_kind(hub_call_who(call)) == HUB_MODULE
		    ? IOTHUB_TOO_MANY_MODULES
		    : IOTHUB_TOO_MANY_DEVICES;
		break;
	case ERR_EXISTS:
		id = hub_call_who(call) != NULL &&
			hub_who_kind(hub_call_who(call)) == HUB_MODULE
		    ? IOTHUB_MODULE_ALREADY_EXISTS
		    : IOTHUB_DEVICE_ALREADY_EXISTS;
		break;
	case ERR_CONFLICT:
		id = IOTHUB_PRECONDITION_FAILED;
		break;
	case ERR_UNAUTHORIZED:
		id = IOTHUB_UNAUTHORIZED_ACCESS;
		break;
	case ERR_TIMEOUT:
		id = IOTHUB_SERVICE_UNAVAILABLE;
		break;
	default:
		log_error("a request failed: %s", err->text);
		break;
	}
	hub_call_error(call, id, err->text);
}

void
hub_call_leave(struct hub_call *call)
{
	if (call->is_lost || call->drop != NULL) {
		hub_call_free(call);
		return;
	}
	set_error(call, iothub_error_get(IOTHUB_SERVICE_UNAVAILABLE),
	    iothub_error_format_a(
		IOTHUB_SERVICE_UNAVAILABLE, "the hub is leaving"));
	send_answer(call);
}

void
hub_call_free(struct hub_call *call)
{
	list_remove(&call->link);
	hub_gate_wait_free(call->wait);
	if (call->drop != NULL)
		event_free(call->drop);
	free(call->path);
	free(call->who);
	free(call->body);
	free(call);
}
