/*
 * Deadlines too long to wait for: the monotonic clock is set forward.
 */
#include "config.h"

#include "core/base/clock.h"
#include "tests/hub/rig.h"
#include "tests/support/test.h"

static int64_t ahead_ms;

int64_t __real_clock_mono_ms(void);
int64_t __wrap_clock_mono_ms(void);

int64_t
__wrap_clock_mono_ms(void)
{
	return __real_clock_mono_ms() + ahead_ms;
}

#define TICK_MS 1300 /* by then the hub has looked at its deadlines */

/* Whether the connection ends between these two, from now on. */
static void
ends_between(struct rig_client *client, int64_t alive_s, int64_t dead_s)
{
	ahead_ms += alive_s * 1000;
	assert_false(rig_client_is_closed(client, TICK_MS));
	ahead_ms += (dead_s - alive_s) * 1000;
	assert_true(rig_client_is_closed(client, TICK_MS));
	rig_client_free(client);
}

static void
test_connect_has_to_come_within_30_s(void **state)
{
	ends_between(rig_client_new(*state), 28, 31);
}

static void
test_half_a_connect_is_none(void **state)
{
	struct rig_client *client = rig_client_new(*state);

	rig_client_send(client, "\x10\x14\0\4MQTT", 8);
	ends_between(client, 28, 31);
}

static void
test_no_keep_alive_is_the_cap_of_iot_hub(void **state)
{
	struct rig_client *client = rig_client_new(*state);

	rig_client_connect(client, "d1", true, 0, RIG_HOUR);
	ends_between(client, 1762, 1767);
}

static void
test_a_longer_keep_alive_is_the_cap_too(void **state)
{
	struct rig_client *client = rig_client_new(*state);

	rig_client_connect(client, "d1", true, 65535, RIG_HOUR);
	ends_between(client, 1762, 1767);
}

static void
test_a_packet_in_pieces_is_no_sign_of_life(void **state)
{
	struct rig_client *client = rig_client_new(*state);

	rig_client_connect(client, "d1", true, 60, RIG_HOUR);
	ahead_ms += 60 * 1000;
	rig_client_send(client, "\xc0", 1);
	ends_between(client, 27, 31);
}

int
main(void)
{
#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, rig_setup_device, rig_teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_connect_has_to_come_within_30_s),
		CASE(test_half_a_connect_is_none),
		CASE(test_no_keep_alive_is_the_cap_of_iot_hub),
		CASE(test_a_longer_keep_alive_is_the_cap_too),
		CASE(test_a_packet_in_pieces_is_no_sign_of_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
