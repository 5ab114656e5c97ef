#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/iothub/twin.h"
#include "core/iothub/twin_text.h"
#include "tests/support/test.h"

#define ROUNDS 20000
#define STAMP "2026-11-22T06:00:00.0000000Z"
#define LATER "2026-11-22T07:00:00.1234560Z"

static uint32_t
roll(uint32_t n)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % n;
}

static cJSON *
make_leaf(void)
{
	static const char *const texts[] = { "", "a", "{\"x\":1}", "\\", "\"",
		"},]", "\xc3\xa4\n" };

	switch (roll(4)) {
	case 0:
		return cJSON_CreateNumber(roll(2) ? roll(100000) : -0.5);
	case 1:
		return cJSON_CreateBool(roll(2) == 0);
	case 2:
		return cJSON_Parse("[1,[\"]\",{\"a\":{}}],\"\\\"\"]");
	default:
		return cJSON_CreateString(texts[roll(7)]);
	}
}

/* Few keys, so that a patch meets what is there. */
static cJSON *
make_object(int depth, bool may_hold_null)
{
	static const char *const keys[] = { "a", "ab", "b", "A", "\xc3\xa4",
		"net", "", "n\"" };
	cJSON *object = cJSON_CreateObject();
	uint32_t i, n = roll(5);
	const char *key;

	for (i = 0; i < n; i++) {
		key = keys[roll(roll(40) == 0 ? 8 : 7)];
		if (cJSON_HasObjectItem(object, key))
			continue;
		if (may_hold_null && roll(4) == 0)
			cJSON_AddNullToObject(object, key);
		else if (depth < 3 && roll(3) == 0)
			cJSON_AddItemToObject(object, key,
			    make_object(depth + 1, may_hold_null));
		else
			cJSON_AddItemToObject(object, key, make_leaf());
	}
	return object;
}

static bool
has_quote(const char *text)
{
	return strstr(text, "n\\\"\":") != NULL;
}

/* 1: the same was made; 0: it said no. */
static int
compare_section(cJSON *section, const cJSON *patch)
{
	char *was = json_print(section), *now;
	struct strbuf out = { 0 };
	struct err err = { 0 };
	int rc;

	assert_int_equal(0, twin_merge(TWIN_REPORTED, section, patch, &err));
	now = json_print(section);
	rc = twin_text_merge(&out, TWIN_REPORTED, was, strlen(was), patch);
	if (rc)
		assert_string_equal(now, strbuf_str(&out));
	else
		assert_true(has_quote(was));
	strbuf_fini(&out);
	free(was);
	free(now);
	return rc;
}

static int
compare_metadata(cJSON *metadata, const cJSON *patch, int64_t version)
{
	char *was = json_print(metadata), *now;
	struct strbuf out = { 0 };
	int rc;

	twin_metadata_merge(metadata, patch, LATER, version);
	now = json_print(metadata);
	rc = twin_text_metadata_merge(
	    &out, was, strlen(was), patch, LATER, version);
	if (rc)
		assert_string_equal(now, strbuf_str(&out));
	else
		assert_true(has_quote(was));
	strbuf_fini(&out);
	free(was);
	free(now);
	return rc;
}

static void
test_text_becomes_what_the_tree_does(void **state)
{
	cJSON *section, *patch, *metadata;
	int i, n = 0;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		section = make_object(0, false);
		patch = make_object(0, true);
		metadata = twin_metadata_new(STAMP);
		twin_metadata_merge(metadata, section, STAMP, i % 2 ? 1 : -1);
		n += compare_section(section, patch);
		n += compare_metadata(metadata, patch, roll(2) ? 7 : -1);
		cJSON_Delete(section);
		cJSON_Delete(patch);
		cJSON_Delete(metadata);
	}
	assert_true(n > ROUNDS); /* it seldom says no */
}

static void
test_new_metadata_is_that_of_the_tree(void **state)
{
	struct strbuf out = { 0 };
	cJSON *section, *metadata;
	int64_t version;
	char *text;
	int i;

	(void)state;
	for (i = 0; i < ROUNDS / 10; i++) {
		section = make_object(0, i % 3 == 0);
		version = i % 2 ? i : -1;
		metadata = twin_metadata_new(STAMP);
		twin_metadata_merge(metadata, section, STAMP, version);
		text = json_print(metadata);
		strbuf_reset(&out);
		twin_text_metadata_new(&out, section, STAMP, version);
		assert_string_equal(text, out.data);
		free(text);
		cJSON_Delete(section);
		cJSON_Delete(metadata);
	}
	strbuf_fini(&out);
}

