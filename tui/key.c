#include "config.h"

#include "tui/key.h"

#include <stdio.h>
#include <string.h>

#include "core/base/str.h"

/* clang-format off */
static const struct special {
	int32_t key;
	const char *name;
	const char *bytes;
} special_table[] = {
	{ KEYS_TAB,       "Tab",       "\t" },
	{ KEYS_ENTER,     "Enter",     "\r" },
	{ KEYS_ESC,       "Esc",       "\033" },
	{ KEYS_SPACE,     "Space",     " " },
	{ KEYS_BACKSPACE, "Backspace", "\177" },
	{ KEYS_UP,        "Up",        "\033[A" },
	{ KEYS_DOWN,      "Down",      "\033[B" },
	{ KEYS_RIGHT,     "Right",     "\033[C" },
	{ KEYS_LEFT,      "Left",      "\033[D" },
	{ KEYS_HOME,      "Home",      "\033[H" },
	{ KEYS_END,       "End",       "\033[F" },
	{ KEYS_PGUP,      "PgUp",      "\033[5~" },
	{ KEYS_PGDN,      "PgDn",      "\033[6~" },
	{ KEYS_INSERT,    "Insert",    "\033[2~" },
	{ KEYS_DELETE,    "Delete",    "\033[3~" },
	{ KEYS_BACKTAB,   "S-Tab",     "\033[Z" },
	{ KEYS_WORD_LEFT,  "C-Left",   "\033b" },
	{ KEYS_WORD_RIGHT, "C-Right",  "\033f" },
};
/* clang-format on */

#define N_SPECIAL (sizeof(special_table) / sizeof(special_table[0]))

static const struct special *
find_special(int32_t key)
{
	size_t i;

	for (i = 0; i < N_SPECIAL; i++)
		if (special_table[i].key == key)
			return &special_table[i];
	return NULL;
}

const char *
key_label(int32_t key, char out[KEY_NAME_SIZE])
{
	const struct special *special = find_special(key);
	char utf8[5] = "";

	if (special != NULL) {
		snprintf(out, KEY_NAME_SIZE, "%s", special->name);
	} else if ((key & KEYS_ALT) != 0) {
		char below[KEY_NAME_SIZE];

		snprintf(out, KEY_NAME_SIZE, "M-%.12s",
		    key_label(key & ~KEYS_ALT, below));
	} else if (key >= 0 && key < ' ') {
		snprintf(out, KEY_NAME_SIZE, "^%c", (char)(key + '@'));
	} else {
		utf8_encode((uint32_t)key, utf8);
		snprintf(out, KEY_NAME_SIZE, "%s", utf8);
	}
	return out;
}

size_t
key_bytes(int32_t key, char out[KEY_BYTES_MAX])
{
	const struct special *special = find_special(key);
	size_t n = 0;
	int len;

	if (special != NULL) {
		n = strlen(special->bytes);
		memcpy(out, special->bytes, n);
		return n;
	}
	if ((key & KEYS_ALT) != 0) {
		out[n++] = '\033';
		key &= ~KEYS_ALT;
	}
	if (key < 0 || key >= KEYS_UP)
		return 0;
	len = utf8_encode((uint32_t)key, out + n);
	return n + (size_t)len;
}

/* Plays spell two keys in full that help and man page shorten. */
static const struct {
	int32_t key;
	const char *spelt;
} spelt_table[] = {
	{ KEYS_PGUP, "<PageUp>" },
	{ KEYS_PGDN, "<PageDown>" },
	{ '<', "<lt>" },
};

#define N_SPELT (sizeof(spelt_table) / sizeof(spelt_table[0]))

const char *
key_spell(int32_t key, char out[KEY_NAME_SIZE])
{
	const struct special *special = find_special(key);
	char utf8[5] = "";
	size_t i;

	for (i = 0; i < N_SPELT; i++)
		if (spelt_table[i].key == key) {
			snprintf(out, KEY_NAME_SIZE, "%s",
			    spelt_table[i].spelt);
			return out;
		}
	if (special != NULL) {
		snprintf(out, KEY_NAME_SIZE, "<%s>", special->name);
	} else if ((key & KEYS_ALT) != 0) {
		utf8_encode((uint32_t)(key & ~KEYS_ALT), utf8);
		snprintf(out, KEY_NAME_SIZE, "<M-%s>", utf8);
	} else if (key >= 0 && key < ' ') {
		snprintf(out, KEY_NAME_SIZE, "<C-%c>",
		    (char)(key + (key >= 1 && key <= 26 ? '`' : '@')));
	} else {
		utf8_encode((uint32_t)key, utf8);
		snprintf(out, KEY_NAME_SIZE, "%s", utf8);
	}
	return out;
}

static int32_t
parse_named(const char *name)
{
	uint32_t cp;
	size_t i, len = strlen(name);

	for (i = 0; i < N_SPECIAL; i++)
		if (strlen(special_table[i].name) == len - 1 &&
		    strncmp(special_table[i].name, name, len - 1) == 0)
			return special_table[i].key;
	if (len < 4 || name[1] != '-' ||
	    utf8_decode(name + 2, len - 3, &cp) != (int)len - 3)
		return 0;
	if (name[0] == 'M')
		return ALT_KEY((int32_t)cp);
	if (name[0] == 'C' && cp >= '@' && cp < 127)
		return CTRL_KEY((int32_t)cp);
	return 0;
}

int32_t
key_parse(const char *spelt)
{
	size_t i, len = strlen(spelt);
	uint32_t cp;

	for (i = 0; i < N_SPELT; i++)
		if (strcmp(spelt_table[i].spelt, spelt) == 0)
			return spelt_table[i].key;
	if (len > 2 && spelt[0] == '<' && spelt[len - 1] == '>')
		return parse_named(spelt + 1);
	if (len > 0 && utf8_decode(spelt, len, &cp) == (int)len && cp > ' ' &&
	    cp != 127)
		return (int32_t)cp;
	return 0;
}
