/*
 * Differences as lines: desired beside reported, and one version of a twin
 * beside the one before it.
 */
#ifndef TWINDECK_TUI_TWIN_DIFF_H
#define TWINDECK_TUI_TWIN_DIFF_H

#include <stddef.h>

#include "core/deck/twin_sync.h"

struct cJSON;
struct twin_lines;

/*
 * A line for each desired leaf, with what is reported of it and how it stands
 * (core/deck/twin_sync.h); counts, which may be NULL, are added up.
 */
void twin_diff_build(struct twin_lines *lines, const struct cJSON *twin,
    size_t counts[TWIN_SYNCS]);

/*
 * A line for each leaf that came (+), went (-) or changed (~) from one version
 * to the next, below the section it is of; was NULL: nothing older is known.
 */
void twin_step_build(struct twin_lines *lines, const struct cJSON *was,
    const struct cJSON *is);

#endif
