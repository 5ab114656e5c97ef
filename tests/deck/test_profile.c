#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "core/deck/profile.h"
#include "tests/support/test.h"

struct fixture {
	char dir[64];
	char *path; /* owned; not there yet */
};

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/twindeck-profile-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->path = xasprintf("%s/config", f->dir);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	rmdir(f->dir);
	free(f->path);
	free(f);
	return 0;
}

static void
write_config(const struct fixture *f, const char *text, unsigned int mode)
{
	struct err err;

	if (paths_write_file(f->path, text, strlen(text), mode, &err) == -1)
		fail_msg("%s", err.text);
	assert_int_equal(0, chmod(f->path, (mode_t)mode));
}

static void
assert_config(const struct fixture *f, const char *text)
{
	struct err err;
	char *is = paths_read_file(f->path, PROFILE_FILE_MAX, NULL, &err);

	if (is == NULL)
		fail_msg("%s", err.text);
	assert_string_equal(text, is);
	free(is);
}

static struct profile *
open_profile(const struct fixture *f)
{
	struct err err;
	struct profile *profile = profile_new(f->path, &err);

	if (profile == NULL)
		fail_msg("%s", err.text);
	return profile;
}

static void
set(struct profile *profile, const char *key, const char *value)
{
	struct err err;

	if (profile_set(profile, key, value, &err) == -1)
		fail_msg("%s", err.text);
}

static void
test_a_hub_has_its_own_keys_first_and_the_decks_then(void **state)
{
	struct fixture *f = *state;
	struct profile *p;
	char *origin;

	write_config(f,
	    "[deck]\nhub = prod\ntheme = light\nsort = link\n"
	    "[hub prod]\ntheme=mono\ndanger: yes\n[hub lab]\nsort = drift\n"
	    "connection-string-file = /lab\n[hub prod]\n"
	    "connection-string-file = /prod\n[hub seen]\nsort = link\n",
	    0644);
	p = open_profile(f);
	assert_string_equal("prod", profile_get(p, "hub"));
	assert_string_equal("light", profile_get(p, "theme"));
	assert_int_equal(0, profile_choose(p, "prod", NULL));
	assert_string_equal("mono", profile_get(p, "theme"));
	assert_string_equal("link", profile_get(p, "sort"));
	assert_true(profile_is_yes(p, "danger"));
	assert_null(profile_get(p, "columns"));
	origin = profile_origin(p, "theme");
	assert_non_null(strstr(origin, "[hub prod] of /"));
	free(origin);
	assert_int_equal(0, profile_choose(p, "lab", NULL));
	assert_false(profile_is_yes(p, "danger"));
	assert_string_equal("lab", profile_hub_at(p, 0));
	assert_string_equal("prod", profile_hub_at(p, 1));
	assert_null(profile_hub_at(p, 2)); /* of seen only the sort is kept */
	assert_true(profile_has_hub(p, "seen"));
	assert_true(profile_has_hub(p, "lab"));
	assert_false(profile_has_hub(p, "la"));
	profile_free(p);
}

/* Comments, blank lines, odd spacing and other sections are the user's. */
static void
test_setting_a_key_changes_one_line(void **state)
{
	struct fixture *f = *state;
	struct profile *p;

	write_config(f,
	    "# mine\n[hub a]\n  theme =  light ; x\n\n; end of a\n\n"
	    "[hub b]\ntheme = mono",
	    0640);
	p = open_profile(f);
	profile_choose(p, "a", NULL);
	assert_string_equal("light ; x", profile_get(p, "theme"));
	set(p, "theme", "dark");
	set(p, "filter.down", "link:off !tag.site:brno");
	profile_choose(p, "b", NULL);
	set(p, "sort", "drift");
	profile_choose(p, "c", NULL);
	set(p, "mouse", "on");
	assert_config(f,
	    "# mine\n[hub a]\ntheme = dark\nfilter.down = link:off "
	    "!tag.site:brno\n\n; end of a\n\n"
	    "[hub b]\ntheme = mono\nsort = drift\n\n[hub c]\nmouse = on\n");
	set(p, "mouse", NULL);
	assert_null(profile_get(p, "mouse"));
	assert_config(f,
	    "# mine\n[hub a]\ntheme = dark\nfilter.down = link:off "
	    "!tag.site:brno\n\n; end of a\n\n"
	    "[hub b]\ntheme = mono\nsort = drift\n\n[hub c]\n");
	profile_free(p);
}

