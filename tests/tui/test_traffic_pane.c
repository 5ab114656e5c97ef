/* The traffic pane: what is asked, and what it is as a line for a shell. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/client/client.h"
#include "core/deck/deck.h"
#include "core/deck/traffic.h"
#include "tests/support/fake_deck.h"
#include "tests/support/screen_rig.h"
#include "tests/support/test.h"
#include "tui/key.h"

#define API "?api-version=2021-04-12"
#define press screen_rig_press
#define shows screen_rig_shows
#define lacks screen_rig_lacks

static void
take(struct screen_rig *rig, const char *method, const char *path,
    const char *body, int http, const char *text)
{
	struct err err = { 0 };
	struct client_answer answer = { .err = &err,
		.http = http,
		.body = text,
		.body_len = strlen(text),
		.elapsed_us = 12300 };
	struct client_exchange x = {
		.method = method, .path = path, .body = body, .answer = &answer
	};

	if (http != 200)
		err_set(&err, ERR_NOT_FOUND, "door-009: no such device");
	traffic_take(deck_traffic(rig->deck), &x);
}

static void
fill(struct screen_rig *rig)
{
	int i;

	for (i = 0; i < 3; i++)
		take(rig, "GET", "/twins/door-001" API, NULL, 200,
		    "{\"deviceId\":\"door-001\"}");
	take(rig, "POST", "/twins/door-002/methods" API,
	    "{\"methodName\":\"lockDoor\",\"payload\":null}", 200,
	    "{\"status\":200,\"payload\":\"\\u001b[2J\"}");
	take(rig, "GET", "/twins/door-009" API, NULL, 404, "{}");
	take(rig, "GET", "/configurations/x" API, NULL, 200, "{}");
}

static void
test_each_request_is_a_line_newest_last(void **state)
{
	static const int sizes[][2] = { { 200, 60 }, { 120, 40 }, { 80, 24 },
		{ 60, 16 }, { 40, 10 }, { 20, 5 }, { 1, 1 } };
	struct screen_rig *rig = *state;
	size_t i;

	screen_rig_command(rig, "traffic");
	assert_true(shows(rig, "nothing was asked yet"));
	fill(rig);
	screen_rig_resize(rig, 120, 40);
	assert_true(shows(rig, "GET    200 /twins/door-001"));
	assert_true(shows(rig, "x3"));
	assert_true(shows(rig, "12.3 ms"));
	assert_true(
	    shows(rig, "POST   200 /twins/door-002/methods  {\"method"));
	assert_true(
	    shows(rig, "GET    404 /twins/door-009  door-009: no such"));
	assert_true(shows(rig, "4 of the last 200 · follows"));
	for (i = 0; i < N_ROWS(sizes); i++)
		screen_rig_resize(rig, sizes[i][0], sizes[i][1]);
	screen_rig_resize(rig, 80, 24);
	press(rig, KEYS_ESC);
	assert_true(lacks(rig, "Traffic"));
}

static void
test_enter_shows_the_whole_of_it(void **state)
{
	struct screen_rig *rig = *state;

	fill(rig);
	screen_rig_resize(rig, 120, 40);
	screen_rig_command(rig, "traffic");
	press(rig, 'g');
	press(rig, 'j');
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "POST /twins/door-002/methods?api-version"));
	assert_true(shows(rig, "az iot hub invoke-device-method"));
	assert_true(shows(rig, "curl -X POST"));
	assert_true(shows(rig, "\"methodName\":"));
	assert_true(shows(rig, "\\u001b[2J")); /* as text */
	press(rig, KEYS_ESC);
	assert_true(shows(rig, "Traffic"));
}

static void
test_a_line_is_copied_for_curl_or_az(void **state)
{
	struct screen_rig *rig = *state;

	fill(rig);
	screen_rig_command(rig, "traffic");
	press(rig, 'g');
	press(rig, 'Y');
	assert_string_equal("az iot hub device-twin show --login "
			    "\"$IOTHUB_CONNECTION_STRING\" "
			    "--device-id 'door-001'",
	    rig->copied);
	press(rig, 'y');
	assert_string_equal("curl -X GET -H \"Authorization: $SAS\" "
			    "'https://127.0.0.1:8443/twins/door-001" API "'",
	    rig->copied);
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "│    \"deviceId\": \"door-001\""));
	press(rig, KEYS_ESC);
	press(rig, 'G');
	press(rig, 'Y');
	assert_true(shows(rig, "there is no az line for this request"));
}

/* What comes meanwhile moves no row under the cursor. */
static void
test_the_cursor_stays_on_its_request(void **state)
{
	struct screen_rig *rig = *state;
	char path[64];
	int i;

	fill(rig);
	screen_rig_command(rig, "traffic");
	press(rig, 'g');
	press(rig, 'j');
	for (i = 0; i < 150; i++) {
		snprintf(path, sizeof(path), "/twins/t-%d/methods" API, i);
		take(rig, "POST", path, "{}", 200, "{}");
	}
	screen_rig_draw(rig);
	press(rig, 'y');
	assert_non_null(strstr(rig->copied, "/twins/door-002/methods"));
	press(rig, 'G');
	take(rig, "POST", "/twins/last/methods" API, "{}", 200, "{}");
	screen_rig_draw(rig);
	press(rig, 'y');
	assert_non_null(strstr(rig->copied, "/twins/last/methods"));
}

static void
test_packets_stand_among_the_requests(void **state)
{
	struct screen_rig *rig = *state;

	screen_rig_resize(rig, 120, 40);
	screen_rig_command(rig, "traffic");
	traffic_take_packet(deck_traffic(rig->deck), "door-001", false,
	    "PUBLISH q0 $iothub/methods/POST/lockDoor/?$rid=1 {}");
	screen_rig_draw(rig);
	assert_true(shows(rig, "MQTT   out door-001  PUBLISH q0 $iothub/meth"));
	press(rig, 'y');
	assert_true(shows(rig, "a packet of MQTT is no line for curl"));
	press(rig, KEYS_ENTER);
	assert_true(shows(rig, "A packet to door-001, at "));
	assert_true(shows(rig, "lockDoor/?$rid=1 {}"));
}

int
main(void)
{
#define TEST(f)                          \
	cmocka_unit_test_setup_teardown( \
	    f, screen_rig_setup, screen_rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_each_request_is_a_line_newest_last),
		TEST(test_enter_shows_the_whole_of_it),
		TEST(test_a_line_is_copied_for_curl_or_az),
		TEST(test_packets_stand_among_the_requests),
		TEST(test_the_cursor_stays_on_its_request),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
