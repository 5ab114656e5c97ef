/*
 * Actions that are kept by name in the profile of the hub, as template.NAME.
 */
#ifndef TWINDECK_TUI_TEMPLATES_H
#define TWINDECK_TUI_TEMPLATES_H

#include <stddef.h>

struct app;

/* "" lists them, "NAME" opens one, "save NAME", "delete NAME". */
void action_template(struct app *app, const char *arg);
/* The i-th word that may stand there, for completion; NULL behind the last. */
const char *template_word(
    struct app *app, const char *line, size_t start, size_t i);

#endif
