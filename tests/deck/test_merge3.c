#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/str.h"
#include "core/deck/merge3.h"
#include "tests/support/test.h"

/* m changed here, t there, s to the same by both, x differently. */
static const struct {
	const char *base, *theirs, *mine;
	const char *rows;
	const char *keep, *take;
} merges[] = {
	{ "{\"b\":41}", "{\"b\":44,\"i\":5}", "{\"b\":43,\"f\":3}",
	    "x b 41 44 43;t i - 5 -;m f - - 3;",
	    "{\"b\":43,\"i\":5,\"f\":3}", "{\"b\":44,\"i\":5,\"f\":3}" },
	{ "{\"a\":1}", "{\"a\":2}", "{\"a\":2}", "s a 1 2 2;", "{\"a\":2}",
	    "{\"a\":2}" },
	{ "{\"a\":1}", "{}", "{\"a\":2}", "x a 1 - 2;", "{\"a\":2}", "{}" },
	{ "{\"a\":1}", "{\"a\":2}", "{\"a\":null}", "x a 1 2 -;", "{}",
	    "{\"a\":2}" },
	{ "{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"x\":5,\"y\":2}}",
	    "{\"a\":{\"x\":1}}", "t a.x 1 5 1;m a.y 2 2 -;",
	    "{\"a\":{\"x\":5}}", "{\"a\":{\"x\":5}}" },
	{ "{}", "{\"a\":{\"x\":1}}", "{\"a\":{\"y\":2}}",
	    "t a.x - 1 -;m a.y - - 2;", "{\"a\":{\"x\":1,\"y\":2}}",
	    "{\"a\":{\"x\":1,\"y\":2}}" },
	/* Nothing can stand below a value. */
	{ "{}", "{\"a\":5}", "{\"a\":{\"y\":2}}", "x a - 5 {\"y\":2};",
	    "{\"a\":{\"y\":2}}", "{\"a\":5}" },
	{ "{\"a\":{\"x\":1}}", "{\"a\":{\"x\":2}}", "{}",
	    "x a {\"x\":1} {\"x\":2} -;", "{}", "{\"a\":{\"x\":2}}" },
	{ "{\"k.e y\":1}", "{\"k.e y\":1}", "{\"k.e y\":2}",
	    "m \"k.e y\" 1 1 2;", "{\"k.e y\":2}", "{\"k.e y\":2}" },
	{ "{\"a\":1}", "{\"a\":1}", "{\"a\":1}", "", "{\"a\":1}",
	    "{\"a\":1}" },
};

static void
put_row(enum merge3_kind kind, const char *path, const char *base,
    const char *theirs, const char *mine, void *arg)
{
	strbuf_printf(arg, "%c %s %s %s %s;", "mtsx"[kind], path,
	    base != NULL ? base : "-", theirs != NULL ? theirs : "-",
	    mine != NULL ? mine : "-");
}

static void
assert_merges_to(const char *expected, const cJSON *base, const cJSON *theirs,
    const cJSON *mine, bool prefer_theirs)
{
	cJSON *merged = merge3(base, theirs, mine, prefer_theirs);
	char *text = json_print(merged);

	assert_string_equal(expected, text);
	free(text);
	cJSON_Delete(merged);
}

static void
test_three_versions_are_told_apart_and_merged(void **state)
{
	struct strbuf rows = { 0 };
	cJSON *base, *theirs, *mine;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(merges); i++) {
		base = cJSON_Parse(merges[i].base);
		theirs = cJSON_Parse(merges[i].theirs);
		mine = cJSON_Parse(merges[i].mine);
		strbuf_reset(&rows);
		merge3_walk(base, theirs, mine, put_row, &rows);
		assert_string_equal(merges[i].rows, strbuf_str(&rows));
		assert_merges_to(merges[i].keep, base, theirs, mine, false);
		assert_merges_to(merges[i].take, base, theirs, mine, true);
		cJSON_Delete(base);
		cJSON_Delete(theirs);
		cJSON_Delete(mine);
	}
	strbuf_fini(&rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_three_versions_are_told_apart_and_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