static void
test_what_somebody_else_wrote_meanwhile_stays(void **state)
{
	struct fixture *f = *state;
	struct profile *p;

	write_config(f, "[deck]\ntheme = light\n", 0644);
	p = open_profile(f);
	write_config(f, "[deck]\ntheme = light\nsort = link\n", 0644);
	set(p, "theme", "mono");
	assert_config(f, "[deck]\ntheme = mono\nsort = link\n");
	assert_string_equal("link", profile_get(p, "sort"));
	profile_free(p);
}

static void
test_a_file_keeps_its_mode_and_a_new_one_is_private(void **state)
{
	struct fixture *f = *state;
	struct profile *p = open_profile(f);
	struct stat st;

	set(p, "theme", "mono");
	assert_int_equal(0, stat(f->path, &st));
	assert_int_equal(0600, st.st_mode & 0777);
	assert_int_equal(0, chmod(f->path, 0640));
	set(p, "theme", "light");
	assert_int_equal(0, stat(f->path, &st));
	assert_int_equal(0640, st.st_mode & 0777);
	profile_free(p);
}

static void
test_a_link_stays_a_link(void **state)
{
	struct fixture *f = *state;
	char *real = xasprintf("%s/dotfile", f->dir);
	struct profile *p;
	struct stat st;

	assert_int_equal(0, symlink(real, f->path));
	write_config(&(struct fixture){ .path = real }, "[deck]\n", 0600);
	p = open_profile(f);
	set(p, "theme", "mono");
	assert_int_equal(0, lstat(f->path, &st));
	assert_true(S_ISLNK(st.st_mode));
	assert_config(f, "[deck]\ntheme = mono\n");
	profile_free(p);
	unlink(real);
	free(real);
}

static void
test_a_long_value_comes_back_whole(void **state)
{
	struct fixture *f = *state;
	struct profile *p = open_profile(f);
	char *value = xcalloc(1, PROFILE_VALUE_MAX + 2);
	struct err err;

	memset(value, ';', PROFILE_VALUE_MAX);
	set(p, "template.big", value);
	assert_string_equal(value, profile_get(p, "template.big"));
	value[PROFILE_VALUE_MAX] = 'x';
	assert_int_equal(-1, profile_set(p, "template.big", value, &err));
	assert_int_equal(ERR_LIMIT, err.code);
	assert_string_equal("template.big is over 65536 bytes", err.text);
	free(value);
	profile_free(p);
}

static void
test_a_secret_needs_a_private_file(void **state)
{
	struct fixture *f = *state;
	struct profile *p;
	struct err err;

	write_config(f, "[hub a]\nconnection-string = k\n", 0644);
	assert_null(profile_new(f->path, &err));
	assert_int_equal(ERR_UNAUTHORIZED, err.code);
	assert_non_null(strstr(err.text, "others can read it: chmod 600 /"));
	chmod(f->path, 0600);
	p = open_profile(f);
	profile_choose(p, "a", NULL);
	assert_string_equal("k", profile_get(p, "connection-string"));
	profile_free(p);
}

static const struct {
	const char *text, *error;
} faults[] = {
	{ "[deck]\n\ntheem = x\n", "line 3: unknown key: theem" },
	{ "[hubs]\ntheme = x\n",
	    "line 2: there is no section [hubs]: [deck] and [hub NAME] are "
	    "known" },
	{ "theme = x\n",
	    "line 1: there is no section []: [deck] and [hub NAME] are known" },
	{ "[hub a]\nhub = b\n", "line 2: hub belongs into the section [deck]" },
	{ "[hub ]\ntheme = b\n", "line 2: [hub ] names no hub" },
	{ "[deck]\ntheme =\n", "line 2: theme is empty" },
	{ "[deck]\nwords\n", "line 2: neither [SECTION] nor KEY = VALUE" },
	{ "[deck\n", "line 1: neither [SECTION] nor KEY = VALUE" },
	{ "[deck]\nfilter. = x\n", "line 2: unknown key: filter." },
	{ "[hub prod]\ndanger = perhaps\n",
	    "line 2: danger is yes|no, not perhaps" },
};