/* Each part of a text, and other text than our own. */
static void
test_damaged_text_is_left_to_the_tree(void **state)
{
	static const char whole[] =
	    "{\"a\":{\"b\":[1,\"\\\"x\"],\"c\":true},\"d\":-1.5}";
	static const char *const others[] = { "", "[]", "null", "{} ", "{ }",
		"{\"a\" :1}", "{\"a\":}", "{\"a\":,\"d\":1}", "{,}", "{\"a\"}",
		"{\"a\":1,}", "{\"a\":1}}", "{\"a\":]}", "{a:1}", "{\"d\":}",
		"{\"x\":1]" };
	cJSON *patch = cJSON_Parse("{\"a\":{\"c\":1},\"e\":2,\"d\":null}");
	struct strbuf out = { 0 };
	size_t i;
	char *part;

	(void)state;
	for (i = 0; i < sizeof(whole) - 1; i++) {
		part = strndup(whole, i); /* ASan sees what is read behind */
		assert_false(twin_text_merge(
		    &out, TWIN_REPORTED, part, i, patch));
		assert_false(twin_text_metadata_merge(
		    &out, part, i, patch, STAMP, 3));
		free(part);
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(twin_text_merge(&out, TWIN_REPORTED, others[i],
		    strlen(others[i]), patch));
	strbuf_fini(&out);
	cJSON_Delete(patch);
}

static cJSON *
numbers(int n)
{
	cJSON *patch = cJSON_CreateObject();
	char key[16];

	while (n-- > 0) {
		snprintf(key, sizeof(key), "%d", n);
		cJSON_AddNumberToObject(patch, key, 1);
	}
	return patch;
}

/* What counts most for its length: all that it takes is within the limit. */
static void
test_large_sections_are_left_to_the_tree(void **state)
{
	struct strbuf text = { 0 }, out = { 0 };
	struct err err = { 0 };
	cJSON *patch, *section;
	bool is_taken;

	(void)state;
	strbuf_puts(&text, "{\"a\":[1");
	do {
		strbuf_puts(&text, ",1,1,1,1]}");
		patch = cJSON_Parse(text.data);
		text.len -= 2;
		strbuf_reset(&out);
		is_taken =
		    twin_text_merge(&out, TWIN_REPORTED, "{}", 2, patch);
		section = cJSON_CreateObject();
		if (is_taken)
			assert_int_equal(0,
			    twin_merge(TWIN_REPORTED, section, patch, &err));
		cJSON_Delete(section);
		cJSON_Delete(patch);
	} while (is_taken);
	assert_in_range(text.len, TWIN_PROPERTIES_MAX / 4 - 8,
	    TWIN_PROPERTIES_MAX / 4 + 8);
	strbuf_fini(&text);
	strbuf_fini(&out);
}

static void
test_patches_of_many_keys_are_left_to_the_tree(void **state)
{
	cJSON *most = numbers(TWIN_TEXT_KEYS_MAX);
	cJSON *more = numbers(TWIN_TEXT_KEYS_MAX + 1);
	struct strbuf out = { 0 };

	(void)state;
	assert_true(twin_text_merge(
	    &out, TWIN_REPORTED, "{\"0\":5,\"63\":4}", 14, most));
	assert_non_null(strstr(out.data, "{\"0\":1,\"63\":1,\"62\":1,"));
	assert_null(strstr(out.data + 14, "\"0\":"));
	assert_false(twin_text_merge(&out, TWIN_REPORTED, "{}", 2, more));
	cJSON_Delete(most);
	cJSON_Delete(more);
	strbuf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_becomes_what_the_tree_does),
		cmocka_unit_test(test_new_metadata_is_that_of_the_tree),
		cmocka_unit_test(test_damaged_text_is_left_to_the_tree),
		cmocka_unit_test(test_large_sections_are_left_to_the_tree),
		cmocka_unit_test(
		    test_patches_of_many_keys_are_left_to_the_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
