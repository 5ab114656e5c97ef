/*
 * Desired properties as a simulated device takes them: whatever is asked for
 * is done, and said at the same paths of reported, with desiredVersion
 * beside it.
 */
#ifndef TWINDECK_CORE_DEVICE_DESIRED_H
#define TWINDECK_CORE_DEVICE_DESIRED_H

#include <stdint.h>

struct cJSON;
struct device_desired;

enum device_desired_news {
	DEVICE_DESIRED_NEW, /* taken; *echo is what to report */
	DEVICE_DESIRED_OLD, /* seen before: nothing to do */
	DEVICE_DESIRED_GAP, /* one before it was missed: read the twin */
};

struct device_desired *device_desired_new(void);
void device_desired_free(struct device_desired *desired); /* or NULL */

int64_t device_desired_version(const struct device_desired *desired);

/*
 * The whole section as the twin has it, and what is reported so far: catches
 * up with what was missed.  What the device owns (its firmware, its door) is
 * never echoed.  *echo is the caller's, NULL when there is nothing to say.
 */
enum device_desired_news device_desired_catch_up(struct device_desired *desired,
    const struct cJSON *section, const struct cJSON *reported,
    struct cJSON **echo);

/* A patch as it was notified, with its $version. */
enum device_desired_news device_desired_patch(struct device_desired *desired,
    const struct cJSON *patch, struct cJSON **echo);

#endif
