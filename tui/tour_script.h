/*
 * A tour as text: what to press, and what to see then.  One action a line, in
 * the words of the plays in tests/screen, so that a play can include a tour:
 *
 *   # a comment
 *   say TEXT         begins a step, and says what it is about
 *   key KEY …        what to press: f <Enter> <Space> <C-u>
 *   type TEXT        what to type, without Enter
 *   wait TIME TEXT   until TEXT is on the screen, /…/ an extended regular
 *                    expression; what is not there within TIME is late
 *   absent TIME TEXT until it is not
 *
 * Lines make stops: a text, the keys behind it, and what is waited for then.
 */
#ifndef TWINDECK_TUI_TOUR_SCRIPT_H
#define TWINDECK_TUI_TOUR_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct tour_script;

#define TOUR_TEXT_MAX ((size_t)256 * 1024) /* bytes of a file */

struct tour_key {
	int32_t key;
	bool typed; /* part of a text, not a key of its own */
};

struct tour_wait;

/* Everything is the script's. */
struct tour_stop {
	char *say;    /* "": as at the stop before */
	size_t step;     /* counted from 1 */
	int line;        /* of the file */
	struct tour_key *keys;
	size_t n_keys;
	struct tour_wait *waits; /* one behind the other */
	size_t n_waits;
};

/*
 * name stands in what goes wrong, with line and column.  NULL with err set:
 * ERR_INVALID, ERR_LIMIT.
 */
struct tour_script *tour_script_parse(
    const char *name, const char *text, struct err *err);
struct tour_script *tour_script_read(const char *path, struct err *err);
/* The tour of the demo, through both tutorials; never fails. */
struct tour_script *tour_script_demo(void);
void tour_script_free(struct tour_script *script); /* NULL does nothing */

const char *tour_script_name(const struct tour_script *script);
size_t tour_script_steps(const struct tour_script *script);
size_t tour_script_stops(const struct tour_script *script);
const struct tour_stop *tour_script_at(
    const struct tour_script *script, size_t i);

/* Whether a screen, its lines ended by line feeds, is as the wait asks. */
bool tour_wait_is_met(const struct tour_wait *wait, const char *screen);
const struct tour_wait *tour_stop_wait(const struct tour_stop *stop, size_t i);
/* As it stands in the file, and for how long it may take. */
const char *tour_wait_text(const struct tour_wait *wait);
int64_t tour_wait_ms(const struct tour_wait *wait);
bool tour_wait_is_absent(const struct tour_wait *wait);
int tour_wait_line(const struct tour_wait *wait);

#endif
