#include "config.h"

#include "core/client/client.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/list.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/iothub/connstr.h"
#include "core/iothub/error.h"
#include "core/iothub/sas.h"
#include "core/net/http.h"
#include "core/net/tls.h"

#define API_VERSION "2021-04-12"
#define TOKEN_LIFE_S 3600
#define TOKEN_RENEW_S 600     /* before it expires: clocks differ by minutes */
#define QUERY_MAX 8192        /* characters that IoT Hub takes */
#define READ_TIMEOUT_MS 10000 /* somebody looks at the screen */
/* Behind the hub's own time-outs, so that its 504 comes first. */
#define METHOD_SLACK_MS 15000
#define EXTRA_MAX 2
#define HEADERS_MAX (4 + EXTRA_MAX)

/* What an id goes behind. */
#define JOBS "/jobs/v2/"
#define TWINS "/twins/"

struct client {
	struct net_http *http;
	struct list calls;
	char *host;             /* as typed */
	char *policy;           /* or NULL */
	char *key;              /* a secret; or NULL, then header is for good */
	char *authorization;    /* the header, a secret; or NULL */
	int64_t token_until_us; /* UTC; when it is to be renewed */
	client_observe_cb observe; /* or NULL */
	void *observe_arg;
};

/* What an observer is told of a request; owned. */
struct note {
	char *method, *path, *body;
	char *headers[EXTRA_MAX + 1]; /* NULL ends */
};

struct client_call {
	struct list link;
	struct client *client;
	struct net_http_call *http_call;
	char *device_id; /* what it is about, or NULL */
	bool is_read;
	struct note note; /* empty where nobody observes */
	client_data_cb on_data; /* of an answer without end; or NULL */
	const char *known; /* borrowed; an answer that need not be parsed */
	size_t known_len;
	client_cb cb; /* NULL: it is being called, the call goes after it */
	void *arg;
};

/* What one request says to the hub. */
struct request {
	const char *method;
	const char *device_id; /* or NULL */
	const char *path;      /* no query */
	const char *id;        /* goes behind it, encoded; or NULL */
	const char *below;     /* goes behind that, "/methods"; or NULL */
	const char *body;      /* or NULL */
	const char *extra[EXTRA_MAX]; /* headers more, or NULL */
	bool is_read;
	int64_t timeout_ms; /* 0: what net_http takes */
	client_data_cb on_data; /* its answer has no end; or NULL */
};

struct client *
client_new(struct event_base *base, const struct connstr *cs,
    const char *ca_file, struct err *err)
{
	struct client *client;
	char *token;

	if (!connstr_is_service(cs)) {
		err_set(err, ERR_INVALID,
		    "this is the connection string of a device; one of a "
		    "service policy is needed, with SharedAccessKeyName");
		return NULL;
	}
	if (cs->key == NULL && cs->signature == NULL) {
		err_set(err, ERR_INVALID,
		    "connection string: SharedAccessKey is missing");
		return NULL;
	}
	if (cs->key != NULL) {
		/* Say now that the key is none, not at the first request. */
		token = sas_token_new(cs->host, cs->key, cs->policy, 0, err);
		if (token == NULL)
			return NULL;
		xfree_secret(token);
	}
	client = xcalloc(1, sizeof(*client));
	list_init(&client->calls);
	client->http = net_http_new(base, ca_file, err);
	if (client->http == NULL) {
		free(client);
		return NULL;
	}
	client->host = xstrdup(cs->host);
	client->policy = xstrdup(cs->policy);
	client->key = xstrdup(cs->key);
	if (cs->key == NULL)
		client->authorization =
		    xasprintf("Authorization: %s", cs->signature);
	return client;
}

static void
call_free(struct client_call *call)
{
	size_t i;

	list_remove(&call->link);
	free(call->note.method);
	free(call->note.path);
	free(call->note.body);
	for (i = 0; i < EXTRA_MAX; i++)
		free(call->note.headers[i]);
	free(call->device_id);
	free(call);
}

