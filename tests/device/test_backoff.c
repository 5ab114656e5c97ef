#include "config.h"

#include "core/device/backoff.h"
#include "tests/support/test.h"

static void
test_the_ceiling_doubles_from_one_second_to_sixty(void **state)
{
	static const int64_t ceilings[] = { 1000, 2000, 4000, 8000, 16000,
		32000, 60000, 60000, 60000 };
	struct device_backoff backoff = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(ceilings); i++) {
		assert_int_equal(
		    ceilings[i], device_backoff_ceiling_ms(&backoff));
		assert_int_equal(ceilings[i],
		    device_backoff_next_ms(&backoff, 0, UINT32_MAX));
	}
}

static void
test_the_wait_is_anywhere_below_the_ceiling(void **state)
{
	struct device_backoff backoff = { 3 };

	(void)state;
	assert_int_equal(0, device_backoff_next_ms(&backoff, 0, 0));
	backoff.failures = 3;
	assert_in_range(
	    device_backoff_next_ms(&backoff, 0, UINT32_MAX / 2), 3990, 4000);
}

static void
test_a_stable_minute_starts_it_over_and_less_does_not(void **state)
{
	struct device_backoff backoff = { 5 };

	(void)state;
	device_backoff_next_ms(&backoff, 59999, 0);
	assert_int_equal(60000, device_backoff_ceiling_ms(&backoff));
	assert_int_equal(
	    1000, device_backoff_next_ms(&backoff, 60000, UINT32_MAX));
	assert_int_equal(2000, device_backoff_ceiling_ms(&backoff));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_the_ceiling_doubles_from_one_second_to_sixty),
		cmocka_unit_test(test_the_wait_is_anywhere_below_the_ceiling),
		cmocka_unit_test(
		    test_a_stable_minute_starts_it_over_and_less_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
