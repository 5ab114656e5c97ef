/*
 * How long to wait before the next try: exponential, with jitter, never less
 * than the hub asked for.
 */
#ifndef TWINDECK_CORE_DECK_BACKOFF_H
#define TWINDECK_CORE_DECK_BACKOFF_H

#include <stdint.h>

/*
 * tries is how many failed before this one, least_ms the first wait, most_ms
 * the longest; retry_after_ms is what the hub said, or 0.
 */
int64_t backoff_ms(
    int tries, int64_t least_ms, int64_t most_ms, int64_t retry_after_ms);

#endif
