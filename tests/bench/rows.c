/*
 * rows N: a fleet of N devices in this process, without a hub.  Prints one
 * line of JSON: what a row takes in memory beyond its id, and how long the
 * longest turn of the loop and the whole take when the list is sorted and
 * filtered.
 */
#include "config.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/fleet.h"

#define ID_SIZE 16 /* "device-0000001" */

static double
now_ms(void)
{
	return (double)clock_utc_us() / 1e3;
}

static int64_t
private_kib(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	int64_t kib = 0;

	if (file == NULL)
		err(1, "/proc/self/status");
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "RssAnon: %" SCNd64, &kib) == 1)
			break;
	fclose(file);
	return kib;
}

static void
fill(struct fleet *fleet, int64_t n)
{
	char text[256];
	cJSON *twin;
	int64_t i;

	fleet_load_begin(fleet);
	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text),
		    "{\"deviceId\":\"device-%07" PRId64 "\",\"version\":2,"
		    "\"connectionState\":\"%s\",\"tags\":{\"site\":\"plant-%"
		    "d\","
		    "\"serial\":%" PRId64 "},\"properties\":{\"reported\":{"
		    "\"firmwareStatus\":\"%s\",\"firmwareVersion\":\"1.%d\"}}}",
		    i, i % 3 == 0 ? "Connected" : "Disconnected", (int)(i % 50),
		    i * 7919 % n, i % 100 == 0 ? "applying" : "current",
		    (int)(i % 7));
		twin = cJSON_Parse(text);
		/* The serials would be a million texts of the tags. */
		cJSON_DeleteItemFromObject(
		    cJSON_GetObjectItem(twin, "tags"), "serial");
		fleet_take_twin(fleet, twin);
		cJSON_Delete(twin);
	}
	fleet_load_end(fleet);
}

/* Works off what is left, turn by turn. */
static void
say(struct fleet_view *view, const char *what, double begin)
{
	double longest = now_ms() - begin, turn;
	bool more;

	do {
		turn = now_ms();
		more = fleet_view_work(view);
		turn = now_ms() - turn;
		if (turn > longest)
			longest = turn;
	} while (more);
	printf(",\"%s\":[%.2f,%.2f,%zu]", what, longest, now_ms() - begin,
	    fleet_view_size(view));
}

static void
filter(struct fleet_view *view, const char *text)
{
	double begin = now_ms();
	struct err err;

	if (fleet_view_set_filter(view, text, &err) == -1)
		errx(1, "the filter is refused");
	say(view, *text != '\0' ? text : "all", begin);
}

static void
sort(struct fleet_view *view, enum fleet_sort by, const char *name)
{
	double begin = now_ms();

	fleet_view_sort(view, by, false);
	say(view, name, begin);
}

int
main(int argc, char **argv)
{
	struct events *events = events_new();
	struct fleet *fleet = fleet_new(events);
	struct fleet_view *view = fleet_view_new(fleet);
	int64_t n, before = private_kib();
	double begin = now_ms();

	if (argc != 2 || str_to_int64(argv[1], 1, FLEET_MAX, &n) == -1)
		errx(2, "usage: rows N");
	fill(fleet, n);
	printf("{\"rows\":%" PRId64 ",\"load_ms\":%.0f", n, now_ms() - begin);
	sort(view, SORT_FIRMWARE, "firmware");
	printf(",\"bytes\":%.1f",
	    (double)(private_kib() - before) * 1024 / (double)n - ID_SIZE + 1);
	sort(view, SORT_LINK, "link");
	filter(view, "p");
	filter(view, "pl");
	filter(view, "plant-7");
	filter(view, "link:on plant-7");
	filter(view, "");
	sort(view, SORT_DEVICE, "device");
	filter(view, "77");
	filter(view, "~d77");
	puts("}");
	fleet_view_free(view);
	fleet_free(fleet);
	events_free(events);
	return 0;
}
