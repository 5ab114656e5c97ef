#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/xalloc.h"
#include "core/deck/filter.h"
#include "core/deck/fleet.h"
#include "tests/support/test.h"

static struct fleet *fleet;
static struct events *events;

static const char *const twins[] = {
	"{\"deviceId\":\"door-001\",\"version\":1,"
	"\"connectionState\":\"Connected\",\"tags\":{\"site\":\"brno\","
	"\"floor\":3,\"at\":{\"room\":\"big hall\"}},\"properties\":{"
	"\"reported\":{\"firmwareStatus\":\"applying\"}}}",
	"{\"deviceId\":\"door-002\",\"version\":1,\"tags\":{"
	"\"site\":\"brno north\",\"floor\":30,\"note\":\"a=b\"},"
	"\"properties\":{\"reported\":{\"door\":{\"state\":\"locked\"}}}}",
	"{\"deviceId\":\"gate:7\",\"version\":1,\"tags\":{"
	"\"site\":\"Praha\",\"floor\":-1},\"properties\":{\"desired\":{"
	"\"a\":1},\"reported\":{\"door\":{\"state\":\"unlocked\"},"
	"\"firmwareVersion\":\"1.4.2\",\"firmwareStatus\":\"standBy\"}}}",
	("{\"deviceId\":\"lift\",\"version\":1,\"properties\":{"
	 "\"reported\":{\"firmwareStatus\":\"failed\"}}}"),
};

static const char *const ids[] = { "door-001", "door-002", "gate:7", "lift" };

static void
take_all(int version)
{
	cJSON *twin;
	size_t i;

	for (i = 0; i < N_ROWS(twins); i++) {
		twin = cJSON_Parse(twins[i]);
		assert_non_null(twin);
		cJSON_SetNumberValue(
		    cJSON_GetObjectItem(twin, "version"), version);
		fleet_take_twin(fleet, twin);
		cJSON_Delete(twin);
	}
}

static int
setup(void **state)
{
	(void)state;
	events = events_new();
	fleet = fleet_new(events);
	take_all(1);
	fleet_mark(fleet, "lift", true);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fleet_free(fleet);
	events_free(events);
	return 0;
}

static const char *
named(const char *name, void *arg)
{
	(void)arg;
	if (strcmp(name, "brno") == 0)
		return "tag.site:brno*  door";
	if (strcmp(name, "low") == 0)
		return "@brno tag.floor:3";
	if (strcmp(name, "bad") == 0)
		return "door link:up";
	if (strcmp(name, "loop") == 0)
		return "@loop";
	return NULL;
}

/* "1 2 4": which of the rows match. */
static void
check(const char *text, const char *expected)
{
	struct err err = { 0 };
	struct filter *filter = filter_parse(text, named, NULL, &err);
	char shown[16] = "";
	size_t i;

	if (filter == NULL)
		fail_msg("%s: %s", text, err.text);
	assert_string_equal(text, filter_text(filter));
	for (i = 0; i < N_ROWS(ids); i++)
		if (filter_matches(filter, fleet, fleet_get(fleet, ids[i])))
			snprintf(shown + strlen(shown), 4, "%s%zu",
			    shown[0] != '\0' ? " " : "", i + 1);
	if (strcmp(expected, shown) != 0)
		fail_msg("%s: %s instead of %s", text, shown, expected);
	filter_free(filter);
}

