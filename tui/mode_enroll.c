#include "config.h"

#include "tui/mode_enroll.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/iothub/connstr.h"
#include "core/iothub/error.h"
#include "core/iothub/sas.h"
#include "core/net/http.h"

#define API "api-version=2021-04-12"
#define BULK_MAX 100 /* identities in one request, as IoT Hub asks */
#define GETS_AT_ONCE 8
#define TOKEN_S 3600

enum device_state {
	TO_CREATE,
	TO_GET, /* it is there: its key is the hub's to tell */
	DONE,
};

/*
 * Identities are created with keys of ours, a hundred at a time; for those
 * that exist the key is then asked for, one by one.
 */
struct enroll {
	struct event_base *base;
	const struct connstr *service;
	struct net_http *http;
	char *authorization; /* the header; a secret */
	char *const *ids;
	char **keys;
	enum device_state *states;
	struct map *by_id; /* id to its place in ids */
	size_t n;
	size_t next_create, next_get;
	size_t under_way; /* requests */
	struct err err;
};

static void go_on(struct enroll *enroll);

static char *
url_new(const struct enroll *enroll, const char *id)
{
	struct strbuf url = { 0 };

	strbuf_printf(&url, "https://%s:%u/devices", enroll->service->host_name,
	    enroll->service->port != 0 ? enroll->service->port : 443);
	if (id != NULL) {
		strbuf_putc(&url, '/');
		str_percent_encode(&url, id, strlen(id));
	}
	strbuf_puts(&url, "?" API);
	return strbuf_take(&url);
}

static void
send_request(struct enroll *enroll, const char *method, const char *id,
    const char *body, net_http_cb cb)
{
	const char *headers[] = { enroll->authorization,
		"Content-Type: application/json", NULL };
	char *url = url_new(enroll, id);
	const struct net_http_request request = {
		.method = method,
		.url = url,
		.headers = headers,
		.body = body,
		.body_len = body != NULL ? strlen(body) : 0,
		.repeatable = body == NULL,
	};

	enroll->under_way++;
	net_http_send(enroll->http, &request, cb, enroll);
	free(url);
}

/* Of an answer that is an error; keeps the first. */
static void
note(struct enroll *enroll, struct net_http_call *call,
    const struct net_http_answer *answer, const char *id)
{
	if (enroll->err.code != ERR_NONE)
		return;
	if (answer->err->code != ERR_NONE)
		err_copy(&enroll->err, answer->err);
	else
		iothub_error_read(answer->status,
		    net_http_header(call, "iothub-errorcode"), answer->body,
		    answer->body_len, id, &enroll->err);
}

/* One element of "errors" in the answer to a bulk request. */
static void
take_error(struct enroll *enroll, const cJSON *error)
{
	const char *id = json_get_string(error, "deviceId");
	const char *code = json_get_string(error, "errorCode");
	const char *words = json_get_string(error, "errorStatus");
	char *const *at = id != NULL ? map_get(enroll->by_id, id) : NULL;

	if (at != NULL && code != NULL &&
	    strcmp(code, "DeviceAlreadyExists") == 0) {
		enroll->states[at - enroll->ids] = TO_GET;
		return;
	}
	if (enroll->err.code == ERR_NONE)
		err_set(&enroll->err, ERR_REFUSED,
		    "the hub did not register %s: %s",
		    id != NULL ? id : "a device",
		    words != NULL      ? words
			: code != NULL ? code
				       : "no reason given");
}

static void
on_created(
    struct net_http_call *call, const struct net_http_answer *answer, void *arg)
{
	struct enroll *enroll = arg;
	const cJSON *errors, *error;
	cJSON *json = NULL;

	enroll->under_way--;
	if (answer->err->code == ERR_NONE)
		json = json_parse(answer->body, answer->body_len, NULL);
	errors = json_get(json, "errors");
	if (answer->err->code != ERR_NONE ||
	    (answer->status != 200 && !cJSON_IsArray(errors)))
		note(enroll, call, answer, NULL);
	cJSON_ArrayForEach(error, errors)
		take_error(enroll, error);
	cJSON_Delete(json);
	go_on(enroll);
}

static void
on_got(
    struct net_http_call *call, const struct net_http_answer *answer, void *arg)
{
	struct enroll *enroll = arg;
	const char *id, *key;
	char *const *at;
	cJSON *json = NULL;

