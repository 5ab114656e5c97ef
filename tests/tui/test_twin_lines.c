/* The lines of the twin pane: what each view makes of a twin. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tests/support/test.h"
#include "tui/twin_diff.h"
#include "tui/twin_json.h"
#include "tui/twin_lines.h"
#include "tui/twin_tree.h"

#define STAMP(s) "{\"$lastUpdated\":\"2026-11-22T02:00:" s "Z\"}"

static const char twin_text[] =
    "{\"deviceId\":\"a\",\"version\":7,\"tags\":{\"site\":\"brno\"},"
    "\"properties\":{\"desired\":{\"door\":{\"open\":false,\"by\":\"me\"},"
    "\"floor\":3,\"$metadata\":{\"$lastUpdated\":\"x\",\"door\":{"
    "\"open\":" STAMP(
	"01") "}},\"$version\":4},"
	      "\"reported\":{\"door\":{\"open\":true},\"floor\":3,"
	      "\"$metadata\":{\"door\":{\"open\":" STAMP(
		  "09") "}},"
			"\"$version\":9}}}";

static cJSON *
parse(const char *text)
{
	cJSON *json = json_parse(text, strlen(text), NULL);

	assert_non_null(json);
	return json;
}

/* "depth path sign name value other beside", a line each. */
static char *
text_of(const struct twin_lines *lines)
{
	const struct twin_line *line;
	struct strbuf out = { 0 };
	size_t i;

	for (i = 0; i < lines->n; i++) {
		line = &lines->line[i];
		strbuf_printf(&out, "%d %s%s%s%s%s", line->depth,
		    line->path != NULL ? line->path : "-",
		    line->branch ? (line->open ? " v" : " >") : "",
		    line->sign != NULL ? " " : "",
		    line->sign != NULL ? line->sign : "",
		    line->value[0] != '\0' ? " " : "");
		strbuf_puts(&out, line->value);
		if (line->other != NULL)
			strbuf_printf(&out, " %s %s", line->link, line->other);
		if (line->beside != NULL)
			strbuf_printf(&out, " | %s", line->beside);
		if (line->path == NULL && line->name != NULL)
			strbuf_printf(&out, " %s", line->name);
		strbuf_putc(&out, '\n');
	}
	return strbuf_take(&out);
}

static void
assert_lines(const char *expected, struct twin_lines *lines)
{
	char *text = text_of(lines);

	assert_string_equal(expected, text);
	free(text);
	twin_lines_free(lines);
}

static void
test_a_tree_shows_desired_beside_reported(void **state)
{
	struct twin_lines lines = { 0 };
	cJSON *twin = parse(twin_text);

	(void)state;
	twin_tree_build(&lines, twin, NULL);
	assert_int_equal(
	    0, lines.line[twin_lines_find(&lines, "tags")].updated_us);
	assert_true(
	    lines.line[twin_lines_find(&lines, "properties.desired.door.open")]
		.updated_us > 0);
	assert_lines("0 tags v\n"
		     "1 tags.site \"brno\"\n"
		     "0 properties.desired v | $v 4\n"
		     "1 properties.desired.door v\n"
		     "2 properties.desired.door.open false | ≠ reported true\n"
		     "2 properties.desired.door.by \"me\" | ≠ not reported\n"
		     "1 properties.desired.floor 3 | = reported\n"
		     "1 properties.desired.$metadata > {2}\n"
		     "0 properties.reported v | $v 9\n"
		     "1 properties.reported.door v\n"
		     "2 properties.reported.door.open true\n"
		     "1 properties.reported.floor 3\n"
		     "1 properties.reported.$metadata > {1}\n",
	    &lines);
	cJSON_Delete(twin);
}

static void
test_a_level_folds_what_is_deeper_and_forgets_exceptions(void **state)
{
	struct twin_folds *folds = twin_folds_new();
	struct twin_lines lines = { 0 };
	cJSON *twin = parse(twin_text);

	(void)state;
	assert_int_equal(2, twin_tree_depth(twin));
	twin_folds_set_level(folds, 0);
	twin_tree_build(&lines, twin, folds);
	assert_lines("0 tags > {1}\n"
		     "0 properties.desired > {2} | $v 4\n"
		     "0 properties.reported > {2} | $v 9\n",
	    &lines);
	twin_folds_toggle(folds, "properties.reported");
	twin_tree_build(&lines, twin, folds);
	assert_lines("0 tags > {1}\n"
		     "0 properties.desired > {2} | $v 4\n"
		     "0 properties.reported v | $v 9\n"
		     "1 properties.reported.door > {1}\n"
		     "1 properties.reported.floor 3\n"
		     "1 properties.reported.$metadata > {1}\n",
	    &lines);
	twin_folds_set_level(folds, 1);
	twin_tree_build(&lines, twin, folds);
	assert_int_equal(10, lines.n);
	assert_true(twin_lines_find(&lines, "properties.desired.door") > 0);
	assert_true(
	    twin_lines_find(&lines, "properties.desired.door.open") < 0);
	twin_lines_free(&lines);
	twin_folds_free(folds);
	cJSON_Delete(twin);
}

