#include "config.h"

#include "core/device/backoff.h"

/* 1 s doubled this often is over the longest wait. */
#define DOUBLINGS_MAX 6

int64_t
device_backoff_ceiling_ms(const struct device_backoff *backoff)
{
	int64_t ms = DEVICE_BACKOFF_MAX_MS;

	if (backoff->failures < DOUBLINGS_MAX)
		ms = INT64_C(1) * DEVICE_BACKOFF_FIRST_MS << backoff->failures;
	return ms < DEVICE_BACKOFF_MAX_MS ? ms : DEVICE_BACKOFF_MAX_MS;
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
	if (backoff->failures < DOUBLINGS_MAX)
		backoff->failures++;
	return (int64_t)random * ceiling / UINT32_MAX;
}
