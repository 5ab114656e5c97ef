/*
 * What the mouse did, where.
 */
#ifndef TWINDECK_TUI_MOUSE_H
#define TWINDECK_TUI_MOUSE_H

enum mouse_kind { MOUSE_PRESS, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };

struct mouse {
	enum mouse_kind kind;
	int y, x; /* the cell, from 0 */
};

#endif
