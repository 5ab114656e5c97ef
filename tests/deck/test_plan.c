#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/plan.h"
#include "core/deck/plan_reader.h"
#include "tests/deck/fake_hub.h"
#include "tests/support/test.h"

#define MANY 60

struct fixture {
	struct fake_hub *hub;
	struct plan *plan;
	struct plan_reader *reader;
	int n_events;
};

static void
on_event(int kind, const void *news, void *arg)
{
	struct fixture *f = arg;

	(void)news;
	f->n_events += kind == DECK_PLAN;
	/* As the dialog does once it knows everything. */
	if (kind == DECK_PLAN && plan_is_done(f->plan)) {
		plan_reader_free(f->reader);
		f->reader = NULL;
	}
}

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->hub = fake_hub_new();
	events_subscribe(deck_events(fake_hub_deck(f->hub)), on_event, f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	plan_reader_free(f->reader);
	plan_free(f->plan);
	fake_hub_free(f->hub);
	free(f);
	return 0;
}

static bool
is_done(void *arg)
{
	struct fixture *f = arg;

	return plan_is_done(f->plan);
}

static void
read_all(struct fixture *f, const struct plan_order *order)
{
	f->plan = plan_new(order);
	f->reader = plan_reader_new(fake_hub_deck(f->hub), f->plan);
	fake_hub_until(f->hub, is_done, f);
}

static void
test_an_edit_says_how_many_would_change(void **state)
{
	struct fixture *f = *state;
	const char *ids[MANY + 1];
	char id[MANY][8];
	const struct plan_order order = { .section = TWIN_DESIRED,
		.device_ids = ids, .n = MANY + 1, .patch = "{\"b\":43}" };
	struct fake_device *d;
	size_t i;

	for (i = 0; i < MANY; i++) {
		snprintf(id[i], sizeof(id[i]), "d%02zu", i);
		ids[i] = id[i];
		d = fake_hub_add(f->hub, id[i]);
		if (i % 3 > 0)
			fake_device_write(
			    d, i % 3 == 1 ? "{\"b\":43}" : "{\"b\":41}");
	}
	ids[MANY] = "gone";
	read_all(f, &order);
	assert_int_equal(40, plan_count(f->plan, PLAN_CHANGES));
	assert_int_equal(20, plan_count(f->plan, PLAN_SAME));
	assert_int_equal(1, plan_count(f->plan, PLAN_UNREAD));
	assert_int_equal(PLAN_UNREAD, plan_device(f->plan, MANY)->state);
	assert_non_null(strstr(plan_device(f->plan, MANY)->why, "gone"));
	assert_int_equal(MANY + 1, f->n_events);
	assert_string_equal("E1=", plan_device(f->plan, 0)->etag);
	for (i = 0; i < 2; i++) {
		assert_int_equal(20, plan_row(f->plan, i)->n);
		assert_string_equal("b", plan_row(f->plan, i)->path);
		assert_string_equal("43", plan_row(f->plan, i)->is);
		if (plan_row(f->plan, i)->change == FORM_ADDED)
			assert_null(plan_row(f->plan, i)->was);
		else
			assert_string_equal("41", plan_row(f->plan, i)->was);
	}
	assert_null(plan_row(f->plan, 2));
}

static void
test_a_twin_that_was_written_since_is_stale(void **state)
{
	static const char *const ids[] = { "a", "b" };
	static const char *const patches[] = { "{\"x\":1}", "{\"x\":2}" };
	static const char *const etags[] = { "E1=", "E1=" };
	const struct plan_order order = { .section = TWIN_TAGS,
		.device_ids = ids, .n = 2, .patches = patches,
		.etags = etags };
	struct fixture *f = *state;

	fake_hub_add(f->hub, "a");
	fake_device_write(fake_hub_add(f->hub, "b"), "{\"y\":1}");
	read_all(f, &order);
	assert_int_equal(PLAN_CHANGES, plan_device(f->plan, 0)->state);
	assert_int_equal(PLAN_STALE, plan_device(f->plan, 1)->state);
	assert_string_equal("1", plan_row(f->plan, 0)->is);
	assert_null(plan_row(f->plan, 1));
}

/* {"k0":"000…", …} with n strings of 4000 bytes. */
static void
put_large(struct strbuf *out, char key, int n)
{
	int i;

	strbuf_putc(out, '{');
	for (i = 0; i < n; i++)
		strbuf_printf(out, "%s\"%c%d\":\"%04000d\"",
		    i > 0 ? "," : "", key, i, i);
	strbuf_putc(out, '}');
}

static void
test_a_device_that_would_be_too_large_is_told(void **state)
{
	static const char *const ids[] = { "a", "b" };
	struct strbuf patch = { 0 }, large = { 0 };
	struct plan_order order = { .section = TWIN_DESIRED,
		.device_ids = ids, .n = 2 };
	struct fixture *f = *state;

	put_large(&large, 'k', 7);
	put_large(&patch, 'l', 2);
	fake_hub_add(f->hub, "a");
	fake_device_write(fake_hub_add(f->hub, "b"), strbuf_str(&large));
	order.patch = strbuf_str(&patch);
	read_all(f, &order);
	assert_int_equal(PLAN_CHANGES, plan_device(f->plan, 0)->state);
	assert_int_equal(PLAN_REFUSED, plan_device(f->plan, 1)->state);
	assert_non_null(strstr(
	    plan_device(f->plan, 1)->why, "32 KB (32768) are the limit"));
	strbuf_fini(&patch);
	strbuf_fini(&large);
}

static void
test_what_cannot_be_reached_is_tried_again(void **state)
{
	static const char *const ids[] = { "a" };
	const struct plan_order order = { .section = TWIN_TAGS,
		.device_ids = ids, .n = 1, .patch = "{\"x\":1}" };
	struct fixture *f = *state;

	fake_hub_add(f->hub, "a");
	fake_hub_break(f->hub, true);
	f->plan = plan_new(&order);
	f->reader = plan_reader_new(fake_hub_deck(f->hub), f->plan);
	fake_hub_run_ms(f->hub, 100);
	assert_false(plan_is_done(f->plan));
	fake_hub_break(f->hub, false);
	fake_hub_until(f->hub, is_done, f);
	assert_int_equal(1, plan_count(f->plan, PLAN_CHANGES));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_an_edit_says_how_many_would_change),
		CASE(test_a_twin_that_was_written_since_is_stale),
		CASE(test_a_device_that_would_be_too_large_is_told),
		CASE(test_what_cannot_be_reached_is_tried_again),
	};

	return cmocka_run_group_tests(
	    tests, fake_hub_setup_ca, fake_hub_teardown_ca);
}
