/*
 * Themes by name: those that come with the program, and the user's own in the
 * configuration.  "theme.NAME = light" gives a theme of the user's its base,
 * "theme.NAME.focus = yellow bold on blue" one style of it.
 */
#ifndef TWINDECK_TUI_THEME_H
#define TWINDECK_TUI_THEME_H

#include <stddef.h>

#include "tui/style.h"

struct err;
struct profile;

#define THEME_NAME_MAX 40

/*
 * Puts the theme together.  profile may be NULL.  Returns 0, or -1 with err
 * set (ERR_INVALID), which names the key at fault and what is allowed; the
 * theme is unchanged then.  Its name is borrowed from the caller's.
 */
int theme_load(struct theme *theme, const char *name,
    const struct profile *profile, struct err *err);

/* The i-th theme there is, the user's behind ours; NULL behind the last. */
const char *theme_name_at(
    const struct profile *profile, size_t i, char out[THEME_NAME_MAX]);

/* "yellow bold on blue" to a look; -1 with err set, naming key. */
int theme_parse_look(const char *key, const char *text,
    struct style_look *look, struct err *err);

#endif
