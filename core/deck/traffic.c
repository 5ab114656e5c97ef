#include "config.h"

#include "core/deck/traffic.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/deck.h"
#include "core/iothub/connstr.h"

/* How far back a request is looked for that was the same: a deck that polls
 * asks a few things in turn. */
#define POLL_WINDOW 8
#define MASK "(secret)"
#define IF_MATCH "If-Match: \""

struct traffic {
	struct events *events; /* borrowed */
	char *host;            /* with its port, as typed */
	char *ca_file;         /* or NULL */
	uint64_t number;
	size_t n;
	struct traffic_entry entries[TRAFFIC_MAX]; /* oldest first */
};

struct traffic *
traffic_new(
    struct events *events, const struct connstr *cs, const char *ca_file)
{
	struct traffic *traffic = xcalloc(1, sizeof(*traffic));

	traffic->events = events;
	traffic->host = xstrdup(cs->host);
	traffic->ca_file = xstrdup(ca_file);
	return traffic;
}

static void
entry_fini(struct traffic_entry *entry)
{
	free(entry->method);
	free(entry->path);
	free(entry->headers);
	free(entry->body);
	free(entry->answer);
	free(entry->error);
}

void
traffic_free(struct traffic *traffic)
{
	size_t i;

	if (traffic == NULL)
		return;
	for (i = 0; i < traffic->n; i++)
		entry_fini(&traffic->entries[i]);
	free(traffic->host);
	free(traffic->ca_file);
	free(traffic);
}

/* What a secret stands behind: as JSON, and in a connection string or token.
 */
static const struct {
	const char *head;
	const char *ends; /* one of these ends it */
} secrets[] = {
	{ "\"primaryKey\":", ",}" },
	{ "\"secondaryKey\":", ",}" },
	{ "\"symmetricKey\":\"", "\"" },
	{ "SharedAccessKey=", ";\"" },
	{ "SharedAccessSignature=", ";\"" },
	{ "SharedAccessSignature sr=", "\"" },
	{ "sig=", "&\"" },
};

/* The length of the secret's head at p, and what ends it; 0: none there. */
static size_t
head_at(const char *p, size_t left, const char **ends)
{
	size_t i, len;

	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		if (*p != *secrets[i].head) /* most are told by that */
			continue;
		len = strlen(secrets[i].head);
		if (len <= left && memcmp(p, secrets[i].head, len) == 0) {
			*ends = secrets[i].ends;
			return len;
		}
	}
	return 0;
}

/* The first TRAFFIC_BODY_MAX bytes without what is nobody's business. */
static char *
masked(const char *text, size_t len)
{
	struct strbuf out = { 0 };
	const char *ends;
	size_t at = 0, head;

	while (at < len && out.len < TRAFFIC_BODY_MAX) {
		head = head_at(text + at, len - at, &ends);
		if (head == 0) {
			strbuf_putc(&out, text[at++]);
			continue;
		}
		strbuf_put(&out, text + at, head);
		strbuf_puts(&out, MASK);
		at += head;
		while (at < len && strchr(ends, text[at]) == NULL)
			at++;
	}
	return strbuf_take(&out);
}

static bool
is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Takes the entry out from where it stands; what it owns is the caller's. */
static struct traffic_entry
take_out(struct traffic *traffic, size_t i)
{
	struct traffic_entry entry = traffic->entries[i];

	traffic->n--;
	memmove(&traffic->entries[i], &traffic->entries[i + 1],
	    (traffic->n - i) * sizeof(entry));
	return entry;
}

/* How often the same was asked just before, by reading alone: it goes. */
static uint64_t
drop_same(struct traffic *traffic, const struct traffic_entry *entry)
{
	struct traffic_entry *e, old;
	size_t i,
	    stop = traffic->n > POLL_WINDOW ? traffic->n - POLL_WINDOW : 0;

	if (strcmp(entry->method, "GET") != 0 &&
	    strstr(entry->path, "/devices/query?") == NULL)
		return 0;
	for (i = traffic->n; i > stop; i--) {
		e = &traffic->entries[i - 1];
		if (!is_same(e->method, entry->method) ||
		    !is_same(e->path, entry->path) ||
		    !is_same(e->headers, entry->headers) ||
		    !is_same(e->body, entry->body) || e->http != entry->http)
			continue;
		old = take_out(traffic, i - 1);
		entry_fini(&old);
		return old.times;
	}
	return 0;
}

static char *
joined(const char *const *headers)
{
	struct strbuf out = { 0 };

	if (headers == NULL || headers[0] == NULL)
		return NULL;
	for (; *headers != NULL; headers++)
		strbuf_printf(&out, "%s%s", out.len > 0 ? "\n" : "", *headers);
	return strbuf_take(&out);
}

