/*
 * A private folder that one process has at a time.  It has it for as long as
 * it lives; however it dies, what is in there is the next one's to take.
 */
#ifndef TWINDECK_CORE_BASE_CLAIM_H
#define TWINDECK_CORE_BASE_CLAIM_H

#include <stddef.h>
#include <stdint.h>

struct claim;
struct err;

#define CLAIM_LIST_MAX 1000 /* folders that claim_list() finds */

/*
 * Makes a new one, mode 0700, its name any behind prefix; parent is made too.
 * NULL with err set.
 */
struct claim *claim_new(
    const char *parent, const char *prefix, struct err *err);
/* One that is there.  NULL: it is gone, or somebody else has it. */
struct claim *claim_take(const char *path);
const char *claim_path(const struct claim *claim); /* borrowed */

/* Leaves it to the next one, with its files.  NULL does nothing. */
void claim_leave(struct claim *claim);
/* Removes it, with its files.  NULL does nothing. */
void claim_remove(struct claim *claim);

/* The paths of the folders below parent, whoever has them; each the caller's,
 * and the list too. */
size_t claim_list(const char *parent, char ***paths);

/*
 * Removes those in the folders of top that nobody has and nobody has written
 * to for so long, and the folders that are empty then.
 */
void claim_sweep(const char *top, int64_t age_s);

#endif
