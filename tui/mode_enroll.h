/*
 * Devices that register themselves: creates identities over REST, or fetches
 * the keys of those that are there.
 */
#ifndef TWINDECK_TUI_MODE_ENROLL_H
#define TWINDECK_TUI_MODE_ENROLL_H

#include <stddef.h>

struct connstr;
struct err;
struct event_base;

/*
 * Runs the loop until it is done.  keys[i] becomes the primary key of ids[i],
 * the caller's and a secret; on failure they are all NULL.  Returns 0, or -1
 * with err set: what the hub said, or ERR_CANCELLED when the loop was broken.
 */
int mode_enroll(struct event_base *base, const struct connstr *service,
    const char *ca_file, char *const *ids, size_t n, char **keys,
    struct err *err);

#endif
