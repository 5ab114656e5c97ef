/*
 * What the modes with a screen share: terminal, app and the rhythm of
 * painting, and how it all ends.
 */
#ifndef TWINDECK_TUI_MODE_SCREEN_H
#define TWINDECK_TUI_MODE_SCREEN_H

struct app;
struct err;
struct event_base;
struct mode_screen;
struct options;
struct profile;

/* Rows of every such mode's option table. */
#define MODE_SCREEN_OPTIONS \
	{ .name = "ascii", .type = OPTION_FLAG, \
	    .help = "Draw borders and signs in ASCII." }, \
	{ .name = "theme", .type = OPTION_STRING, .arg = "NAME", \
	    .help = "How the screen looks: default, light, mono, " \
		    "high-contrast or one of the configuration." }

/*
 * Takes the terminal and paints at once.  The profile is borrowed, NULL: what
 * is set is not kept.  NULL with err set.
 */
struct mode_screen *mode_screen_new(struct event_base *base,
    const char *title, const struct options *options, struct profile *profile,
    const char *notice, struct err *err);
/* Who opens another hub; without it there is this one only. */
void mode_screen_on_hub(struct mode_screen *screen,
    int (*on_hub)(const char *name, struct err *err, void *arg), void *arg);
struct app *mode_screen_app(struct mode_screen *screen);
/* Runs the loop until the operator quits, or the terminal is gone. */
void mode_screen_run(struct mode_screen *screen);
/* Gives the terminal back and writes down what was typed. */
void mode_screen_free(struct mode_screen *screen); /* NULL does nothing */

#endif