/* A chain of so many objects, {"o":{"o":…1…}}. */
static char *
chain(int depth)
{
	struct strbuf text = { 0 };
	int i;

	strbuf_puts(&text, "{\"tags\":");
	for (i = 0; i < depth; i++)
		strbuf_puts(&text, "{\"o\":");
	strbuf_putc(&text, '1');
	for (i = 0; i < depth + 1; i++)
		strbuf_putc(&text, '}');
	return strbuf_take(&text);
}

static void
test_ten_deep_objects_are_a_tree_and_deeper_ones_a_line(void **state)
{
	struct twin_lines lines = { 0 };
	char *text = chain(10);
	cJSON *twin = parse(text);

	(void)state;
	twin_tree_build(&lines, twin, NULL);
	assert_int_equal(10, lines.line[10].depth);
	assert_string_equal("1", lines.line[10].value);
	twin_lines_free(&lines);
	cJSON_Delete(twin);
	free(text);
	text = chain(40);
	twin = parse(text);
	twin_tree_build(&lines, twin, NULL);
	assert_int_equal(12, lines.line[12].depth);
	assert_false(lines.line[12].branch);
	twin_lines_free(&lines);
	cJSON_Delete(twin);
	free(text);
}

static void
test_json_is_shown_byte_for_byte(void **state)
{
	static const char text[] =
	    " {\"a\" :1.50,\"b\":[1,\n{\"c\":\"\\u00e9 \\\" ]\"},[]],"
	    "\"$v\":{\"d\":null}, \"\":{ } , \"e.f\":-0e1}";
	struct twin_lines lines = { 0 };

	(void)state;
	twin_json_build(&lines, text, strlen(text));
	assert_int_equal(STYLE_TEXT, lines.line[1].style);
	assert_int_equal(STYLE_DIM, lines.line[10].style);
	assert_lines("0  v {\n"
		     "1 a \"a\": 1.50,\n"
		     "1 b v \"b\": [\n"
		     "2 b[0] 1,\n"
		     "2 b[1] v {\n"
		     "3 b[1].c \"c\": \"\\u00e9 \\\" ]\"\n"
		     "2 - },\n"
		     "2 b[2] []\n"
		     "1 - ],\n"
		     "1 $v v \"$v\": {\n"
		     "2 $v.d \"d\": null\n"
		     "1 - },\n"
		     "1 \"\" \"\": {},\n"
		     "1 \"e.f\" \"e.f\": -0e1\n"
		     "0 - }\n",
	    &lines);
}

static void
test_what_is_no_json_ends_somewhere(void **state)
{
	static const char *const texts[] = { "", "{", "[", "{\"a\"",
		"{\"a\":", "{\"a\":1,", "]", "{]", "[}", "{\"a\":\"", "\"\\",
		"{,}", "{\"a\":}", "[[[", "}{", ":", ",,", "{\"\\ud800\":1}" };
	struct twin_lines lines = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(texts); i++) {
		twin_json_build(&lines, texts[i], strlen(texts[i]));
		assert_true(lines.n <= 8);
		twin_lines_free(&lines);
	}
}

static void
test_too_many_lines_are_cut_and_it_is_known(void **state)
{
	struct twin_lines lines = { 0 };
	struct strbuf text = { 0 };
	cJSON *twin;
	size_t i;

	(void)state;
	strbuf_puts(&text, "{\"tags\":{\"k0\":0");
	for (i = 1; i < TWIN_LINES_MAX + 9; i++)
		strbuf_printf(&text, ",\"k%zu\":0", i);
	strbuf_puts(&text, "}}");
	twin_json_build(&lines, text.data, text.len);
	assert_int_equal(TWIN_LINES_MAX, lines.n);
	assert_true(lines.cut);
	twin_lines_free(&lines);
	twin = cJSON_Parse(text.data); /* json_parse() looks for twins */
	twin_tree_build(&lines, twin, NULL);
	assert_int_equal(TWIN_LINES_MAX, lines.n);
	assert_true(lines.cut);
	twin_lines_free(&lines);
	cJSON_Delete(twin);
	strbuf_fini(&text);
}

