/*
 * The insides of a tour under way, for tour.c, which changes them, and
 * tour_draw.c, which draws them.
 */
#ifndef TWINDECK_TUI_TOUR_STATE_H
#define TWINDECK_TUI_TOUR_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/tour.h"

struct tour_script;
struct tour_stop;

enum tour_phase {
	TOUR_READS,   /* the text stands, its keys are pressed */
	TOUR_WAITS,   /* for what is to come of them */
	TOUR_LINGERS, /* it has come */
};

struct tour {
	struct tour_script *script; /* owned */
	int64_t pace_ms;
	enum tour_state state;
	bool begun, exits;

	size_t at; /* the stop */
	enum tour_phase phase;
	const char *say; /* the script's */
	size_t pressed;  /* of its keys, those that were */
	size_t wait;     /* of its waits, the one to come */
	bool looked, was_so; /* what is waited for was so from the start */
	int64_t since_ms;    /* when waiting for it began */
	int64_t due_ms;

	bool is_late; /* something was; the first of it: */
	size_t late_at, late_wait;
};

const struct tour_stop *tour_at(const struct tour *tour);

#endif
