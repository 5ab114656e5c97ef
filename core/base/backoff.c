#include "config.h"

#include "core/base/backoff.h"

#include <sys/random.h>

int64_t
backoff_ceiling_ms(int tries, int64_t least_ms, int64_t most_ms)
{
	int64_t wait = least_ms;

	while (tries-- > 0 && wait < most_ms)
		wait *= 2;
	return wait < most_ms ? wait : most_ms;
}

int64_t
backoff_ms(int tries, int64_t least_ms, int64_t most_ms, int64_t retry_after_ms)
{
	int64_t wait = backoff_ceiling_ms(tries, least_ms, most_ms);
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = (uint32_t)wait;
	wait -= random % (uint32_t)(wait / 4 + 1);
	return wait > retry_after_ms ? wait : retry_after_ms;
}
