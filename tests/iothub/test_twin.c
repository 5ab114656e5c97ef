#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/iothub/twin.h"
#include "tests/support/test.h"

/* A section, a patch, and the section then; or NULL and the words. */
static const struct {
	const char *was, *patch, *now, *words;
} merges[] = {
	{ "{}", "{\"building\":43}", "{\"building\":43}", NULL },
	{ "{\"a\":1,\"b\":2}", "{\"a\":null}", "{\"b\":2}", NULL },
	{ "{\"a\":1}", "{\"nothing\":null}", "{\"a\":1}", NULL },
	{ "{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"b\":null}}",
	    "{\"a\":{\"c\":2}}", NULL },
	{ "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":null}}", "{\"a\":{}}", NULL },
	{ "{\"a\":1}", "{\"a\":{}}", "{\"a\":{}}", NULL },
	{ "{\"a\":{\"b\":1}}", "{\"a\":{}}", "{\"a\":{\"b\":1}}", NULL },
	{ "{\"a\":{\"b\":1}}", "{\"a\":5}", "{\"a\":5}", NULL },
	{ "{}", "{\"a\":{\"b\":null,\"c\":1}}", "{\"a\":{\"c\":1}}", NULL },
	{ "{\"a\":[1,2]}", "{\"a\":[{\"x\":1}]}", "{\"a\":[{\"x\":1}]}", NULL },
	{ "{\"a\":1}", "{}", "{\"a\":1}", NULL },
	{ "{\"a\":1}", "{\"A\":2}", "{\"a\":1,\"A\":2}", NULL },
	{ "{}", "{\"n\":4503599627370495,\"m\":-4503599627370496}",
	    "{\"n\":4503599627370495,\"m\":-4503599627370496}", NULL },
	{ "{}", "{\"n\":0.1,\"m\":1e300}", "{\"n\":0.1,\"m\":1e+300}", NULL },
	{ "{}", "[1]", NULL, "properties.desired: must be a JSON object" },
	{ "{}", "null", NULL, "properties.desired: must be a JSON object" },
	{ "{}", "{\"a\":[1,null]}", NULL,
	    "properties.desired.a: an array may hold no null" },
	{ "{}", "{\"a\":[{\"x\":null}]}", NULL,
	    "properties.desired.a: an array may hold no null" },
	{ "{}", "{\"a b\":1}", NULL,
	    "properties.desired.a b: a key may hold no '.', '$', '#', space or "
	    "control character" },
	{ "{}", "{\"x\":{\"$y\":1}}", NULL,
	    "properties.desired.x.$y: a key may hold no '.', '$', '#', space "
	    "or control character" },
	{ "{}", "{\"x\":{\"a.b\":1}}", NULL,
	    "properties.desired.x.a.b: a key may hold no '.', '$', '#', space "
	    "or control character" },
	{ "{}", "{\"a\":4503599627370496}", NULL,
	    "properties.desired.a: an integer must be within -4503599627370496 "
	    "and 4503599627370495" },
	{ "{}", "{\"a\":-4503599627370497}", NULL,
	    "properties.desired.a: an integer must be within -4503599627370496 "
	    "and 4503599627370495" },
	{ "{}", "{\"a\":1e999}", NULL,
	    "properties.desired.a: the number is too large for a double" },
	{ "{}",
	    "{\"1\":{\"2\":{\"3\":{\"4\":{\"5\":{\"6\":{\"7\":{\"8\":{\"9\":"
	    "{\"a\":{}}}}}}}}}}}",
	    "{\"1\":{\"2\":{\"3\":{\"4\":{\"5\":{\"6\":{\"7\":{\"8\":{\"9\":"
	    "{\"a\":{}}}}}}}}}}}",
	    NULL },
	{ "{}",
	    "{\"1\":{\"2\":{\"3\":{\"4\":{\"5\":{\"6\":{\"7\":{\"8\":{\"9\":"
	    "{\"a\":{\"b\":{}}}}}}}}}}}}",
	    NULL,
	    "properties.desired.1.2.3.4.5.6.7.8.9.a.b: nested more than 10 "
	    "levels deep" },
};

static void
test_a_patch_merges_or_is_refused(void **state)
{
	cJSON *section, *patch;
	struct err err;
	char *text;
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < N_ROWS(merges); i++) {
		section = cJSON_Parse(merges[i].was);
		patch = cJSON_Parse(merges[i].patch);
		assert_non_null(patch);
		err_clear(&err);
		rc = twin_merge(TWIN_DESIRED, section, patch, &err);
		assert_string_equal(
		    merges[i].words != NULL ? merges[i].words : "", err.text);
		assert_int_equal(merges[i].words != NULL ? -1 : 0, rc);
		text = json_print(section);
		/* What was refused has left nothing behind. */
		assert_string_equal(
		    rc == 0 ? merges[i].now : merges[i].was, text);
		cJSON_free(text);
		cJSON_Delete(section);
		cJSON_Delete(patch);
	}
}