static void
append(struct traffic *traffic, const struct traffic_entry *entry)
{
	struct traffic_entry oldest;

	if (traffic->n == TRAFFIC_MAX) {
		oldest = take_out(traffic, 0);
		entry_fini(&oldest);
	}
	traffic->entries[traffic->n++] = *entry;
	events_fire(traffic->events, DECK_TRAFFIC, NULL);
}

void
traffic_take(struct traffic *traffic, const struct client_exchange *x)
{
	const struct client_answer *answer = x->answer;
	size_t body_len = x->body != NULL ? strlen(x->body) : 0;
	struct traffic_entry entry = {
		.number = ++traffic->number,
		.method = xstrdup(x->method),
		.path = xstrdup(x->path),
		.headers = joined(x->headers),
		.body = x->body != NULL ? masked(x->body, body_len) : NULL,
		.body_len = body_len,
		.http = answer->http,
		.answer = masked(answer->body, answer->body_len),
		.answer_len = answer->body_len,
		.at_us = clock_utc_us(),
		.elapsed_us = answer->elapsed_us,
	};

	if (answer->err->code != ERR_NONE)
		entry.error = xstrdup(answer->err->text);
	entry.times = drop_same(traffic, &entry) + 1;
	append(traffic, &entry);
}

void
traffic_take_packet(struct traffic *traffic, const char *device_id,
    bool from_device, const char *words)
{
	const struct traffic_entry entry = {
		.number = ++traffic->number,
		.times = 1,
		.method = xstrdup("MQTT"),
		.path = xstrdup(device_id),
		.body = masked(words, strlen(words)),
		.body_len = strlen(words),
		.answer = xstrdup(""),
		.is_packet = true,
		.from_device = from_device,
		.at_us = clock_utc_us(),
	};

	append(traffic, &entry);
}

size_t
traffic_size(const struct traffic *traffic)
{
	return traffic->n;
}

const struct traffic_entry *
traffic_at(const struct traffic *traffic, size_t i)
{
	return &traffic->entries[i];
}

char *
traffic_curl(const struct traffic *traffic, const struct traffic_entry *entry)
{
	struct strbuf out = { 0 };
	char *headers, *rest, *line, *url;

	if (entry->is_packet || entry->body_len > TRAFFIC_BODY_MAX)
		return NULL;
	url = xasprintf("https://%s%s", traffic->host, entry->path);
	headers = rest = xstrdup(entry->headers);
	strbuf_printf(&out, "curl -X %s ", entry->method);
	if (traffic->ca_file != NULL) {
		strbuf_puts(&out, "--cacert ");
		strbuf_put_shell(&out, traffic->ca_file);
		strbuf_putc(&out, ' ');
	}
	strbuf_puts(&out, "-H \"Authorization: $SAS\" ");
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
		strbuf_puts(&out, "-H ");
		strbuf_put_shell(&out, line);
		strbuf_putc(&out, ' ');
	}
	if (entry->body != NULL) {
		strbuf_puts(&out, "-H 'Content-Type: application/json' -d ");
		strbuf_put_shell(&out, entry->body);
		strbuf_putc(&out, ' ');
	}
	strbuf_put_shell(&out, url);
	free(headers);
	free(url);
	return strbuf_take(&out);
}

/* " --flag 'text'"; nothing for no text. */
static void
put_flag(struct strbuf *out, const char *flag, const char *text)
{
	if (text == NULL)
		return;
	strbuf_printf(out, " %s ", flag);
	strbuf_put_shell(out, text);
}

static void
put_json_flag(struct strbuf *out, const char *flag, const cJSON *json)
{
	char *text;

	if (json == NULL)
		return;
	text = cJSON_PrintUnformatted(json);
	put_flag(out, flag, text);
	cJSON_free(text);
}

static void
put_number_flag(struct strbuf *out, const char *flag, const cJSON *number)
{
	if (cJSON_IsNumber(number))
		strbuf_printf(out, " %s %.0f", flag, number->valuedouble);
}

static void
az_twin_update(
    struct strbuf *out, const struct traffic_entry *entry, const cJSON *body)
{
	const char *etag =
	    entry->headers != NULL ? strstr(entry->headers, IF_MATCH) : NULL;
	char *text;

	if (etag != NULL) { /* az puts the quotes on */
		etag += strlen(IF_MATCH);
		text = xstrndup(etag, strcspn(etag, "\"\n"));
		put_flag(out, "--etag", text);
		free(text);
	}
	put_json_flag(out, "--desired",
	    json_get(json_get(body, "properties"), "desired"));
	put_json_flag(out, "--tags", json_get(body, "tags"));
}

