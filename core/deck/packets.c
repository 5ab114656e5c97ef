#include "config.h"

#include "core/deck/packets.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/deck/traffic.h"

struct packets {
	struct client *client;    /* borrowed */
	struct traffic *traffic;  /* borrowed */
	char *device_id;          /* NULL: nobody's are wanted */
	struct client_call *call; /* or NULL */
	struct strbuf line;       /* what has come of the next one */
	bool too_long;            /* it is dropped up to its end */
	bool refused;             /* this hub has no such thing */
	int64_t again_ms;         /* monotonic; not before */
};

struct packets *
packets_new(struct client *client, struct traffic *traffic)
{
	struct packets *packets = xcalloc(1, sizeof(*packets));

	packets->client = client;
	packets->traffic = traffic;
	return packets;
}

static void
stop(struct packets *packets)
{
	if (packets->call != NULL)
		client_cancel(packets->call);
	packets->call = NULL;
	strbuf_reset(&packets->line);
	packets->too_long = false;
}

void
packets_free(struct packets *packets)
{
	if (packets == NULL)
		return;
	stop(packets);
	strbuf_fini(&packets->line);
	free(packets->device_id);
	free(packets);
}

static void
take_line(struct packets *packets)
{
	cJSON *json = json_parse(packets->line.data, packets->line.len, NULL);
	const char *who = json_get_string(json, "deviceId");
	const char *from = json_get_string(json, "from");
	const char *words = json_get_string(json, "packet");

	if (who != NULL && from != NULL && words != NULL)
		traffic_take_packet(packets->traffic, who,
		    strcmp(from, "device") == 0, words);
	cJSON_Delete(json);
}

static int
on_data(const char *data, size_t len, void *arg)
{
	struct packets *packets = arg;
	size_t i;

	for (i = 0; i < len; i++) {
		if (data[i] != '\n') {
			if (packets->line.len < PACKETS_LINE_MAX)
				strbuf_putc(&packets->line, data[i]);
			else
				packets->too_long = true;
			continue;
		}
		if (!packets->too_long && packets->line.len > 0)
			take_line(packets);
		strbuf_reset(&packets->line);
		packets->too_long = false;
	}
	return 0;
}

/* A hub that knows the way and has just no room, or has gone, is asked again.
 */
static void
on_end(const struct client_answer *answer, void *arg)
{
	struct packets *packets = arg;

	packets->call = NULL;
	packets->again_ms = clock_mono_ms() + PACKETS_RETRY_MS;
	packets->refused = answer->http >= 400 && answer->http < 500;
	stop(packets);
}

static void
start(struct packets *packets)
{
	struct strbuf path = { 0 };

	strbuf_puts(&path, "/control/devices/");
	str_percent_encode(
	    &path, packets->device_id, strlen(packets->device_id));
	strbuf_puts(&path, "/packets");
	packets->call = client_listen(
	    packets->client, strbuf_str(&path), on_data, on_end, packets);
	strbuf_fini(&path);
}

void
packets_watch(struct packets *packets, const char *device_id)
{
	bool same = device_id != NULL && packets->device_id != NULL &&
	    strcmp(device_id, packets->device_id) == 0;

	if (!same) {
		stop(packets);
		free(packets->device_id);
		packets->device_id = xstrdup(device_id);
	}
	if (device_id == NULL || packets->refused || packets->call != NULL ||
	    clock_mono_ms() < packets->again_ms)
		return;
	start(packets);
}
