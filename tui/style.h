/*
 * How things look.  Panes name a style, never a colour; a theme says what a
 * style is: a colour and attributes.
 */
#ifndef TWINDECK_TUI_STYLE_H
#define TWINDECK_TUI_STYLE_H

#include <stdint.h>

enum style {
	STYLE_TEXT,
	STYLE_DIM,     /* beside the point: units, ages, $metadata */
	STYLE_STRONG,
	STYLE_BORDER,
	STYLE_FOCUS,   /* border of the pane that has the keys */
	STYLE_ALERT,   /* a badge that something is wrong */
	STYLE_GOOD,
	STYLE_BUSY,
	STYLE_BAD,
	STYLE_DRIFT,   /* reported differs from desired */
	STYLE_CHANGED,
	STYLE_KEY,     /* a key in the footer */
	STYLE_NAME,    /* of a property */
	STYLE_MATCH,   /* what was searched for */
	STYLE_INPUT,   /* where text is typed */
	STYLE_BUTTON,  /* the button that Enter presses */
	STYLES
};

enum look_attr {
	LOOK_BOLD = 1,
	LOOK_DIM = 2,
	LOOK_REVERSE = 4,
	LOOK_UNDERLINE = 8,
};

#define LOOK_OWN (-1) /* the terminal's own colour */

struct style_look {
	int16_t colour; /* 0 to 255 as terminals number them, or LOOK_OWN */
	int16_t ground; /* behind the text, likewise */
	uint8_t attrs;  /* enum look_attr */
};

struct theme {
	const char *name;
	struct style_look looks[STYLES];
};

extern const struct theme theme_default; /* on any background */
extern const struct theme theme_light;   /* on a light one */
extern const struct theme theme_mono;    /* attributes only */
extern const struct theme theme_high_contrast;

#endif
