#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/events.h"
#include "core/base/list.h"
#include "core/base/str.h"
#include "tests/support/test.h"

/* What each subscriber does when it hears, written down in order. */
struct ear {
	char name;
	struct events *events;
	struct strbuf *heard;
	struct events_subscription *sub;
	struct ear *drops;  /* unsubscribed when this one hears; may be itself */
	struct ear *brings; /* subscribed when this one hears, once */
	int fires;          /* further deliveries started from inside */
};

static void
on_news(int kind, const void *news, void *arg)
{
	struct ear *ear = arg;

	assert_string_equal("news", news);
	strbuf_printf(ear->heard, "%c%d ", ear->name, kind);
	if (ear->drops != NULL) {
		events_unsubscribe(ear->drops->sub);
		ear->drops->sub = NULL;
		ear->drops = NULL;
	}
	if (ear->brings != NULL) {
		ear->brings->sub =
		    events_subscribe(ear->events, on_news, ear->brings);
		ear->brings = NULL;
	}
	if (ear->fires > 0) {
		ear->fires--;
		events_fire(ear->events, kind + 1, "news");
	}
}

static void
setup(struct ear *ears, size_t n, size_t subscribed, struct strbuf *heard)
{
	struct events *events = events_new();
	size_t i;

	for (i = 0; i < n; i++) {
		ears[i] = (struct ear){ .name = (char)('a' + i),
			.events = events, .heard = heard };
		if (i < subscribed)
			ears[i].sub =
			    events_subscribe(events, on_news, &ears[i]);
	}
}

static void
hears(struct ear *ears, struct strbuf *heard, const char *expected)
{
	events_fire(ears[0].events, 1, "news");
	assert_string_equal(expected, strbuf_str(heard));
	strbuf_reset(heard);
}

static void
test_whoever_is_unsubscribed_hears_no_more(void **state)
{
	struct strbuf heard = { 0 };
	struct ear e[4];

	(void)state;
	setup(e, 4, 4, &heard);
	hears(e, &heard, "a1 b1 c1 d1 ");
	e[1].drops = &e[1]; /* itself */
	e[2].drops = &e[3]; /* one that has not heard yet */
	hears(e, &heard, "a1 b1 c1 ");
	e[2].drops = &e[0]; /* one that has */
	hears(e, &heard, "a1 c1 ");
	hears(e, &heard, "c1 ");
	events_unsubscribe(e[2].sub);
	events_unsubscribe(NULL);
	hears(e, &heard, "");
	events_free(e[0].events);
	strbuf_fini(&heard);
}

static void
test_a_subscriber_may_come_and_fire_during_a_delivery(void **state)
{
	struct strbuf heard = { 0 };
	struct ear e[3];

	(void)state;
	setup(e, 3, 2, &heard);
	e[0].brings = &e[2];
	e[1].fires = 1;
	e[1].drops = &e[0]; /* while two deliveries hold it */
	hears(e, &heard, "a1 b1 b2 c2 c1 ");
	hears(e, &heard, "b1 c1 ");
	events_free(e[0].events);
	strbuf_fini(&heard);
}

struct item {
	int n;
	struct list link;
};

static void
test_a_list_may_lose_items_while_walked(void **state)
{
	struct list head;
	struct item *pos, *tmp;
	int i, sum = 0;

	(void)state;
	list_init(&head);
	assert_true(list_is_empty(&head));
	assert_null(LIST_FIRST(&head, struct item, link));
	for (i = 1; i <= 10; i++) {
		pos = calloc(1, sizeof(*pos));
		assert_non_null(pos);
		pos->n = i;
		list_append(&head, &pos->link);
	}
	LIST_FOREACH_SAFE(pos, tmp, &head, struct item, link)
	{
		if (pos->n % 2 == 0)
			continue;
		list_remove(&pos->link);
		list_remove(&pos->link); /* harmless */
		free(pos);
	}
	LIST_FOREACH(pos, &head, struct item, link)
		sum = sum * 100 + pos->n;
	assert_int_equal(204060810, sum);
	while ((pos = LIST_FIRST(&head, struct item, link)) != NULL) {
		list_remove(&pos->link);
		free(pos);
	}
	assert_true(list_is_empty(&head));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whoever_is_unsubscribed_hears_no_more),
		cmocka_unit_test(
		    test_a_subscriber_may_come_and_fire_during_a_delivery),
		cmocka_unit_test(test_a_list_may_lose_items_while_walked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