void
client_free(struct client *client)
{
	struct client_call *call, *tmp;

	if (client == NULL)
		return;
	LIST_FOREACH_SAFE(call, tmp, &client->calls, struct client_call, link)
		client_cancel(call);
	net_http_free(client->http);
	free(client->host);
	free(client->policy);
	xfree_secret(client->key);
	xfree_secret(client->authorization);
	free(client);
}

/* Signing costs little, but a token that stays the same is kinder to a hub
 * that remembers those it has checked. */
static const char *
authorization(struct client *client)
{
	int64_t now_us = clock_utc_us();
	char *token;

	if (client->key == NULL ||
	    (client->authorization != NULL && now_us < client->token_until_us))
		return client->authorization;
	token = sas_token_new(client->host, client->key, client->policy,
	    now_us / 1000000 + TOKEN_LIFE_S, NULL);
	xfree_secret(client->authorization);
	client->authorization = xasprintf("Authorization: %s", token);
	client->token_until_us =
	    now_us + INT64_C(1000000) * (TOKEN_LIFE_S - TOKEN_RENEW_S);
	xfree_secret(token);
	return client->authorization;
}

/* Seconds; the other form, a date, IoT Hub does not send. */
static int64_t
retry_after_ms(struct net_http_call *call)
{
	const char *text = net_http_header(call, "Retry-After");
	int64_t s;

	if (text == NULL || str_to_int64(text, 0, 3600, &s) == -1)
		return 0;
	return s * 1000;
}

/* libcurl names host and port again, and how long it took to be refused. */
static const char *
without_the_host(const char *reason)
{
	const char *end = strstr(reason, " ms: ");

	return str_starts_with(reason, "Failed to connect to ") && end != NULL
	    ? end + strlen(" ms: ")
	    : reason;
}

/* No answer: what that means depends on whether it could change anything. */
static void
judge_silence(
    const struct client_call *call, const struct err *why, struct err *err)
{
	const char *host = call->client->host;

	if (why->code == ERR_UNREACHABLE)
		err_set(err, ERR_UNREACHABLE, "cannot reach %s: %s%s", host,
		    without_the_host(why->text), net_tls_advice(why->text));
	else if (call->is_read)
		err_set(err, ERR_UNREACHABLE, "no answer from %s: %s", host,
		    why->text);
	else
		err_set(err, ERR_UNKNOWN,
		    "no answer from %s: %s; it may have happened", host,
		    why->text);
	if (call->device_id != NULL)
		err_prefix(err, "%s", call->device_id);
}

static void
judge_answer(struct client_call *call, const struct net_http_answer *http,
    const cJSON *json, struct client_answer *answer, struct err *err)
{
	const struct iothub_error *e;

	if (http->status >= 200 && http->status < 300) {
		if (json == NULL && http->body_len > 0 && !answer->same)
			err_set(err, ERR_PROTOCOL,
			    "%s answered with something that is no JSON",
			    call->client->host);
		return;
	}
	e = iothub_error_read(http->status,
	    net_http_header(call->http_call, "iothub-errorcode"), http->body,
	    http->body_len, call->device_id, err);
	if (e != NULL)
		answer->code = e->code;
	answer->retry_after_ms = retry_after_ms(call->http_call);
	/* The clock may have jumped: sign anew. */
	if (http->status == 401)
		call->client->token_until_us = 0;
}

static bool
is_known(const struct client_call *call, const struct net_http_answer *http)
{
	return call->known != NULL && http->status == 200 &&
	    http->body_len == call->known_len &&
	    memcmp(http->body, call->known, call->known_len) == 0;
}

void
client_call_knows(struct client_call *call, const char *body, size_t body_len)
{
	call->known = body;
	call->known_len = body_len;
}

void
client_observe(struct client *client, client_observe_cb cb, void *arg)
{
	client->observe = cb;
	client->observe_arg = arg;
}