/* {"k":"xxx…"} with a value of n bytes. */
static cJSON *
object_of(const char *key, size_t n)
{
	cJSON *json = cJSON_CreateObject();
	struct strbuf sb = { 0 };

	while (sb.len < n)
		strbuf_putc(&sb, 'x');
	cJSON_AddStringToObject(json, key, strbuf_str(&sb));
	strbuf_fini(&sb);
	return json;
}

static void
test_a_section_may_be_full_and_not_more(void **state)
{
	static const struct {
		enum twin_section section;
		size_t max;
	} rows[] = {
		{ TWIN_TAGS, 8192 },
		{ TWIN_DESIRED, 32768 },
		{ TWIN_REPORTED, 32768 },
	};
	cJSON *section, *patch;
	char key[16];
	size_t i, used;
	int n;
	struct err err;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		section = cJSON_CreateObject();
		for (n = 100, used = 0; used < rows[i].max; n++, used += 1024) {
			snprintf(key, sizeof(key), "%d", n);
			patch = object_of(key, 1024 - strlen(key));
			assert_int_equal(0,
			    twin_merge(rows[i].section, section, patch, &err));
			cJSON_Delete(patch);
		}
		patch = object_of("z", 0);
		assert_int_equal(
		    -1, twin_merge(rows[i].section, section, patch, &err));
		assert_int_equal(ERR_LIMIT, err.code);
		cJSON_Delete(patch);
		/* One goes, another comes, in one patch. */
		patch = object_of("z", 1023);
		cJSON_AddNullToObject(patch, "100");
		assert_int_equal(
		    0, twin_merge(rows[i].section, section, patch, &err));
		cJSON_Delete(patch);
		cJSON_Delete(section);
	}
}

static void
test_what_counts_nothing_does_not_grow_for_ever(void **state)
{
	static const char *const values[] = {
		"[]", "\"\"", "{}", "\"\\u0001\\u0001\\u0001\\u0001\"",
	};
	struct strbuf text = { 0 };
	cJSON *section, *patch;
	size_t i, n;
	struct err err;

	(void)state;
	for (i = 0; i < N_ROWS(values); i++) {
		strbuf_reset(&text);
		strbuf_puts(&text, "{\"a\":[");
		for (n = 0; n < 100000; n++)
			strbuf_printf(
			    &text, "%s%s", n > 0 ? "," : "", values[i]);
		strbuf_puts(&text, "]}");
		section = cJSON_CreateObject();
		patch = json_parse(text.data, text.len, &err);
		assert_non_null(patch);
		assert_int_equal(
		    -1, twin_merge(TWIN_REPORTED, section, patch, &err));
		assert_int_equal(ERR_LIMIT, err.code);
		cJSON_Delete(patch);
		cJSON_Delete(section);
	}
	strbuf_fini(&text);
}

static void
test_long_keys_and_strings_are_refused(void **state)
{
	char key[TWIN_KEY_MAX + 2];
	cJSON *patch;
	struct err err;

	(void)state;
	memset(key, 'k', sizeof(key));
	key[TWIN_KEY_MAX] = '\0';
	patch = object_of(key, 4096);
	assert_int_equal(0, twin_check(TWIN_DESIRED, patch, &err));
	cJSON_Delete(patch);
	patch = object_of("k", 4097);
	assert_int_equal(-1, twin_check(TWIN_DESIRED, patch, &err));
	assert_string_equal("properties.desired.k: a string may have 4096 "
			    "bytes at most",
	    err.text);
	cJSON_Delete(patch);
	key[TWIN_KEY_MAX] = 'k';
	key[TWIN_KEY_MAX + 1] = '\0';
	patch = object_of(key, 1);
	assert_int_equal(-1, twin_check(TWIN_DESIRED, patch, &err));
	assert_int_equal(ERR_LIMIT, err.code);
	assert_true(strlen(err.text) < 120);
	cJSON_Delete(patch);
}

static void
test_size_counts_as_the_service_does(void **state)
{
	static const struct {
		const char *json;
		size_t size;
	} rows[] = {
		{ "{}", 0 },
		{ "{\"ab\":\"cde\"}", 5 },
		{ "{\"a\":1}", 9 },
		{ "{\"a\":true,\"b\":false}", 10 },
		{ "{\"a\":{\"b\":[1,\"x\"]}}", 11 },
		{ "{\"a\":\"\\u010d\\n\"}", 3 },
	};
	cJSON *json;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		json = cJSON_Parse(rows[i].json);
		assert_int_equal(rows[i].size, twin_size(json));
		cJSON_Delete(json);
	}
}