static void
test_words_and_fields_find_what_they_say(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{ "", "1 2 3 4" },
		{ "  ", "1 2 3 4" },
		{ "DOOR", "1 2" },
		{ "!door", "3 4" },
		{ "door !001", "2" },
		{ "brno", "1 2" },
		{ "applying", "1" },
		{ "standby", "3" },
		{ "1.4", "3" },
		{ "locked", "2" },
		{ "floor=3", "1 2" },
		{ "\"brno north\"", "2" },
		{ "\"brno nor", "2" },
		{ "\"link:off\"", "" },
		{ "!\"big hall\"", "2 3 4" },
		{ "link:on", "1" },
		{ "link:off", "2 3 4" },
		{ "LINK:Off door", "2" },
		{ "fw:apply", "1" },
		{ "fw:1.4", "3" },
		{ "fw:none", "2" },
		{ "fw:", "1 2 3 4" },
		{ "door:locked", "2" },
		{ "door:u", "3" },
		{ "door:none", "1 4" },
		{ "!door:none", "2 3" },
		{ "marked", "4" },
		{ "!marked", "1 2 3" },
		{ "drift", "3" },
		{ "alarm", "4" },
		{ "~dr1", "1" },
		{ "~d2", "2" },
		{ "!~oo", "3 4" },
		{ "gate:7", "3" },
		{ "id:g*7", "3" },
		{ "id:door", "1 2" },
		{ "id:\"door\"", "" },
		{ "version:1.4", "3" },
		{ "tag.site", "1 2 3" },
		{ "tag.site:", "1 2 3" },
		{ "tag.site:brno", "1 2" },
		{ "tag.site:\"brno\"", "1" },
		{ "tag.site:\"brno north\"", "2" },
		{ "tag.site:pra", "3" },
		{ "TAG.SITE:BR*th", "2" },
		{ "tag.site:*n*", "1 2" },
		{ "tag.floor:3", "1" },
		{ "tag.floor:3*", "1 2" },
		{ "tag.floor:-1", "3" },
		{ "!tag.floor:3", "2 3 4" },
		{ "tag.at.room:big", "1" },
		{ "tag.room:big", "" },
		{ "@brno", "1 2" },
		{ "@low", "1" },
		{ "@brno link:off", "2" },
		{ "\"@brno\"", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++)
		check(cases[i].text, cases[i].shown);
}

static void
test_a_path_that_the_fleet_keeps_is_a_field(void **state)
{
	static const char *const paths[] = { "tags.floor",
		"reported.door.state", "desired.a" };
	struct filter *filter;
	struct err err;

	(void)state;
	filter = filter_parse("reported.door.state:locked", NULL, NULL, &err);
	assert_non_null(filter);
	assert_int_equal(-1, filter_check_paths(filter, fleet, &err));
	assert_string_equal("reported.door.state is in no column; :columns "
			    "+reported.door.state shows it",
	    err.text);
	fleet_set_paths(fleet, paths, N_ROWS(paths));
	assert_int_equal(0, filter_check_paths(filter, fleet, &err));
	filter_free(filter);
	take_all(2);
	check("reported.door.state:locked", "2");
	check("reported.door.state:*locked", "2 3");
	check("reported.door.state", "2 3");
	check("desired.a:1", "3");
	check("!desired.a:1", "1 2 4");
	check("tags.floor:3", "1");
	check("reported.nosuch:1", "");
	fleet_set_paths(fleet, NULL, 0);
}

static void
test_a_fault_names_its_word_and_what_was_expected(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "door link:up", "word 2, link:up: link is one of on|off" },
		{ "!door:open",
		    "word 1, !door:open: door is one of locked|unlocked|none" },
		{ "a b !", "word 3, !: nothing stands behind the !" },
		{ "~", "word 1, ~: nothing stands behind the ~" },
		{ "\"\"", "word 1, \"\": nothing stands between the quotes" },
		{ "tag.:x",
		    "word 1, tag.:x: what it is called is missing, as in "
		    "tag.site:brno" },
		{ "marked:yes", "word 1, marked:yes: marked takes no value" },
		{ "@north",
		    "word 1, @north: no filter was saved by that name" },
		{ "@bad", "@bad: word 2, link:up: link is one of on|off" },
		{ "!@brno",
		    "word 1, !@brno: a ! goes with one word, not with "
		    "a filter of several" },
	};
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++) {
		assert_null(filter_parse(cases[i].text, named, NULL, &err));
		assert_int_equal(ERR_INVALID, err.code);
		assert_string_equal(cases[i].words, err.text);
	}
	assert_null(filter_parse("@loop", named, NULL, &err));
	assert_non_null(strstr(err.text, "too deep"));
	assert_null(filter_parse("@brno", NULL, NULL, &err));
}

