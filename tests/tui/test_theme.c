#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/deck/profile.h"
#include "tests/support/test.h"
#include "tui/theme.h"

static struct profile *
profile_with(const char *const *keys_and_values)
{
	struct profile *profile = profile_new(NULL, NULL);
	struct err err = { 0 };

	for (; *keys_and_values != NULL; keys_and_values += 2)
		if (profile_set(profile, keys_and_values[0], keys_and_values[1],
			&err) == -1)
			fail_msg("%s", err.text);
	return profile;
}

static void
test_each_theme_tells_what_matters_without_colours(void **state)
{
	static const char *const names[] = { "default", "light", "mono",
		"high-contrast" };
	static const enum style matters[] = { STYLE_ALERT, STYLE_BAD,
		STYLE_BUTTON, STYLE_INPUT, STYLE_FOCUS };
	struct err err = { 0 };
	struct theme theme;
	size_t i, k;

	(void)state;
	for (i = 0; i < N_ROWS(names); i++) {
		assert_int_equal(0, theme_load(&theme, names[i], NULL, &err));
		assert_string_equal(names[i], theme.name);
		for (k = 0; k < N_ROWS(matters); k++)
			assert_true(theme.looks[matters[k]].attrs != 0 ||
			    theme.looks[matters[k]].colour != LOOK_OWN);
		assert_int_equal(LOOK_OWN, theme.looks[STYLE_TEXT].colour);
		assert_int_equal(LOOK_OWN, theme.looks[STYLE_TEXT].ground);
	}
	for (k = 0; k < STYLES; k++)
		assert_int_equal(LOOK_OWN, theme_mono.looks[k].colour);
	for (k = 0; k < N_ROWS(matters); k++)
		assert_true(theme_mono.looks[matters[k]].attrs != 0);
}

static void
test_looks_are_read(void **state)
{
	static const struct {
		const char *text;
		struct style_look look;
	} cases[] = {
		{ "", { LOOK_OWN, LOOK_OWN, 0 } },
		{ "normal", { LOOK_OWN, LOOK_OWN, 0 } },
		{ "yellow bold", { 3, LOOK_OWN, LOOK_BOLD } },
		{ "bold, bright-red on black", { 9, 0, LOOK_BOLD } },
		{ "208 on default", { 208, LOOK_OWN, 0 } },
		{ "underline reverse dim",
		    { LOOK_OWN, LOOK_OWN,
			LOOK_UNDERLINE | LOOK_REVERSE | LOOK_DIM } },
	};
	struct err err = { 0 };
	struct style_look look;
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++) {
		assert_int_equal(
		    0, theme_parse_look("k", cases[i].text, &look, &err));
		assert_int_equal(cases[i].look.colour, look.colour);
		assert_int_equal(cases[i].look.ground, look.ground);
		assert_int_equal(cases[i].look.attrs, look.attrs);
	}
}

static void
test_what_is_no_look_is_named_with_what_is(void **state)
{
	static const char *const cases[] = { "purple", "256", "-1", "on",
		"red on", "red on bold", "bright-", "bright-bold" };
	struct err err = { 0 };
	struct style_look look = { 7, 7, 7 };
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++) {
		assert_int_equal(
		    -1, theme_parse_look("theme.a.bad", cases[i], &look, &err));
		assert_int_equal(ERR_INVALID, err.code);
		assert_non_null(strstr(err.text, "theme.a.bad: "));
		assert_int_equal(7, look.colour);
	}
	theme_parse_look("theme.a.bad", "purple", &look, &err);
	assert_non_null(strstr(err.text, "\"purple\" is no colour"));
	assert_non_null(strstr(err.text, "bold, dim, underline, reverse"));
}

static void
test_a_theme_of_the_users_has_a_base_and_styles(void **state)
{
	static const char *const keys[] = { "theme.night.focus",
		"yellow bold on blue", "theme.night", "light", "theme.day.bad",
		"208", NULL };
	struct profile *profile = profile_with(keys);
	struct err err = { 0 };
	struct theme theme;
	char buf[THEME_NAME_MAX];

	(void)state;
	assert_int_equal(0, theme_load(&theme, "night", profile, &err));
	assert_string_equal("night", theme.name);
	assert_int_equal(3, theme.looks[STYLE_FOCUS].colour);
	assert_int_equal(4, theme.looks[STYLE_FOCUS].ground);
	assert_int_equal(LOOK_BOLD, theme.looks[STYLE_FOCUS].attrs);
	assert_memory_equal(&theme_light.looks[STYLE_KEY],
	    &theme.looks[STYLE_KEY], sizeof(struct style_look));
	assert_int_equal(0, theme_load(&theme, "day", profile, &err));
	assert_int_equal(208, theme.looks[STYLE_BAD].colour);
	assert_memory_equal(&theme_default.looks[STYLE_GOOD],
	    &theme.looks[STYLE_GOOD], sizeof(struct style_look));
	assert_string_equal("night", theme_name_at(profile, 4, buf));
	assert_string_equal("day", theme_name_at(profile, 5, buf));
	assert_null(theme_name_at(profile, 6, buf));
	profile_free(profile);
}

static void
test_a_fault_leaves_the_theme_as_it_was(void **state)
{
	static const char *const keys[] = { "theme.a.focus", "purple",
		"theme.b.fcus", "red", "theme.c", "darkest", NULL };
	static const struct {
		const char *name, *words;
	} cases[] = {
		{ "a", "theme.a.focus: \"purple\" is no colour" },
		{ "b", "theme.b.fcus: no such style: text, dim, strong" },
		{ "c", "theme.c: \"darkest\" is no base: default, light" },
		{ "d",
		    "theme: no \"d\"; there are default, light, mono, "
		    "high-contrast, a, b, c" },
		{ "", "theme: no \"\"; there are" },
	};
	struct profile *profile = profile_with(keys);
	struct theme theme = theme_mono;
	struct err err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(cases); i++) {
		assert_int_equal(
		    -1, theme_load(&theme, cases[i].name, profile, &err));
		assert_int_equal(ERR_INVALID, err.code);
		assert_ptr_equal(err.text, strstr(err.text, cases[i].words));
		assert_memory_equal(&theme_mono, &theme, sizeof(theme));
	}
	profile_free(profile);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_each_theme_tells_what_matters_without_colours),
		cmocka_unit_test(test_looks_are_read),
		cmocka_unit_test(test_what_is_no_look_is_named_with_what_is),
		cmocka_unit_test(
		    test_a_theme_of_the_users_has_a_base_and_styles),
		cmocka_unit_test(test_a_fault_leaves_the_theme_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