static void
take_note(struct client_call *call, const struct request *request,
    const char *path)
{
	struct note *note = &call->note;
	size_t i, n = 0;

	if (call->client->observe == NULL)
		return;
	note->method = xstrdup(request->method);
	note->path = xstrdup(path);
	note->body = xstrdup(request->body);
	for (i = 0; i < EXTRA_MAX; i++)
		if (request->extra[i] != NULL)
			note->headers[n++] = xstrdup(request->extra[i]);
}

static void
tell_observer(
    const struct client_call *call, const struct client_answer *answer)
{
	const struct note *note = &call->note;
	const struct client_exchange exchange = {
		.method = note->method,
		.path = note->path,
		.body = note->body,
		.headers = (const char *const *)note->headers,
		.answer = answer,
	};

	if (call->client->observe != NULL && note->method != NULL)
		call->client->observe(&exchange, call->client->observe_arg);
}

static void
on_answer(struct net_http_call *http_call, const struct net_http_answer *http,
    void *arg)
{
	struct client_call *call = arg;
	struct client_answer answer = { 0 };
	struct err err = { 0 };
	client_cb cb = call->cb;
	cJSON *json = NULL;

	answer.err = &err;
	answer.body = http->body;
	answer.body_len = http->body_len;
	answer.elapsed_us = http->elapsed_us;
	if (http->err->code != ERR_NONE) {
		judge_silence(call, http->err, &err);
		if (call->on_data != NULL)
			answer.http = http->status;
	} else {
		answer.http = http->status;
		answer.continuation =
		    net_http_header(http_call, "x-ms-continuation");
		if (answer.continuation != NULL && *answer.continuation == '\0')
			answer.continuation = NULL;
		answer.same = is_known(call, http);
		if (!answer.same)
			json = json_parse(http->body, http->body_len, NULL);
		judge_answer(call, http, json, &answer, &err);
	}
	answer.json = json;
	call->cb = NULL;
	tell_observer(call, &answer);
	cb(&answer, call->arg);
	cJSON_Delete(json);
	call_free(call);
}

static int
on_piece(const char *data, size_t len, void *arg)
{
	struct client_call *call = arg;

	return call->on_data(data, len, call->arg);
}

/* "/twins/ID/methods?api-version=..." */
static char *
path_of(const struct request *request)
{
	struct strbuf path = { 0 };

	strbuf_puts(&path, request->path);
	if (request->id != NULL)
		str_percent_encode(&path, request->id, strlen(request->id));
	if (request->below != NULL)
		strbuf_puts(&path, request->below);
	strbuf_puts(&path, "?api-version=" API_VERSION);
	return strbuf_take(&path);
}

static struct client_call *
call_send(struct client *client, const struct request *request, client_cb cb,
    void *arg)
{
	struct client_call *call = xcalloc(1, sizeof(*call));
	char *path = path_of(request);
	char *url = xasprintf("https://%s%s", client->host, path);
	const char *headers[HEADERS_MAX] = { authorization(client),
		"User-Agent: " PACKAGE_NAME "/" PACKAGE_VERSION };
	struct net_http_request http = {
		.method = request->method,
		.url = url,
		.headers = headers,
		.body = request->body,
		.body_len = request->body != NULL ? strlen(request->body) : 0,
		.repeatable = request->is_read,
		.timeout_ms =
		    request->is_read ? READ_TIMEOUT_MS : request->timeout_ms,
		.on_body = request->on_data != NULL ? on_piece : NULL,
		.is_stream = request->on_data != NULL,
	};
	size_t n = 2, i;

	if (request->body != NULL)
		headers[n++] = "Content-Type: application/json; charset=utf-8";
	for (i = 0; i < EXTRA_MAX; i++)
		if (request->extra[i] != NULL)
			headers[n++] = request->extra[i];
	call->client = client;
	list_append(&client->calls, &call->link);
	call->device_id = xstrdup(request->device_id);
	call->is_read = request->is_read;
	call->on_data = request->on_data;
	call->cb = cb;
	call->arg = arg;
	take_note(call, request, path);
	call->http_call = net_http_send(client->http, &http, on_answer, call);
	free(path);
	free(url);
	return call;
}

