#include "config.h"

#include "tui/style.h"

/* As ANSI numbers them. */
#define RED 1
#define GREEN 2
#define YELLOW 3
#define BLUE 4
#define MAGENTA 5
#define CYAN 6
#define WHITE 7
#define BLACK 0

#define OWN LOOK_OWN

/* clang-format off */

/* Colours that can be read on light and on dark: no yellow, no blue. */
const struct theme theme_default = {
	.name = "default",
	.looks = {
		[STYLE_TEXT]    = { OWN,     OWN, 0 },
		[STYLE_DIM]     = { OWN,     OWN, LOOK_DIM },
		[STYLE_STRONG]  = { OWN,     OWN, LOOK_BOLD },
		[STYLE_BORDER]  = { OWN,     OWN, LOOK_DIM },
		[STYLE_FOCUS]   = { CYAN,    OWN, 0 },
		[STYLE_ALERT]   = { RED,     OWN, LOOK_BOLD | LOOK_REVERSE },
		[STYLE_GOOD]    = { GREEN,   OWN, 0 },
		[STYLE_BUSY]    = { CYAN,    OWN, 0 },
		[STYLE_BAD]     = { RED,     OWN, LOOK_BOLD },
		[STYLE_DRIFT]   = { MAGENTA, OWN, 0 },
		[STYLE_CHANGED] = { MAGENTA, OWN, LOOK_BOLD },
		[STYLE_KEY]     = { OWN,     OWN, LOOK_BOLD },
		[STYLE_NAME]    = { OWN,     OWN, 0 },
		[STYLE_MATCH]   = { OWN,     OWN, LOOK_UNDERLINE },
		[STYLE_INPUT]   = { OWN,     OWN, LOOK_UNDERLINE },
		[STYLE_BUTTON]  = { OWN,     OWN, LOOK_BOLD | LOOK_REVERSE },
	},
};

/* Cyan and green are pale on white; there is nothing dim either. */
const struct theme theme_light = {
	.name = "light",
	.looks = {
		[STYLE_TEXT]    = { OWN,     OWN, 0 },
		[STYLE_DIM]     = { OWN,     OWN, 0 },
		[STYLE_STRONG]  = { OWN,     OWN, LOOK_BOLD },
		[STYLE_BORDER]  = { OWN,     OWN, LOOK_DIM },
		[STYLE_FOCUS]   = { BLUE,    OWN, LOOK_BOLD },
		[STYLE_ALERT]   = { RED,     OWN, LOOK_BOLD | LOOK_REVERSE },
		[STYLE_GOOD]    = { BLUE,    OWN, 0 },
		[STYLE_BUSY]    = { MAGENTA, OWN, 0 },
		[STYLE_BAD]     = { RED,     OWN, LOOK_BOLD },
		[STYLE_DRIFT]   = { MAGENTA, OWN, LOOK_UNDERLINE },
		[STYLE_CHANGED] = { MAGENTA, OWN, LOOK_BOLD },
		[STYLE_KEY]     = { BLUE,    OWN, LOOK_BOLD },
		[STYLE_NAME]    = { OWN,     OWN, 0 },
		[STYLE_MATCH]   = { OWN,     OWN, LOOK_UNDERLINE },
		[STYLE_INPUT]   = { OWN,     OWN, LOOK_UNDERLINE },
		[STYLE_BUTTON]  = { BLUE,    OWN, LOOK_BOLD | LOOK_REVERSE },
	},
};

const struct theme theme_mono = {
	.name = "mono",
	.looks = {
		[STYLE_TEXT]    = { OWN,     OWN, 0 },
		[STYLE_DIM]     = { OWN,     OWN, 0 },
		[STYLE_STRONG]  = { OWN,     OWN, LOOK_BOLD },
		[STYLE_BORDER]  = { OWN,     OWN, 0 },
		[STYLE_FOCUS]   = { OWN,     OWN, LOOK_BOLD },
		[STYLE_ALERT]   = { OWN,     OWN, LOOK_BOLD | LOOK_REVERSE },
		[STYLE_GOOD]    = { OWN,     OWN, 0 },
		[STYLE_BUSY]    = { OWN,     OWN, 0 },
		[STYLE_BAD]     = { OWN,     OWN, LOOK_BOLD },
		[STYLE_DRIFT]   = { OWN,     OWN, LOOK_UNDERLINE },
		[STYLE_CHANGED] = { OWN,     OWN, LOOK_BOLD },
		[STYLE_KEY]     = { OWN,     OWN, LOOK_BOLD },
		[STYLE_NAME]    = { OWN,     OWN, 0 },
		[STYLE_MATCH]   = { OWN,     OWN, LOOK_UNDERLINE },
		[STYLE_INPUT]   = { OWN,     OWN, LOOK_UNDERLINE },
		[STYLE_BUTTON]  = { OWN,     OWN, LOOK_BOLD | LOOK_REVERSE },
	},
};

/* What matters stands on a ground of its own, and all else is bold or plain. */
const struct theme theme_high_contrast = {
	.name = "high-contrast",
	.looks = {
		[STYLE_TEXT]    = { OWN,     OWN,    0 },
		[STYLE_DIM]     = { OWN,     OWN,    0 },
		[STYLE_STRONG]  = { OWN,     OWN,    LOOK_BOLD },
		[STYLE_BORDER]  = { OWN,     OWN,    0 },
		[STYLE_FOCUS]   = { OWN,     OWN,    LOOK_BOLD | LOOK_REVERSE },
		[STYLE_ALERT]   = { WHITE,   RED,    LOOK_BOLD },
		[STYLE_GOOD]    = { OWN,     OWN,    LOOK_BOLD },
		[STYLE_BUSY]    = { OWN,     OWN,    LOOK_BOLD },
		[STYLE_BAD]     = { WHITE,   RED,    LOOK_BOLD },
		[STYLE_DRIFT]   = { OWN,     OWN,    LOOK_BOLD | LOOK_UNDERLINE },
		[STYLE_CHANGED] = { BLACK,   YELLOW, 0 },
		[STYLE_KEY]     = { OWN,     OWN,    LOOK_BOLD },
		[STYLE_NAME]    = { OWN,     OWN,    LOOK_BOLD },
		[STYLE_MATCH]   = { OWN,     OWN,    LOOK_BOLD | LOOK_UNDERLINE },
		[STYLE_INPUT]   = { OWN,     OWN,    LOOK_BOLD | LOOK_UNDERLINE },
		[STYLE_BUTTON]  = { OWN,     OWN,    LOOK_BOLD | LOOK_REVERSE },
	},
};
/* clang-format on */
