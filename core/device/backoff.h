/*
 * When to try a connection again: exponential backoff with full jitter, so
 * that a fleet that lost its hub at one moment does not come back at one.
 */
#ifndef TWINDECK_CORE_DEVICE_BACKOFF_H
#define TWINDECK_CORE_DEVICE_BACKOFF_H

#include <stdint.h>

#define DEVICE_BACKOFF_FIRST_MS 1000
#define DEVICE_BACKOFF_MAX_MS 60000
#define DEVICE_BACKOFF_STABLE_MS 60000 /* up this long: start over */

/* Starts from { 0 }. */
struct device_backoff {
	int failures; /* in a row, until the ceiling is reached */
};

/* The longest wait that is possible now. */
int64_t device_backoff_ceiling_ms(const struct device_backoff *backoff);

/*
 * Counts a failure, of a connection that was up for up_ms (0: never), and
 * returns the milliseconds to wait: up to the ceiling, as random has it.
 */
int64_t device_backoff_next_ms(
    struct device_backoff *backoff, int64_t up_ms, uint32_t random);

#endif
