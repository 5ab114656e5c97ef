/*
 * The actions of a play: what one of its lines does to the terminal, or asks
 * of it.  screenplay.c reads the lines and calls them.
 */
#ifndef TWINDECK_TESTS_SUPPORT_PLAY_H
#define TWINDECK_TESTS_SUPPORT_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

struct play;
struct terminal;

struct play_action {
	const char *name;
	/* Returns false, and says why in play->why, when it fails. */
	bool (*run)(struct play *play, char *arg);
	int kind; /* enum play_kind, or 0 */
};

enum play_kind {
	PLAY_ON_SCREEN = 1, /* asks for a program that was run */
	PLAY_FOR_SHELL = 2, /* its ${NAME} are the shell's to fill in */
	PLAY_CASE = 4,      /* starts a case */
};

/* The one table of them; ends with no name. */
extern const struct play_action play_actions[];

struct play_line {
	char *file;
	int number;
	const struct play_action *action;
	char *arg; /* behind the action's name, trimmed */
};

/* Where a play stands. */
struct play {
	const struct play_line *at;
	struct strbuf why; /* an action that fails says so here */

	int patience;        /* the times of what may be over sooner, times this */
	char scratch[48];    /* a folder of its own */
	char run_mark[64];   /* in the environment of what "run" starts */
	char shell_mark[64]; /* likewise of "shell" and "capture" */

	int rows, cols;
	struct terminal *terminal; /* NULL: nothing was run yet */
	bool ended;
	int status; /* as from waitpid(), once it has ended */

	int case_number;
	char *case_name; /* owned; NULL: between two */
};

/* Puts down why an action fails; always false. */
bool play_fails(struct play *play, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The actions of play_terminal.c, for the table. */
bool play_at(struct play *play, char *arg);
bool play_click(struct play *play, char *arg);
bool play_colours(struct play *play, char *arg);
bool play_mouse(struct play *play, char *arg);
bool play_picture(struct play *play, char *arg);
bool play_stopped(struct play *play, char *arg);
bool play_storm(struct play *play, char *arg);
bool play_unharmed(struct play *play, char *arg);
bool play_wrote(struct play *play, char *arg);
bool play_wheel(struct play *play, char *arg);

/* Cuts a duration off: the monotonic time when it is over. */
bool play_take_deadline(struct play *play, char **arg, int64_t *deadline_ms);
/* Reads what is written for a moment; false if the time is over. */
bool play_read(struct play *play, int64_t deadline_ms);

/* Cuts the first word off; what follows it is left, trimmed. */
char *play_take_word(char **arg);

/* Says what became of the case under way, if there is one. */
void play_end_case(struct play *play, bool ok);

#endif
