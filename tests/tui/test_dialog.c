/* How dialogs use the room there is: what must be read is read. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/profile.h"
#include "tests/support/fake_deck.h"
#include "tests/support/screen_rig.h"
#include "tests/support/test.h"
#include "tui/app.h"
#include "tui/key.h"

#define press screen_rig_press
#define type screen_rig_type
#define shows screen_rig_shows
#define lacks screen_rig_lacks
#define resize screen_rig_resize

#define LONG_ID "building-41-floor-3-north-entrance-door-0001"

/* A device at the top of the list. */
static void
add_device(struct screen_rig *rig, const char *id, const char *site,
    const char *version)
{
	char *twin = xasprintf(
	    "{\"deviceId\":\"%s\",\"version\":2,\"etag\":\"E\","
	    "\"connectionState\":\"Connected\",\"tags\":{\"site\":\"%s\"},"
	    "\"properties\":{\"desired\":{\"interval\":7,\"$version\":1},"
	    "\"reported\":{\"firmwareVersion\":\"%s\",\"$version\":1}}}",
	    id, site, version);

	fake_deck_twin(rig->deck, twin);
	free(twin);
}

static void
test_a_group_and_its_count_stay_on_one_line(void **state)
{
	static const char *const groups[] = { "site brno 8", "site New York 12",
		"floor 3 8", "no floor 12", "version 1.4.1 8",
		"version 2.0.1 12" };
	struct screen_rig *rig = *state;
	char id[16];
	size_t i;
	int cols;

	for (i = 0; i < 12; i++) {
		snprintf(id, sizeof(id), "gate-%zu", i);
		add_device(rig, id, "New York", "2.0.1");
	}
	press(rig, '*');
	press(rig, 'l');
	for (cols = 36; cols <= 84; cols++) {
		resize(rig, cols, 40);
		for (i = 0; i < N_ROWS(groups); i++)
			if (!shows(rig, groups[i]))
				fail_msg("%d columns: %s", cols, groups[i]);
	}
}

/* A name that has no room on a line of its own is broken all the same. */
static void
test_a_group_wider_than_the_dialog_is_seen_whole(void **state)
{
	struct screen_rig *rig = *state;

	add_device(rig, "a-gate", "the old harbour of", "2.0.1");
	add_device(rig, "b-gate", "the old harbour of", "2.0.1");
	press(rig, 'g');
	press(rig, KEYS_SPACE);
	press(rig, KEYS_SPACE);
	press(rig, 'l');
	resize(rig, 24, 24);
	assert_true(shows(rig, "site the old harbour"));
	assert_true(shows(rig, "of 2 ·"));
	assert_true(shows(rig, "version 2.0.1 2"));
}

static void
test_a_long_message_goes_on_where_it_began(void **state)
{
	struct screen_rig *rig = *state;

	deck_say(rig->deck, true,
	    "job 1: door-001 failed, as nobody had the package at "
	    "https://fw.example.com/door-1.5.bin");
	press(rig, 'i');
	assert_true(shows(rig, "  job 1: door-001 failed, as nobody"));
	assert_true(shows(rig, "│            https://fw.example.com/"));
	resize(rig, 40, 10);
	assert_true(shows(rig, "│          nobody had the package at"));
}

/* The target is read first, and the field as soon as something is typed. */
static void
test_an_edit_says_whose_it_is_before_anything_else(void **state)
{
	struct screen_rig *rig = *state;

	add_device(rig, LONG_ID, "brno", "1.4.1");
	resize(rig, 40, 10);
	press(rig, 'g');
	press(rig, 'e');
	assert_true(shows(rig, "│desired of"));
	assert_true(shows(rig, "│building-41-floor-3-north-entrance-doo│"));
	assert_true(shows(rig, "│r-0001, as opened at $v 1"));
	assert_true(shows(rig, "│▶ interval = 7")); /* there is room */
	press(rig, KEYS_ESC);
	add_device(rig, "a-" LONG_ID "-" LONG_ID, "brno", "1.4.1");
	press(rig, 'g');
	press(rig, 'e');
	assert_true(shows(rig, "│desired of"));
	assert_true(shows(rig, "│rance-door-0001, as opened at $v 1"));
	assert_true(lacks(rig, "interval = 7"));
	type(rig, "8");
	assert_true(shows(rig, "│▶ interval = 78"));
	assert_true(lacks(rig, "desired of"));
	assert_true(shows(rig, "▲") && shows(rig, "▼"));
}

static void
test_the_payload_is_seen_in_sixteen_rows(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, '*');
	press(rig, 'f');
	resize(rig, 60, 16);
	assert_true(shows(rig, "│  Call firmwareUpdate on 8 devices"));
	assert_true(shows(rig, "│  payload     {\"fwPackageUri\""));
	assert_true(shows(rig, "[ Call ]  │\n└───"));
	/* A fault is said in the frame, and moves nothing. */
	press(rig, KEYS_TAB);
	press(rig, KEYS_TAB);
	press(rig, KEYS_BACKSPACE);
	press(rig, KEYS_TAB);
	assert_true(shows(rig, "│  Call firmwareUpdate on 8 devices"));
	assert_true(shows(rig, "└──payload: "));
}

static void
test_what_is_to_be_typed_can_be_read(void **state)
{
	struct profile *profile;
	struct screen_rig *rig = *state;
	char id[16];
	size_t i;

	for (i = 0; i < 17; i++) {
		snprintf(id, sizeof(id), "gate-%zu", i);
		add_device(rig, id, "brno", "1.4.1");
	}
	press(rig, '*');
	resize(rig, 40, 10);
	press(rig, 'l');
	press(rig, KEYS_BACKTAB);
	assert_true(shows(rig, "│to confirm "));
	assert_true(shows(rig, "│  type 25 here, the number of devices "));
	resize(rig, 80, 24);
	assert_true(shows(rig,
	    "  to confirm                        type 25 here, the number "
	    "of "));
	press(rig, KEYS_ESC);
	profile = app_profile(rig->app);
	assert_int_equal(0, profile_choose(profile, "plant-weu-1", NULL));
	assert_int_equal(0, profile_set(profile, "danger", "yes", NULL));
	resize(rig, 40, 10);
	screen_rig_command(rig, "call reboot");
	press(rig, KEYS_TAB);
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "│  type plant-weu-1 here, the hub's"));
	assert_true(shows(rig, "└first type plant-weu-1, the hub's name"));
}

static void
test_no_button_is_seen_in_part(void **state)
{
	struct screen_rig *rig = *state;

	press(rig, 's');
	resize(rig, 40, 10);
	assert_true(shows(rig, "│[Cancel] [Firmware] [Lock] [Method] … │"));
	press(rig, KEYS_BACKTAB);
	assert_true(shows(rig, "│… "));
	assert_true(shows(rig, " [Desired] [Tags]│"));
	assert_true(lacks(rig, "Cancel"));
	press(rig, KEYS_TAB);
	assert_true(shows(rig, "│[Cancel] "));
}

int
main(void)
{
#define TEST(f)                          \
	cmocka_unit_test_setup_teardown( \
	    f, screen_rig_setup, screen_rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_group_and_its_count_stay_on_one_line),
		TEST(test_a_group_wider_than_the_dialog_is_seen_whole),
		TEST(test_a_long_message_goes_on_where_it_began),
		TEST(test_an_edit_says_whose_it_is_before_anything_else),
		TEST(test_the_payload_is_seen_in_sixteen_rows),
		TEST(test_what_is_to_be_typed_can_be_read),
		TEST(test_no_button_is_seen_in_part),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
