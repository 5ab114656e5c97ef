#include "config.h"

#include "core/device/backoff.h"

#include "core/base/backoff.h"

int64_t
device_backoff_ceiling_ms(const struct device_backoff *backoff)
{
	return backoff_ceiling_ms(backoff->failures, DEVICE_BACKOFF_FIRST_MS,
	    DEVICE_BACKOFF_MAX_MS);
}

int64_t
device_backoff_next_ms(
    struct device_backoff *backoff, int64_t up_ms, uint32_t random)
{
	int64_t ceiling;

	/* Up and gone at once is no success: two clients with one identity
	 * would kick each other out for ever at full speed. */
	if (up_ms >= DEVICE_BACKOFF_STABLE_MS)
		backoff->failures = 0;
	ceiling = device_backoff_ceiling_ms(backoff);
	if (ceiling < DEVICE_BACKOFF_MAX_MS)
		backoff->failures++;
	return (int64_t)random * ceiling / UINT32_MAX;
}
