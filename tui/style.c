#include "config.h"

#include "tui/style.h"

/* Colours that can be read on light and on dark: no yellow, no blue. */
#define RED 1
#define GREEN 2
#define MAGENTA 5
#define CYAN 6

/* clang-format off */
const struct theme theme_default = {
	.name = "default",
	.looks = {
		[STYLE_TEXT]    = { LOOK_OWN, 0 },
		[STYLE_DIM]     = { LOOK_OWN, LOOK_DIM },
		[STYLE_STRONG]  = { LOOK_OWN, LOOK_BOLD },
		[STYLE_BORDER]  = { LOOK_OWN, LOOK_DIM },
		[STYLE_FOCUS]   = { CYAN,     0 },
		[STYLE_ALERT]   = { RED,      LOOK_BOLD | LOOK_REVERSE },
		[STYLE_GOOD]    = { GREEN,    0 },
		[STYLE_BUSY]    = { CYAN,     0 },
		[STYLE_BAD]     = { RED,      LOOK_BOLD },
		[STYLE_DRIFT]   = { MAGENTA,  0 },
		[STYLE_CHANGED] = { MAGENTA,  LOOK_BOLD },
		[STYLE_KEY]     = { LOOK_OWN, LOOK_BOLD },
		[STYLE_NAME]    = { LOOK_OWN, 0 },
		[STYLE_INPUT]   = { LOOK_OWN, LOOK_UNDERLINE },
		[STYLE_BUTTON]  = { LOOK_OWN, LOOK_BOLD | LOOK_REVERSE },
	},
};

const struct theme theme_mono = {
	.name = "mono",
	.looks = {
		[STYLE_TEXT]    = { LOOK_OWN, 0 },
		[STYLE_DIM]     = { LOOK_OWN, 0 },
		[STYLE_STRONG]  = { LOOK_OWN, LOOK_BOLD },
		[STYLE_BORDER]  = { LOOK_OWN, 0 },
		[STYLE_FOCUS]   = { LOOK_OWN, LOOK_BOLD },
		[STYLE_ALERT]   = { LOOK_OWN, LOOK_BOLD | LOOK_REVERSE },
		[STYLE_GOOD]    = { LOOK_OWN, 0 },
		[STYLE_BUSY]    = { LOOK_OWN, 0 },
		[STYLE_BAD]     = { LOOK_OWN, LOOK_BOLD },
		[STYLE_DRIFT]   = { LOOK_OWN, LOOK_UNDERLINE },
		[STYLE_CHANGED] = { LOOK_OWN, LOOK_BOLD },
		[STYLE_KEY]     = { LOOK_OWN, LOOK_BOLD },
		[STYLE_NAME]    = { LOOK_OWN, 0 },
		[STYLE_INPUT]   = { LOOK_OWN, LOOK_UNDERLINE },
		[STYLE_BUTTON]  = { LOOK_OWN, LOOK_BOLD | LOOK_REVERSE },
	},
};
/* clang-format on */