static void
test_a_fault_in_the_file_is_told_with_its_line(void **state)
{
	struct fixture *f = *state;
	char *want;
	struct err err;
	size_t i;

	for (i = 0; i < N_ROWS(faults); i++) {
		write_config(f, faults[i].text, 0600);
		assert_null(profile_new(f->path, &err));
		want = xasprintf("%s, %s", f->path, faults[i].error);
		assert_string_equal(want, err.text);
		free(want);
	}
}

static void
test_what_cannot_be_kept_is_refused_and_nothing_changes(void **state)
{
	struct fixture *f = *state;
	struct profile *p;
	struct err err;

	write_config(f, "[deck]\ntheme = light\n", 0600);
	p = open_profile(f);
	assert_int_equal(-1, profile_set(p, "theme", "a\nb", &err));
	assert_string_equal(
	    "theme must be one line without spaces around it", err.text);
	assert_int_equal(-1, profile_set(p, "theme", " a", &err));
	assert_int_equal(-1, profile_set(p, "filter.a=b", "x", &err));
	assert_string_equal("unknown key: filter.a=b", err.text);
	assert_int_equal(-1, profile_set(p, "danger", "ja", &err));
	assert_string_equal("danger is yes|no, not ja", err.text);
	assert_int_equal(0, profile_set(p, "danger", "No", &err));
	assert_int_equal(0, profile_set(p, "danger", NULL, &err));
	assert_int_equal(-1, profile_choose(p, "a]b", &err));
	assert_int_equal(ERR_INVALID, err.code);
	/* Broken by hand meanwhile: it is not written over. */
	write_config(f, "[deck]\ntheem = light\n", 0600);
	assert_int_equal(-1, profile_set(p, "theme", "mono", &err));
	assert_config(f, "[deck]\ntheem = light\n");
	assert_string_equal("light", profile_get(p, "theme"));
	profile_free(p);
}

static void
test_named_keys_are_listed_each_once(void **state)
{
	struct fixture *f = *state;
	struct profile *p;

	write_config(f,
	    "[deck]\nfilter.a = 1\nfilter.b = 1\n"
	    "[hub h]\nfilter.b = 2\nfilter.b = 3\nsort = link\n",
	    0600);
	p = open_profile(f);
	profile_choose(p, "h", NULL);
	assert_string_equal("filter.b", profile_key_at(p, "filter.", 0));
	assert_string_equal("filter.a", profile_key_at(p, "filter.", 1));
	assert_null(profile_key_at(p, "filter.", 2));
	assert_string_equal("3", profile_get(p, "filter.b"));
	profile_free(p);
}

static void
test_without_a_file_settings_last_as_long_as_the_profile(void **state)
{
	struct profile *p = profile_new(NULL, NULL);
	char *origin;

	(void)state;
	set(p, "theme", "mono");
	set(p, "sort", "link");
	set(p, "theme", "light");
	assert_string_equal("light", profile_get(p, "theme"));
	assert_string_equal("link", profile_get(p, "sort"));
	origin = profile_origin(p, "theme");
	assert_string_equal("set here, not kept", origin);
	free(origin);
	profile_free(p);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_hub_has_its_own_keys_first_and_the_decks_then),
		TEST(test_setting_a_key_changes_one_line),
		TEST(test_what_somebody_else_wrote_meanwhile_stays),
		TEST(test_a_file_keeps_its_mode_and_a_new_one_is_private),
		TEST(test_a_link_stays_a_link),
		TEST(test_a_long_value_comes_back_whole),
		TEST(test_a_secret_needs_a_private_file),
		TEST(test_a_fault_in_the_file_is_told_with_its_line),
		TEST(test_what_cannot_be_kept_is_refused_and_nothing_changes),
		TEST(test_named_keys_are_listed_each_once),
		TEST(test_without_a_file_settings_last_as_long_as_the_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
