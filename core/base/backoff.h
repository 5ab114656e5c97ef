/*
 * How long to wait before the next try: twice as long each time, up to a
 * longest wait.  Many that failed at one moment are not to come back at one,
 * so nobody waits for quite that long.
 */
#ifndef TWINDECK_CORE_BASE_BACKOFF_H
#define TWINDECK_CORE_BASE_BACKOFF_H

#include <stdint.h>

/* least_ms doubled tries times, most_ms at most: nothing random in it. */
int64_t backoff_ceiling_ms(int tries, int64_t least_ms, int64_t most_ms);

/*
 * Between three quarters of it and all of it.  tries is how many failed before
 * this one, least_ms the first wait, most_ms the longest; retry_after_ms is
 * what the other side said, which is never undercut, or 0.
 */
int64_t backoff_ms(
    int tries, int64_t least_ms, int64_t most_ms, int64_t retry_after_ms);

#endif
