#include "config.h"

#include "core/deck/backoff.h"

#include <stdlib.h>
#include <sys/random.h>

/* Between three quarters of the wait and all of it: many that failed at the
 * same time are not to come back at the same time. */
int64_t
backoff_ms(int tries, int64_t least_ms, int64_t most_ms, int64_t retry_after_ms)
{
	int64_t wait = least_ms;
	uint32_t random = 0;

	while (tries-- > 0 && wait < most_ms)
		wait *= 2;
	if (wait > most_ms)
		wait = most_ms;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = (uint32_t)wait;
	wait -= random % (uint32_t)(wait / 4 + 1);
	return wait > retry_after_ms ? wait : retry_after_ms;
}