static void
test_what_is_too_long_is_refused_before_it_is_read(void **state)
{
	char text[FILTER_TEXT_MAX + 2];
	struct err err;
	size_t i;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_null(filter_parse(text, NULL, NULL, &err));
	assert_int_equal(ERR_LIMIT, err.code);
	for (i = 1; i < 2 * (FILTER_WORDS_MAX + 1); i += 2)
		text[i] = ' ';
	text[2 * (FILTER_WORDS_MAX + 1)] = '\0';
	assert_null(filter_parse(text, NULL, NULL, &err));
	assert_int_equal(ERR_LIMIT, err.code);
	text[2 * FILTER_WORDS_MAX] = '\0';
	check(text, "");
}

static void
test_a_filter_narrows_another_only_if_it_shows_no_more(void **state)
{
	static const struct {
		const char *to, *from;
		bool narrows;
	} cases[] = {
		{ "a", "", true },
		{ "", "a", false },
		{ "door-0", "door-", true },
		{ "door", "oor", true },
		{ "oor", "door", false },
		{ "ab cd", "cd", true },
		{ "ab cd", "cd x", false },
		{ "lock", "ock", false },
		{ "!a", "!ab", true },
		{ "!ab", "!a", false },
		{ "!a", "a", false },
		{ "~abc", "~ab", true },
		{ "~bab", "~ab", false },
		{ "link:on", "link:off", false },
		{ "link:on", "", true },
		{ "door:l", "door:", true },
		{ "door:un", "door:l", false },
		{ "tag.site:br", "tag.site:b", true },
		{ "tag.floor:30", "tag.floor:3", false },
		{ "tag.a:x", "tag.b:x", false },
		{ "id:d*", "id:d", false },
		{ "marked x", "marked", true },
	};
	struct filter *a, *b;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++) {
		a = filter_parse(cases[i].to, NULL, NULL, NULL);
		b = filter_parse(cases[i].from, NULL, NULL, NULL);
		assert_non_null(a);
		assert_non_null(b);
		if (filter_narrows(a, b) != cases[i].narrows)
			fail_msg("%s from %s", cases[i].to, cases[i].from);
		filter_free(a);
		filter_free(b);
	}
}

static void
test_a_word_that_may_become_a_field_is_half_typed(void **state)
{
	static const struct {
		const char *text;
		bool is;
		size_t head;
	} cases[] = { { "li", true, 0 }, { "door-1 !ta", true, 7 },
		{ "TAG.", true, 0 }, { "link:", false, 0 }, { "x", false, 0 },
		{ "link ", false, 5 }, { "", false, 0 } };
	size_t i, head;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++) {
		assert_int_equal(
		    cases[i].is, filter_is_half_typed(cases[i].text, &head));
		assert_int_equal(cases[i].head, head);
	}
}

static void
test_a_filter_is_saved_under_a_plain_name(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(0, filter_name_check("brno-2_x", &err));
	assert_int_equal(-1, filter_name_check("", &err));
	assert_int_equal(-1, filter_name_check("a b", &err));
	assert_int_equal(-1, filter_name_check("a=b", &err));
	assert_int_equal(-1, filter_name_check("a\nb", &err));
	assert_int_equal(
	    -1, filter_name_check("a12345678901234567890123456789012", &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_and_fields_find_what_they_say),
		cmocka_unit_test(test_a_path_that_the_fleet_keeps_is_a_field),
		cmocka_unit_test(
		    test_a_fault_names_its_word_and_what_was_expected),
		cmocka_unit_test(
		    test_what_is_too_long_is_refused_before_it_is_read),
		cmocka_unit_test(
		    test_a_filter_narrows_another_only_if_it_shows_no_more),
		cmocka_unit_test(
		    test_a_word_that_may_become_a_field_is_half_typed),
		cmocka_unit_test(test_a_filter_is_saved_under_a_plain_name),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