static void
test_the_difference_says_how_each_leaf_stands(void **state)
{
	struct twin_lines lines = { 0 };
	size_t counts[TWIN_SYNCS] = { 0 };
	cJSON *twin = parse(twin_text);

	(void)state;
	twin_diff_build(&lines, twin, counts);
	assert_int_equal(1, counts[TWIN_IN_SYNC]);
	assert_int_equal(1, counts[TWIN_PENDING]);
	assert_int_equal(1, counts[TWIN_DIVERGED]);
	assert_lines("0 properties.desired.door.open ≠ false ≠ true"
		     " | diverged\n"
		     "0 properties.desired.door.by ~ \"me\" ≠ not reported"
		     " | pending\n"
		     "0 properties.desired.floor = 3 | in sync\n",
	    &lines);
	cJSON_Delete(twin);
	twin =
	    parse("{\"properties\":{\"reported\":{\"a\":1,\"b\":{\"c\":2}}}}");
	twin_diff_build(&lines, twin, NULL);
	assert_lines("0 - nothing is desired of this device\n"
		     "0 - 2 more are reported, not desired\n",
	    &lines);
	cJSON_Delete(twin);
}

static void
test_a_step_is_what_came_went_and_changed(void **state)
{
	struct twin_lines lines = { 0 };
	cJSON *was = parse(twin_text), *is;

	(void)state;
	is = parse("{\"tags\":{\"site\":\"brno\"},\"properties\":{\"desired\":{"
		   "\"door\":{\"open\":false},\"floor\":4,\"$version\":5},"
		   "\"reported\":{\"door\":{\"open\":true},\"floor\":3,"
		   "\"new\":[1],\"$version\":9}}}");
	twin_step_build(&lines, was, is);
	assert_lines("0 properties.desired v | $v 4 → 5\n"
		     "1 properties.desired.door.by - \"me\"\n"
		     "1 properties.desired.floor ~ 3 → 4\n"
		     "0 properties.reported v | $v 9\n"
		     "1 properties.reported.new + [1]\n",
	    &lines);
	twin_step_build(&lines, was, was);
	assert_lines(
	    "0 - the same values again: only $metadata moved\n", &lines);
	twin_step_build(&lines, NULL, is);
	assert_lines("0 - the oldest version seen: v shows it whole\n", &lines);
	cJSON_Delete(was);
	cJSON_Delete(is);
}

static void
build_tree(struct twin_lines *lines, const char *text)
{
	cJSON *twin = parse(text);

	twin_tree_build(lines, twin, NULL);
	cJSON_Delete(twin);
}

static bool
is_marked(const struct twin_lines *lines, const char *path)
{
	ssize_t at = twin_lines_find(lines, path);

	assert_true(at >= 0);
	return lines->line[at].changed_ms == 5000;
}

static void
test_what_changed_or_came_is_marked_and_no_more(void **state)
{
	struct twin_lines old = { 0 }, lines = { 0 };

	(void)state;
	build_tree(&old, "{\"tags\":{\"a\":1,\"b\":2,\"d\":{\"e\":1}}}");
	build_tree(&lines,
	    "{\"tags\":{\"a\":1,\"b\":3,\"c\":4,\"d\":{\"e\":1},"
	    "\"f\":{\"g\":1}}}");
	twin_lines_note_changes(&old, &lines, 5000);
	assert_false(is_marked(&lines, "tags.a"));
	assert_true(is_marked(&lines, "tags.b"));
	assert_true(is_marked(&lines, "tags.c"));
	assert_false(is_marked(&lines, "tags.d.e"));
	/* It was not to be seen whether that was there: its branch is new. */
	assert_false(is_marked(&lines, "tags.f.g"));
	twin_lines_free(&old);
	old = lines;
	lines = (struct twin_lines){ 0 };
	build_tree(&lines, "{\"tags\":{\"a\":1,\"b\":3}}");
	twin_lines_note_changes(&old, &lines, 9000);
	assert_true(is_marked(&lines, "tags.b")); /* since then */
	assert_false(is_marked(&lines, "tags.a"));
	twin_lines_free(&old);
	twin_lines_free(&lines);
}

