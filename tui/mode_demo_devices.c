#include "config.h"

#include "tui/mode_demo_devices.h"

#include <stdbool.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "tui/mode_demo.h"

#define CREATE_MAX 100 /* devices in one request */
#define AT_ONCE 8      /* requests for tags */

/*
 * First identities, a hundred at a time; then each device's tags, a few at a
 * time.
 */
struct mode_demo_devices {
	struct client *client;
	mode_demo_devices_cb cb;
	void *arg;
	size_t n;
	char **ids; /* owned */
	size_t created;
	size_t next_tagged, tagged;
	struct client_call *creating; /* or NULL */
	struct tagging {
		struct mode_demo_devices *devices;
		struct client_call *call; /* NULL: idle */
	} tagging[AT_ONCE];
};

static void
fail(struct mode_demo_devices *d, const struct err *err)
{
	struct err copy;

	err_copy(&copy, err);
	d->cb(&copy, d->arg);
}

/* Where a door is, so that there is something to filter by. */
static char *
tags_of(size_t i)
{
	static const char *const sites[] = { "brno", "graz", "porto" };

	return xasprintf("{\"tags\":{\"site\":\"%s\",\"building\":%zu,"
			 "\"floor\":%zu}}",
	    sites[i / 10 % 3], 41 + i / 5 % 3, 1 + i % 5);
}

static void on_tagged(const struct client_answer *answer, void *arg);

static void
tag_next(struct tagging *t)
{
	struct mode_demo_devices *d = t->devices;
	size_t i = d->next_tagged;
	char *tags;

	if (i == d->n)
		return;
	d->next_tagged++;
	tags = tags_of(i);
	t->call =
	    client_twin_patch(d->client, d->ids[i], tags, NULL, on_tagged, t);
	free(tags);
}

static void
on_tagged(const struct client_answer *answer, void *arg)
{
	struct tagging *t = arg;
	struct mode_demo_devices *d = t->devices;

	t->call = NULL;
	if (answer->err->code != ERR_NONE) {
		fail(d, answer->err);
		return;
	}
	if (++d->tagged == d->n) {
		d->cb(NULL, d->arg);
		return;
	}
	tag_next(t);
}

static void on_created(const struct client_answer *answer, void *arg);

static void
create_next(struct mode_demo_devices *d)
{
	size_t n = d->n - d->created;

	if (n > CREATE_MAX)
		n = CREATE_MAX;
	d->creating = client_devices_create(d->client,
	    (const char *const *)&d->ids[d->created], n, on_created, d);
	d->created += n;
}

static void
on_created(const struct client_answer *answer, void *arg)
{
	struct mode_demo_devices *d = arg;
	size_t i;

	d->creating = NULL;
	if (answer->err->code != ERR_NONE) {
		fail(d, answer->err);
		return;
	}
	if (d->created < d->n) {
		create_next(d);
		return;
	}
	for (i = 0; i < AT_ONCE; i++)
		tag_next(&d->tagging[i]);
}

struct mode_demo_devices *
mode_demo_devices_new(
    struct client *client, size_t count, mode_demo_devices_cb cb, void *arg)
{
	struct mode_demo_devices *d = xcalloc(1, sizeof(*d));
	int width = 3; /* as "twindeck device --count" names them */
	size_t i;

	d->client = client;
	d->cb = cb;
	d->arg = arg;
	d->n = count;
	d->ids = xcalloc(count, sizeof(*d->ids));
	for (i = count; i >= 1000; i /= 10)
		width++;
	for (i = 0; i < count; i++)
		d->ids[i] = xasprintf(DEMO_PREFIX "%0*zu", width, i + 1);
	for (i = 0; i < AT_ONCE; i++)
		d->tagging[i].devices = d;
	create_next(d);
	return d;
}

void
mode_demo_devices_free(struct mode_demo_devices *d)
{
	size_t i;

	if (d == NULL)
		return;
	if (d->creating != NULL)
		client_cancel(d->creating);
	for (i = 0; i < AT_ONCE; i++)
		if (d->tagging[i].call != NULL)
			client_cancel(d->tagging[i].call);
	for (i = 0; i < d->n; i++)
		free(d->ids[i]);
	free(d->ids);
	free(d);
}
