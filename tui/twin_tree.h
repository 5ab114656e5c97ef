/*
 * A twin as a tree: tags, desired with what the device reports at the same
 * path, reported; and which of its branches are folded.
 */
#ifndef TWINDECK_TUI_TWIN_TREE_H
#define TWINDECK_TUI_TWIN_TREE_H

#include <limits.h>
#include <stdbool.h>

struct cJSON;
struct twin_folds;
struct twin_lines;

#define TWIN_LEVEL_ALL INT_MAX

/*
 * Down to a level everything is unfolded, save $metadata: at level 1 one sees
 * what the sections hold, at 0 only their names.  What somebody folds or
 * unfolds is an exception to that, and is one until the level is set again.
 */
struct twin_folds *twin_folds_new(void); /* at TWIN_LEVEL_ALL */
void twin_folds_free(struct twin_folds *folds); /* NULL does nothing */
void twin_folds_set_level(struct twin_folds *folds, int level);
int twin_folds_level(const struct twin_folds *folds);
void twin_folds_toggle(struct twin_folds *folds, const char *path);
bool twin_folds_is_open(const struct twin_folds *folds, const char *path,
    const char *name, int depth);

/* folds NULL: everything is unfolded but $metadata. */
void twin_tree_build(struct twin_lines *lines, const struct cJSON *twin,
    const struct twin_folds *folds);
/* How deep the branches go: the level that unfolds all. */
int twin_tree_depth(const struct cJSON *twin);

#endif
