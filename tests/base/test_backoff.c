#include "config.h"

#include <limits.h>

#include "core/base/backoff.h"
#include "tests/support/test.h"

#define DRAWS 200

static void
test_the_ceiling_doubles_up_to_the_longest_wait(void **state)
{
	static const int64_t ceilings[] = { 500, 1000, 2000, 3000, 3000 };
	size_t i;

	(void)state;
	for (i = 0; i < N_ROWS(ceilings); i++)
		assert_int_equal(
		    ceilings[i], backoff_ceiling_ms((int)i, 500, 3000));
	assert_int_equal(300, backoff_ceiling_ms(0, 500, 300));
	assert_int_equal(3000, backoff_ceiling_ms(INT_MAX, 500, 3000));
}

static void
test_a_wait_is_the_last_quarter_below_the_ceiling(void **state)
{
	int64_t ms, least = INT64_MAX, most = 0;
	int i;

	(void)state;
	for (i = 0; i < DRAWS; i++) {
		ms = backoff_ms(2, 1000, 60000, 0);
		assert_in_range(ms, 3000, 4000);
		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	assert_true(most > least);
}

static void
test_what_the_other_side_asked_for_is_never_undercut(void **state)
{
	(void)state;
	assert_int_equal(70000, backoff_ms(2, 1000, 60000, 70000));
	assert_in_range(backoff_ms(2, 1000, 60000, 100), 3000, 4000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_the_ceiling_doubles_up_to_the_longest_wait),
		cmocka_unit_test(
		    test_a_wait_is_the_last_quarter_below_the_ceiling),
		cmocka_unit_test(
		    test_what_the_other_side_asked_for_is_never_undercut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