static void
az_method(
    struct strbuf *out, const struct traffic_entry *entry, const cJSON *body)
{
	(void)entry;
	put_flag(out, "--method-name",
	    cJSON_GetStringValue(json_get(body, "methodName")));
	put_json_flag(out, "--method-payload", json_get(body, "payload"));
	put_number_flag(
	    out, "--timeout", json_get(body, "responseTimeoutInSeconds"));
}

static void
az_query(
    struct strbuf *out, const struct traffic_entry *entry, const cJSON *body)
{
	(void)entry;
	put_flag(out, "--query-command",
	    cJSON_GetStringValue(json_get(body, "query")));
}

static void
az_job_create(
    struct strbuf *out, const struct traffic_entry *entry, const cJSON *body)
{
	const cJSON *method = json_get(body, "cloudToDeviceMethod");
	const cJSON *twin = json_get(body, "updateTwin");

	(void)entry;
	put_flag(
	    out, "--job-type", cJSON_GetStringValue(json_get(body, "type")));
	put_flag(out, "--query-condition",
	    cJSON_GetStringValue(json_get(body, "queryCondition")));
	put_flag(out, "--method-name",
	    cJSON_GetStringValue(json_get(method, "methodName")));
	put_json_flag(out, "--method-payload", json_get(method, "payload"));
	put_json_flag(out, "--twin-patch", twin);
	put_flag(out, "--start-time",
	    cJSON_GetStringValue(json_get(body, "startTime")));
	put_number_flag(
	    out, "--ttl", json_get(body, "maxExecutionTimeInSeconds"));
}

/* {} stands for the id. */
static const struct {
	const char *method, *path;
	const char *command;
	const char *id_flag; /* or NULL */
	/* The rest of it; or NULL. */
	void (*put)(struct strbuf *out, const struct traffic_entry *entry,
	    const cJSON *body);
} az_table[] = {
	{ "GET", "/twins/{}", "device-twin show", "--device-id", NULL },
	{ "PATCH", "/twins/{}", "device-twin update", "--device-id",
	    az_twin_update },
	{ "POST", "/twins/{}/methods", "invoke-device-method", "--device-id",
	    az_method },
	{ "POST", "/devices/query", "query", NULL, az_query },
	{ "GET", "/devices/{}", "device-identity show", "--device-id", NULL },
	{ "PUT", "/jobs/v2/{}", "job create", "--job-id", az_job_create },
	{ "GET", "/jobs/v2/{}", "job show", "--job-id", NULL },
	{ "POST", "/jobs/v2/{}/cancel", "job cancel", "--job-id", NULL },
};

/* Whether a path is of that form; then its id, decoded: the caller's. */
static bool
match_path(const char *path, const char *form, char **id)
{
	size_t head = strcspn(form, "{"), len;
	const char *tail = form[head] == '{' ? form + head + 2 : "";
	const char *end = strchrnul(path, '?');

	*id = NULL;
	if (strncmp(path, form, head) != 0)
		return false;
	path += head;
	if (form[head] == '\0')
		return path == end;
	len = strcspn(path, "/?");
	if (len == 0 || strlen(tail) != (size_t)(end - path) - len ||
	    strncmp(path + len, tail, strlen(tail)) != 0)
		return false;
	*id = xstrndup(path, len);
	(*id)[str_percent_decode(*id, len)] = '\0';
	return true;
}

char *
traffic_az(const struct traffic_entry *entry)
{
	struct strbuf out = { 0 };
	cJSON *body = NULL;
	char *id = NULL;
	size_t i, n = sizeof(az_table) / sizeof(az_table[0]);

	for (i = 0; i < n; i++)
		if (strcmp(az_table[i].method, entry->method) == 0 &&
		    match_path(entry->path, az_table[i].path, &id))
			break;
	/* A body that was cut would make another command of it. */
	if (i == n || entry->body_len > TRAFFIC_BODY_MAX)
		goto out;
	if (entry->body != NULL)
		body = json_parse(entry->body, strlen(entry->body), NULL);
	strbuf_printf(&out,
	    "az iot hub %s --login \"$IOTHUB_CONNECTION_STRING\"",
	    az_table[i].command);
	if (az_table[i].id_flag != NULL)
		put_flag(&out, az_table[i].id_flag, id);
	if (az_table[i].put != NULL)
		az_table[i].put(&out, entry, body);
out:
	cJSON_Delete(body);
	free(id);
	return out.data;
}