void
client_cancel(struct client_call *call)
{
	if (call->cb == NULL)
		return;
	net_http_cancel(call->http_call);
	call_free(call);
}

struct client_call *
client_query(struct client *client, const char *query, int page_size,
    const char *continuation, client_cb cb, void *arg)
{
	struct request request = {
		.method = "POST", .is_read = true, .path = "/devices/query"
	};
	char *size = xasprintf("x-ms-max-item-count: %d", page_size);
	char *next = continuation == NULL
	    ? NULL
	    : xasprintf("x-ms-continuation: %s", continuation);
	cJSON *json = cJSON_CreateObject();
	struct client_call *call;
	char *body;

	cJSON_AddStringToObject(json, "query", query);
	body = json_print(json);
	request.body = body;
	request.extra[0] = size;
	request.extra[1] = next;
	call = call_send(client, &request, cb, arg);
	cJSON_Delete(json);
	free(body);
	free(size);
	free(next);
	return call;
}

/* "deviceId IN ['a','b']" with as many as fit in max bytes of all. */
static size_t
put_condition(struct strbuf *out, const char *const *device_ids, size_t n,
    size_t max)
{
	struct strbuf id = { 0 };
	const char *p;
	size_t i;

	strbuf_puts(out, "deviceId IN [");
	for (i = 0; i < n; i++) {
		strbuf_reset(&id);
		strbuf_puts(&id, i > 0 ? ",'" : "'");
		for (p = device_ids[i]; *p != '\0'; p++) {
			if (*p == '\'' || *p == '\\')
				strbuf_putc(&id, '\\');
			strbuf_putc(&id, *p);
		}
		strbuf_putc(&id, '\'');
		if (out->len + id.len + 1 > max)
			break;
		strbuf_put(out, id.data, id.len);
	}
	strbuf_putc(out, ']');
	strbuf_fini(&id);
	return i;
}

struct client_call *
client_twins_get(struct client *client, const char *const *device_ids, size_t n,
    size_t *taken, client_cb cb, void *arg)
{
	struct strbuf query = { 0 };
	struct client_call *call;

	if (n > CLIENT_TWINS_MAX)
		n = CLIENT_TWINS_MAX;
	strbuf_puts(&query, "SELECT * FROM devices WHERE ");
	*taken = put_condition(&query, device_ids, n, QUERY_MAX);
	call = client_query(
	    client, strbuf_str(&query), CLIENT_TWINS_MAX, NULL, cb, arg);
	strbuf_fini(&query);
	return call;
}

char *
client_condition(const char *const *device_ids, size_t n)
{
	struct strbuf out = { 0 };

	if (put_condition(&out, device_ids, n, QUERY_MAX) == n)
		return strbuf_take(&out);
	strbuf_fini(&out);
	return NULL;
}

struct client_call *
client_job_put(struct client *client, const char *job_id, const char *body,
    client_cb cb, void *arg)
{
	struct request request = {
		.method = "PUT", .path = JOBS, .id = job_id, .body = body
	};

	return call_send(client, &request, cb, arg);
}

struct client_call *
client_job_get(
    struct client *client, const char *job_id, client_cb cb, void *arg)
{
	struct request request = {
		.method = "GET", .path = JOBS, .id = job_id, .is_read = true
	};

	return call_send(client, &request, cb, arg);
}

struct client_call *
client_job_cancel(
    struct client *client, const char *job_id, client_cb cb, void *arg)
{
	struct request request = { .method = "POST",
		.path = JOBS,
		.id = job_id,
		.below = "/cancel",
		.body = "{}" };

	return call_send(client, &request, cb, arg);
}

