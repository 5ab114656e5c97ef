/*
 * What a key press is: a Unicode character, a control character, or one of the
 * codes below.
 */
#ifndef TWINDECK_TUI_KEY_H
#define TWINDECK_TUI_KEY_H

#include <stddef.h>
#include <stdint.h>

#define CTRL_KEY(c) ((c) & 0x1f)
#define ALT_KEY(c) ((c) | KEYS_ALT)
#define KEYS_ALT 0x400000 /* Alt with the key below it */

enum key_code {
	KEYS_TAB = 9,
	KEYS_ENTER = 13,
	KEYS_ESC = 27,
	KEYS_SPACE = 32,
	KEYS_BACKSPACE = 127,
	KEYS_UP = 0x110000, /* behind the last character */
	KEYS_DOWN,
	KEYS_LEFT,
	KEYS_RIGHT,
	KEYS_HOME,
	KEYS_END,
	KEYS_PGUP,
	KEYS_PGDN,
	KEYS_INSERT,
	KEYS_DELETE,
	KEYS_BACKTAB,
	KEYS_WORD_LEFT, /* Ctrl with the arrow */
	KEYS_WORD_RIGHT,
};

#define KEY_NAME_SIZE 16
#define KEY_BYTES_MAX 8

/* As help and the man page spell it: "Space", "PgUp", "^L", "j". */
const char *key_label(int32_t key, char out[KEY_NAME_SIZE]);

/*
 * As a play of the screen, a tour and a recording write it: "f", "<Enter>",
 * "<PageUp>", "<C-l>", "<M-x>", "<lt>" for the less-than sign.
 */
const char *key_spell(int32_t key, char out[KEY_NAME_SIZE]);
/* One key spelt so; 0 if there is no such key. */
int32_t key_parse(const char *spelt);

/* As a terminal sends it: what readline reads.  The number of bytes. */
size_t key_bytes(int32_t key, char out[KEY_BYTES_MAX]);

#endif
