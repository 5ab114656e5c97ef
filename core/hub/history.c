#include "config.h"

#include "core/hub/history.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"

struct record {
	uint64_t number; /* 0: none */
	int64_t start_us; /* UTC */
	int64_t start_ms; /* monotonic, as the next */
	int64_t end_ms;   /* 0: not yet */
	char *device_id;
	char *method;
	char *payload; /* JSON text; NULL: too long */
	size_t payload_len;
	const char *outcome;
	int status;
};

/* A ring: number n stands in place n % HUB_HISTORY_MAX. */
struct hub_history {
	struct record records[HUB_HISTORY_MAX];
	uint64_t last;
};

struct hub_history *
hub_history_new(void)
{
	return xcalloc(1, sizeof(struct hub_history));
}

static void
record_fini(struct record *record)
{
	free(record->device_id);
	free(record->method);
	free(record->payload);
	*record = (struct record){ 0 };
}

void
hub_history_clear(struct hub_history *history)
{
	size_t i;

	for (i = 0; i < HUB_HISTORY_MAX; i++)
		record_fini(&history->records[i]);
}

void
hub_history_free(struct hub_history *history)
{
	if (history == NULL)
		return;
	hub_history_clear(history);
	free(history);
}

uint64_t
hub_history_add(struct hub_history *history, const char *device_id,
    const char *method, const char *payload, size_t payload_len)
{
	uint64_t number = ++history->last;
	struct record *record = &history->records[number % HUB_HISTORY_MAX];

	record_fini(record);
	record->number = number;
	record->start_us = clock_utc_us();
	record->start_ms = clock_mono_ms();
	record->device_id = xstrdup(device_id);
	record->method = xstrdup(method);
	record->payload_len = payload_len;
	if (payload_len <= HUB_HISTORY_PAYLOAD_MAX)
		record->payload = xstrndup(payload, payload_len);
	return number;
}

void
hub_history_end(struct hub_history *history, uint64_t number,
    const char *outcome, int status)
{
	struct record *record = &history->records[number % HUB_HISTORY_MAX];

	if (record->number != number)
		return; /* it is gone by now */
	record->end_ms = clock_mono_ms();
	record->outcome = outcome;
	record->status = status;
}

static void
format_record(const struct record *record, struct strbuf *out)
{
	char stamp[CLOCK_STAMP_SIZE];

	clock_format_iso(stamp, record->start_us);
	strbuf_printf(out,
	    "{\"number\":%" PRIu64 ",\"time\":\"%s\",\"deviceId\":",
	    record->number, stamp);
	json_put_string(out, record->device_id);
	strbuf_puts(out, ",\"methodName\":");
	json_put_string(out, record->method);
	strbuf_puts(out, ",\"payload\":");
	strbuf_puts(out, record->payload != NULL ? record->payload : "null");
	strbuf_printf(out, ",\"payloadBytes\":%zu,\"outcome\":\"%s\"",
	    record->payload_len,
	    record->end_ms != 0 ? record->outcome : "waiting");
	if (record->end_ms != 0)
		strbuf_printf(out, ",\"elapsedMs\":%" PRId64,
		    record->end_ms - record->start_ms);
	if (record->status != 0)
		strbuf_printf(out, ",\"status\":%d", record->status);
	strbuf_putc(out, '}');
}

void
hub_history_format(const struct hub_history *history, uint64_t after,
    const char *device_id, struct strbuf *out)
{
	uint64_t n = history->last > HUB_HISTORY_MAX
	    ? history->last - HUB_HISTORY_MAX
	    : 0;
	const struct record *record;
	char before = '[';

	for (n = n > after ? n : after; n < history->last; n++) {
		record = &history->records[(n + 1) % HUB_HISTORY_MAX];
		if (record->number != n + 1 ||
		    (device_id != NULL &&
			strcmp(device_id, record->device_id) != 0))
			continue;
		strbuf_putc(out, before);
		format_record(record, out);
		before = ',';
	}
	strbuf_puts(out, before == '[' ? "[]" : "]");
}