struct client_call *
client_job_devices(struct client *client, const char *job_id,
    const char *continuation, client_cb cb, void *arg)
{
	char *query = xasprintf(
	    "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '%s'",
	    job_id);
	struct client_call *call = client_query(
	    client, query, CLIENT_TWINS_MAX, continuation, cb, arg);

	free(query);
	return call;
}

/* What is asked of one device. */
static struct request
request_on(const char *method, const char *collection, const char *device_id)
{
	return (struct request){ .method = method,
		.path = collection,
		.id = device_id,
		.device_id = device_id };
}

static struct client_call *
get(struct client *client, const char *collection, const char *device_id,
    client_cb cb, void *arg)
{
	struct request request = request_on("GET", collection, device_id);

	request.is_read = true;
	return call_send(client, &request, cb, arg);
}

struct client_call *
client_twin_get(
    struct client *client, const char *device_id, client_cb cb, void *arg)
{
	return get(client, TWINS, device_id, cb, arg);
}

struct client_call *
client_device_get(
    struct client *client, const char *device_id, client_cb cb, void *arg)
{
	return get(client, "/devices/", device_id, cb, arg);
}

struct client_call *
client_twin_patch(struct client *client, const char *device_id,
    const char *patch, const char *etag, client_cb cb, void *arg)
{
	struct request request = request_on("PATCH", TWINS, device_id);
	char *if_match =
	    etag == NULL ? NULL : xasprintf("If-Match: \"%s\"", etag);
	struct client_call *call;

	request.body = patch;
	request.extra[0] = if_match;
	call = call_send(client, &request, cb, arg);
	free(if_match);
	return call;
}

/* The payload goes out as it was typed: 1.50 stays 1.50. */
static char *
method_body(const struct client_method *method)
{
	cJSON *name = cJSON_CreateString(method->name);
	char *text = json_print(name), *body;

	body = xasprintf(
	    "{\"methodName\":%s,\"payload\":%s,"
	    "\"responseTimeoutInSeconds\":%d,\"connectTimeoutInSeconds\":%d}",
	    text, method->payload != NULL ? method->payload : "null",
	    method->response_timeout_s, method->connect_timeout_s);
	free(text);
	cJSON_Delete(name);
	return body;
}

struct client_call *
client_method(struct client *client, const char *device_id,
    const struct client_method *method, client_cb cb, void *arg)
{
	struct request request = request_on("POST", TWINS, device_id);
	char *body = method_body(method);
	struct client_call *call;

	request.below = "/methods";
	request.body = body;
	request.timeout_ms = METHOD_SLACK_MS +
	    INT64_C(1000) *
		(method->response_timeout_s + method->connect_timeout_s);
	call = call_send(client, &request, cb, arg);
	free(body);
	return call;
}

struct client_call *
client_devices_create(struct client *client, const char *const *device_ids,
    size_t n, client_cb cb, void *arg)
{
	struct request request = { .method = "POST", .path = "/devices" };
	cJSON *list = cJSON_CreateArray(), *item;
	struct client_call *call;
	char *body;
	size_t i;

	for (i = 0; i < n; i++) {
		item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "id", device_ids[i]);
		cJSON_AddStringToObject(item, "importMode", "create");
		cJSON_AddStringToObject(item, "status", "enabled");
		cJSON_AddItemToArray(list, item);
	}
	body = json_print(list);
	request.body = body;
	call = call_send(client, &request, cb, arg);
	cJSON_Delete(list);
	free(body);
	return call;
}

struct client_call *
client_control(struct client *client, const char *method, const char *path,
    const char *body, client_cb cb, void *arg)
{
	struct request request = {
		.method = method, .path = path, .body = body
	};

	return call_send(client, &request, cb, arg);
}

struct client_call *
client_listen(struct client *client, const char *path, client_data_cb on_data,
    client_cb cb, void *arg)
{
	struct request request = { .method = "GET",
		.path = path,
		.is_read = true,
		.on_data = on_data };

	return call_send(client, &request, cb, arg);
}