/* A patch that makes the second out of the first, nulls and all. */
static void
test_a_replacement_becomes_a_patch_with_nulls(void **state)
{
	static const struct {
		const char *was, *now, *patch;
	} rows[] = {
		{ "{\"a\":1,\"b\":2}", "{\"b\":3}", "{\"b\":3,\"a\":null}" },
		{ "{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"x\":1}}",
		    "{\"a\":{\"x\":1,\"y\":null}}" },
		{ "{}", "{\"a\":{}}", "{\"a\":{}}" },
		{ "{\"a\":1}", "{}", "{\"a\":null}" },
	};
	cJSON *was, *now, *patch;
	struct err err;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(rows); i++) {
		was = cJSON_Parse(rows[i].was);
		now = cJSON_Parse(rows[i].now);
		patch = twin_difference(was, now);
		text = json_print(patch);
		assert_string_equal(rows[i].patch, text);
		assert_int_equal(
		    0, twin_merge(TWIN_DESIRED, was, patch, &err));
		assert_true(json_equal(was, now));
		cJSON_free(text);
		cJSON_Delete(was);
		cJSON_Delete(now);
		cJSON_Delete(patch);
	}
}

static void
metadata_then(cJSON *metadata, const char *patch_text, const char *stamp,
    int64_t version, const char *expected)
{
	cJSON *patch = cJSON_Parse(patch_text);
	char *text;

	twin_metadata_merge(metadata, patch, stamp, version);
	text = json_print(metadata);
	assert_string_equal(expected, text);
	cJSON_free(text);
	cJSON_Delete(patch);
}

static void
test_metadata_stamps_the_way_down(void **state)
{
	cJSON *metadata = twin_metadata_new("T0");

	(void)state;
	metadata_then(metadata, "{\"a\":{\"b\":1,\"c\":[2]}}", "T1", 2,
	    "{\"$lastUpdated\":\"T1\",\"$lastUpdatedVersion\":2,"
	    "\"a\":{\"$lastUpdated\":\"T1\",\"$lastUpdatedVersion\":2,"
	    "\"b\":{\"$lastUpdated\":\"T1\",\"$lastUpdatedVersion\":2},"
	    "\"c\":{\"$lastUpdated\":\"T1\",\"$lastUpdatedVersion\":2}}}");
	metadata_then(metadata, "{\"a\":{\"b\":null,\"d\":1}}", "T2", 3,
	    "{\"$lastUpdated\":\"T2\",\"$lastUpdatedVersion\":3,"
	    "\"a\":{\"$lastUpdated\":\"T2\",\"$lastUpdatedVersion\":3,"
	    "\"c\":{\"$lastUpdated\":\"T1\",\"$lastUpdatedVersion\":2},"
	    "\"d\":{\"$lastUpdated\":\"T2\",\"$lastUpdatedVersion\":3}}}");
	metadata_then(metadata, "{\"a\":5}", "T3", 4,
	    "{\"$lastUpdated\":\"T3\",\"$lastUpdatedVersion\":4,"
	    "\"a\":{\"$lastUpdated\":\"T3\",\"$lastUpdatedVersion\":4}}");
	cJSON_Delete(metadata);
	/* Reported: no version. */
	metadata = twin_metadata_new("T0");
	metadata_then(metadata, "{\"a\":1}", "T1", -1,
	    "{\"$lastUpdated\":\"T1\",\"a\":{\"$lastUpdated\":\"T1\"}}");
	cJSON_Delete(metadata);
}

static void
test_version_and_metadata_sent_back_are_ignored(void **state)
{
	cJSON *json = cJSON_Parse(
	    "{\"$version\":3,\"a\":{\"$version\":1},\"$metadata\":{}}");
	char *text;

	(void)state;
	twin_strip(json);
	text = json_print(json);
	assert_string_equal("{\"a\":{\"$version\":1}}", text);
	cJSON_free(text);
	cJSON_Delete(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_patch_merges_or_is_refused),
		cmocka_unit_test(test_a_section_may_be_full_and_not_more),
		cmocka_unit_test(
		    test_what_counts_nothing_does_not_grow_for_ever),
		cmocka_unit_test(test_long_keys_and_strings_are_refused),
		cmocka_unit_test(test_size_counts_as_the_service_does),
		cmocka_unit_test(test_a_replacement_becomes_a_patch_with_nulls),
		cmocka_unit_test(test_metadata_stamps_the_way_down),
		cmocka_unit_test(
		    test_version_and_metadata_sent_back_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
