/*
 * rows N: a fleet of N devices in this process, without a hub.  Prints one
 * line of JSON: what a row takes in memory beyond its id, and how long the
 * longest turn of the loop and the whole take when the list is sorted, filtered
 * and marked.
 */
#include "config.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/fleet.h"

#define ID_SIZE 16 /* "device-0000001" */

/* Of the processor: what else the machine does is no turn of ours. */
static double
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
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

/* serials: each row is to have a value of its own. */
static void
fill(struct fleet *fleet, int64_t n, bool serials)
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
		if (!serials)
			/* They would be a million texts of the tags. */
			cJSON_DeleteItemFromObject(
			    cJSON_GetObjectItem(twin, "tags"), "serial");
		fleet_take_twin(fleet, twin);
		cJSON_Delete(twin);
	}
	fleet_load_end(fleet);
}

/* Works off what is left, turn by turn. */
static void
say(struct fleet *fleet, struct fleet_view *view, const char *what,
    double begin)
{
	double longest = now_ms() - begin, turn;
	bool more;

	do {
		turn = now_ms();
		more = fleet_work(fleet) || fleet_view_work(view);
		turn = now_ms() - turn;
		if (turn > longest)
			longest = turn;
	} while (more);
	printf(",\"%s\":[%.2f,%.2f,%zu]", what, longest, now_ms() - begin,
	    fleet_view_size(view));
}

static void
filter(struct fleet *fleet, struct fleet_view *view, const char *text)
{
	double begin = now_ms();
	struct err err;

	if (fleet_view_set_filter(view, text, &err) == -1)
		errx(1, "the filter is refused");
	say(fleet, view, *text != '\0' ? text : "all", begin);
}

static void
sort(struct fleet *fleet, struct fleet_view *view, enum fleet_sort by,
    const char *name)
{
	double begin = now_ms();

	fleet_view_sort(view, by, false);
	say(fleet, view, name, begin);
}

static void
mark(struct fleet *fleet, struct fleet_view *view, enum fleet_marking how,
    const char *name)
{
	double begin = now_ms();

	fleet_view_mark(view, 0, fleet_view_size(view), how);
	say(fleet, view, name, begin);
}

static void
unmark_all(struct fleet *fleet, struct fleet_view *view)
{
	double begin = now_ms();

	fleet_unmark_all(fleet);
	say(fleet, view, "unmark all", begin);
}

/* A column in which every row has a value of its own. */
static void
serials(struct fleet *fleet, struct fleet_view *view, int64_t n)
{
	static const char *const paths[] = { "tags.serial" };
	double begin = now_ms();

	fleet_set_paths(fleet, paths, 1);
	say(fleet, view, "column", begin);
	fill(fleet, n, true);
	sort(fleet, view, SORT_VALUE, "serial");
	filter(fleet, view, "7");
	filter(fleet, view, "plant-7");
	filter(fleet, view, "");
	sort(fleet, view, SORT_TAGS, "tags");
	begin = now_ms();
	fleet_set_paths(fleet, NULL, 0);
	say(fleet, view, "column gone", begin);
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
	fill(fleet, n, false);
	printf("{\"rows\":%" PRId64 ",\"load_ms\":%.0f", n, now_ms() - begin);
	sort(fleet, view, SORT_FIRMWARE, "firmware");
	printf(",\"bytes\":%.1f",
	    (double)(private_kib() - before) * 1024 / (double)n - ID_SIZE + 1);
	sort(fleet, view, SORT_LINK, "link");
	filter(fleet, view, "p");
	filter(fleet, view, "pl");
	filter(fleet, view, "plant-7");
	filter(fleet, view, "link:on plant-7");
	filter(fleet, view, "");
	sort(fleet, view, SORT_DEVICE, "device");
	filter(fleet, view, "77");
	filter(fleet, view, "~d77");
	mark(fleet, view, FLEET_MARK, "mark shown");
	filter(fleet, view, "");
	mark(fleet, view, FLEET_MARK, "mark all");
	mark(fleet, view, FLEET_INVERT, "invert");
	mark(fleet, view, FLEET_MARK, "mark again");
	unmark_all(fleet, view);
	serials(fleet, view, n);
	puts("}");
	fleet_view_free(view);
	fleet_free(fleet);
	events_free(events);
	return 0;
}