	enroll->under_way--;
	if (answer->err->code == ERR_NONE && answer->status == 200)
		json = json_parse(answer->body, answer->body_len, NULL);
	id = json_get_string(json, "deviceId");
	key = json_get_string(
	    json_path(json, "authentication.symmetricKey"), "primaryKey");
	at = id != NULL ? map_get(enroll->by_id, id) : NULL;
	if (at != NULL && key != NULL) {
		xfree_secret(enroll->keys[at - enroll->ids]);
		enroll->keys[at - enroll->ids] = xstrdup(key);
	} else if (json != NULL) {
		err_set(&enroll->err, ERR_UNSUPPORTED,
		    "%s has no symmetric key to connect with",
		    id != NULL ? id : "a device");
	} else {
		note(enroll, call, answer, NULL);
	}
	cJSON_Delete(json);
	go_on(enroll);
}

static void
create_some(struct enroll *enroll)
{
	cJSON *array = cJSON_CreateArray(), *item, *keys;
	char *body, *second;
	size_t i, end = enroll->next_create + BULK_MAX;

	if (end > enroll->n)
		end = enroll->n;
	for (i = enroll->next_create; i < end; i++) {
		enroll->keys[i] = sas_key_new();
		enroll->states[i] = DONE;
		second = sas_key_new();
		item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "id", enroll->ids[i]);
		cJSON_AddStringToObject(item, "importMode", "create");
		cJSON_AddStringToObject(item, "status", "enabled");
		keys = cJSON_AddObjectToObject(
		    cJSON_AddObjectToObject(item, "authentication"),
		    "symmetricKey");
		cJSON_AddStringToObject(keys, "primaryKey", enroll->keys[i]);
		cJSON_AddStringToObject(keys, "secondaryKey", second);
		cJSON_AddItemToArray(array, item);
		xfree_secret(second);
	}
	enroll->next_create = end;
	body = json_print(array);
	send_request(enroll, "POST", NULL, body, on_created);
	xfree_secret(body);
	cJSON_Delete(array);
}

/* One bulk request at a time, then some single ones; then the end. */
static void
go_on(struct enroll *enroll)
{
	bool failed = enroll->err.code != ERR_NONE;

	if (!failed && enroll->next_create < enroll->n) {
		create_some(enroll);
		return;
	}
	for (; !failed && enroll->next_get < enroll->n &&
	     enroll->under_way < GETS_AT_ONCE;
	     enroll->next_get++)
		if (enroll->states[enroll->next_get] == TO_GET)
			send_request(enroll, "GET",
			    enroll->ids[enroll->next_get], NULL, on_got);
	if (enroll->under_way == 0)
		event_base_loopbreak(enroll->base);
}

static int
authorize(struct enroll *enroll, struct err *err)
{
	char *token = sas_token_new(enroll->service->host, enroll->service->key,
	    enroll->service->policy, clock_utc_us() / 1000000 + TOKEN_S, err);

	if (token == NULL)
		return -1;
	enroll->authorization = xasprintf("Authorization: %s", token);
	xfree_secret(token);
	return 0;
}

int
mode_enroll(struct event_base *base, const struct connstr *service,
    const char *ca_file, char *const *ids, size_t n, char **keys,
    struct err *err)
{
	struct enroll enroll = { .base = base,
		.service = service,
		.ids = ids,
		.keys = keys,
		.n = n };
	size_t i;
	int rc = -1;

	enroll.by_id = map_new();
	enroll.states = xcalloc(n, sizeof(*enroll.states));
	for (i = 0; i < n; i++) {
		keys[i] = NULL;
		map_set(enroll.by_id, ids[i], (void *)(uintptr_t)&ids[i]);
	}
	if (authorize(&enroll, err) == -1)
		goto out;
	enroll.http = net_http_new(base, ca_file, err);
	if (enroll.http == NULL)
		goto out;
	go_on(&enroll);
	event_base_dispatch(base);
	if (enroll.err.code != ERR_NONE)
		err_copy(err, &enroll.err);
	else if (enroll.under_way > 0)
		err_set(err, ERR_CANCELLED, "stopped while registering");
	else
		rc = 0;
out:
	for (i = 0; rc == -1 && i < n; i++) {
		xfree_secret(keys[i]);
		keys[i] = NULL;
	}
	net_http_free(enroll.http);
	xfree_secret(enroll.authorization);
	map_free(enroll.by_id);
	free(enroll.states);
	return rc;
}