static void
test_a_folded_branch_is_marked_when_something_below_it_changed(void **state)
{
	struct twin_folds *folds = twin_folds_new();
	struct twin_lines old = { 0 }, lines = { 0 };
	cJSON *was = parse("{\"properties\":{\"reported\":{\"d\":{\"e\":1},"
			   "\"f\":{\"g\":1},\"$metadata\":{\"d\":" STAMP(
			       "01") ",\"f\":" STAMP("01") "}}}}");
	cJSON *is = parse("{\"properties\":{\"reported\":{\"d\":{\"e\":2},"
			  "\"f\":{\"g\":1},\"$metadata\":{\"d\":" STAMP(
			      "09") ",\"f\":" STAMP("01") "}}}}");

	(void)state;
	twin_folds_set_level(folds, 1);
	twin_tree_build(&old, was, folds);
	twin_tree_build(&lines, is, folds);
	twin_lines_note_changes(&old, &lines, 5000);
	assert_true(is_marked(&lines, "properties.reported.d"));
	assert_false(is_marked(&lines, "properties.reported.f"));
	assert_false(is_marked(&lines, "properties.reported.$metadata"));
	assert_false(is_marked(&lines, "properties.reported"));
	/* To fold it is no change. */
	twin_lines_free(&old);
	twin_lines_free(&lines);
	twin_tree_build(&old, was, NULL);
	twin_tree_build(&lines, is, folds);
	twin_lines_note_changes(&old, &lines, 5000);
	assert_false(is_marked(&lines, "properties.reported.d"));
	twin_lines_free(&old);
	twin_lines_free(&lines);
	twin_folds_free(folds);
	cJSON_Delete(was);
	cJSON_Delete(is);
}

static void
test_siblings_and_parents_are_found(void **state)
{
	struct twin_lines lines = { 0 };
	size_t tags, desired, door, open, by;

	(void)state;
	build_tree(&lines, twin_text);
	tags = (size_t)twin_lines_find(&lines, "tags");
	desired = (size_t)twin_lines_find(&lines, "properties.desired");
	door = (size_t)twin_lines_find(&lines, "properties.desired.door");
	open = door + 1;
	by = door + 2;
	assert_int_equal(desired, twin_lines_sibling(&lines, tags, 1));
	assert_int_equal(tags, twin_lines_sibling(&lines, desired, -1));
	assert_int_equal(tags, twin_lines_sibling(&lines, tags, -1));
	assert_int_equal(by, twin_lines_sibling(&lines, open, 1));
	assert_int_equal(by, twin_lines_sibling(&lines, by, 1));
	assert_int_equal(door + 3, twin_lines_sibling(&lines, door, 1));
	assert_int_equal(door, twin_lines_parent(&lines, by));
	assert_int_equal(desired, twin_lines_parent(&lines, door));
	assert_int_equal(tags, twin_lines_parent(&lines, tags));
	twin_lines_free(&lines);
}

static void
test_a_search_goes_on_wraps_and_counts(void **state)
{
	static const struct {
		const char *words;
		size_t from;
		int step;
		struct twin_match match;
	} cases[] = {
		{ "OPEN", 0, 0, { 4, 1, 2, false } },
		{ "open", 4, 0, { 4, 1, 2, false } },
		{ "open", 4, 1, { 10, 2, 2, false } },
		{ "open", 10, 1, { 4, 1, 2, true } },
		{ "open", 10, -1, { 4, 1, 2, false } },
		{ "open", 4, -1, { 10, 2, 2, true } },
		{ " open  true ", 0, 1, { 10, 1, 1, false } },
		{ "brno", 1, 1, { 1, 1, 1, true } },
		{ "nowhere", 0, 1, { 0, 0, 0, false } },
		{ "", 0, 1, { 0, 0, 0, false } },
		{ "  ", 3, -1, { 0, 0, 0, false } },
	};
	struct twin_lines lines = { 0 };
	struct twin_match match;
	size_t i;

	(void)state;
	build_tree(&lines, twin_text);
	for (i = 0; i < N_ROWS(cases); i++) {
		match = twin_lines_search(
		    &lines, cases[i].words, cases[i].from, cases[i].step);
		assert_int_equal(cases[i].match.at, match.at);
		assert_int_equal(cases[i].match.rank, match.rank);
		assert_int_equal(cases[i].match.total, match.total);
		assert_int_equal(cases[i].match.wrapped, match.wrapped);
	}
	twin_lines_free(&lines);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_tree_shows_desired_beside_reported),
		cmocka_unit_test(
		    test_a_level_folds_what_is_deeper_and_forgets_exceptions),
		cmocka_unit_test(
		    test_ten_deep_objects_are_a_tree_and_deeper_ones_a_line),
		cmocka_unit_test(test_json_is_shown_byte_for_byte),
		cmocka_unit_test(test_what_is_no_json_ends_somewhere),
		cmocka_unit_test(test_too_many_lines_are_cut_and_it_is_known),
		cmocka_unit_test(test_the_difference_says_how_each_leaf_stands),
		cmocka_unit_test(test_a_step_is_what_came_went_and_changed),
		cmocka_unit_test(
		    test_what_changed_or_came_is_marked_and_no_more),
		cmocka_unit_test(
		    test_a_folded_branch_is_marked_when_something_below_it_changed),
		cmocka_unit_test(test_siblings_and_parents_are_found),
		cmocka_unit_test(test_a_search_goes_on_wraps_and_counts),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
