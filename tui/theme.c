#include "config.h"

#include "tui/theme.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/profile.h"

#define THEME_PREFIX "theme."
#define BRIGHT 8 /* what "bright-" adds to a colour */

static const struct theme *const themes[] = { &theme_default, &theme_light,
	&theme_mono, &theme_high_contrast };

#define N_THEMES (sizeof(themes) / sizeof(themes[0]))

static const char *const style_names[STYLES] = {
	[STYLE_TEXT] = "text",
	[STYLE_DIM] = "dim",
	[STYLE_STRONG] = "strong",
	[STYLE_BORDER] = "border",
	[STYLE_FOCUS] = "focus",
	[STYLE_ALERT] = "alert",
	[STYLE_GOOD] = "good",
	[STYLE_BUSY] = "busy",
	[STYLE_BAD] = "bad",
	[STYLE_DRIFT] = "drift",
	[STYLE_CHANGED] = "changed",
	[STYLE_KEY] = "key",
	[STYLE_NAME] = "name",
	[STYLE_MATCH] = "match",
	[STYLE_INPUT] = "input",
	[STYLE_BUTTON] = "button",
};

static const char *const colours[] = { "black", "red", "green", "yellow",
	"blue", "magenta", "cyan", "white" };

#define N_COLOURS (sizeof(colours) / sizeof(colours[0]))

static const struct {
	const char *name;
	uint8_t attr;
} attrs[] = {
	{ "bold", LOOK_BOLD },
	{ "dim", LOOK_DIM },
	{ "reverse", LOOK_REVERSE },
	{ "underline", LOOK_UNDERLINE },
};

/* "red", "bright-red", "208", "default". */
static bool
parse_colour(const char *word, int16_t *colour)
{
	bool bright = str_starts_with(word, "bright-");
	const char *name = bright ? word + strlen("bright-") : word;
	int64_t number;
	size_t i;

	for (i = 0; i < N_COLOURS; i++)
		if (strcmp(colours[i], name) == 0) {
			*colour = (int16_t)(i + (bright ? BRIGHT : 0));
			return true;
		}
	if (strcmp(word, "default") == 0)
		*colour = LOOK_OWN;
	else if (str_to_int64(word, 0, 255, &number) == 0)
		*colour = (int16_t)number;
	else
		return false;
	return true;
}

static bool
parse_attr(const char *word, uint8_t *set)
{
	size_t i;

	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
		if (strcmp(attrs[i].name, word) == 0) {
			*set = (uint8_t)(*set | attrs[i].attr);
			return true;
		}
	return strcmp(word, "normal") == 0;
}

int
theme_parse_look(
    const char *key, const char *text, struct style_look *look, struct err *err)
{
	struct style_look l = { LOOK_OWN, LOOK_OWN, 0 };
	char *copy = xstrdup(text), *rest = copy, *word;
	bool behind = false; /* "on" was the word before */
	int rc = -1;

	while ((word = strtok_r(rest, " \t,", &rest)) != NULL) {
		if (!behind && strcmp(word, "on") == 0) {
			behind = true;
			continue;
		}
		if (!parse_colour(word, behind ? &l.ground : &l.colour) &&
		    (behind || !parse_attr(word, &l.attrs))) {
			err_set(err, ERR_INVALID,
			    "%.60s: \"%.20s\" is no colour and no attribute: "
			    "default, black, red, green, yellow, blue, "
			    "magenta, cyan, white, bright-red …, 0 to 255; "
			    "bold, dim, underline, reverse; on COLOUR",
			    key, word);
			goto out;
		}
		behind = false;
	}
	if (behind) {
		err_set(err, ERR_INVALID, "%.60s: \"on\" which colour?", key);
		goto out;
	}
	*look = l;
	rc = 0;
out:
	free(copy);
	return rc;
}

static const struct theme *
find_ours(const char *name)
{
	size_t i;

	for (i = 0; i < N_THEMES; i++)
		if (strcmp(themes[i]->name, name) == 0)
			return themes[i];
	return NULL;
}

/* A key of the user's theme of that name: what stands behind the name. */
static const char *
style_of(const char *key, const char *name)
{
	size_t len = strlen(name);

	key += strlen(THEME_PREFIX);
	if (strncmp(key, name, len) != 0 || (key[len] != '.' && key[len] != 0))
		return NULL;
	return key[len] == '.' ? key + len + 1 : key + len;
}

static int
set_style(struct theme *theme, const char *key, const char *style,
    const char *text, struct err *err)
{
	struct strbuf known = { 0 };
	size_t i;
	int rc;

	for (i = 0; i < STYLES; i++)
		if (strcmp(style_names[i], style) == 0)
			return theme_parse_look(
			    key, text, &theme->looks[i], err);
	for (i = 0; i < STYLES; i++)
		strbuf_printf(
		    &known, "%s%s", i > 0 ? ", " : "", style_names[i]);
	rc = err_set(err, ERR_INVALID, "%.60s: no such style: %s", key,
	    strbuf_str(&known));
	strbuf_fini(&known);
	return rc;
}

static int
set_base(
    struct theme *theme, const char *key, const char *base, struct err *err)
{
	const struct theme *ours = find_ours(base);

	if (ours == NULL)
		return err_set(err, ERR_INVALID,
		    "%.60s: \"%.20s\" is no base: default, light, mono, "
		    "high-contrast",
		    key, base);
	memcpy(theme->looks, ours->looks, sizeof(theme->looks));
	return 0;
}

static int
refuse(const char *name, const struct profile *profile, struct err *err)
{
	char buf[THEME_NAME_MAX];
	struct strbuf known = { 0 };
	const char *other;
	size_t i;
	int rc;

	for (i = 0; (other = theme_name_at(profile, i, buf)) != NULL; i++)
		strbuf_printf(&known, "%s%s", i > 0 ? ", " : "", other);
	rc = err_set(err, ERR_INVALID, "theme: no \"%.20s\"; there are %s",
	    name, strbuf_str(&known));
	strbuf_fini(&known);
	return rc;
}

int
theme_load(struct theme *theme, const char *name, const struct profile *profile,
    struct err *err)
{
	const struct theme *ours = find_ours(name);
	struct theme made = theme_default;
	const char *key, *style;
	bool found = false;
	int pass;
	size_t i;

	if (ours != NULL) {
		*theme = *ours;
		return 0;
	}
	/* The base first, wherever it stands. */
	for (pass = 0; profile != NULL && pass < 2; pass++)
		for (i = 0;
		     (key = profile_key_at(profile, THEME_PREFIX, i)) != NULL;
		     i++) {
			style = style_of(key, name);
			if (style == NULL || (*style != '\0') != (pass == 1))
				continue;
			found = true;
			if ((pass == 0 ? set_base(&made, key,
					     profile_get(profile, key), err)
				       : set_style(&made, key, style,
					     profile_get(profile, key), err)) ==
			    -1)
				return -1;
		}
	if (!found)
		return refuse(name, profile, err);
	made.name = name;
	*theme = made;
	return 0;
}

/* The name within a key; false if one before it has the same. */
static bool
is_new_name(const struct profile *profile, size_t at, const char *key,
    char out[THEME_NAME_MAX])
{
	const char *name = key + strlen(THEME_PREFIX), *before;
	size_t len = strcspn(name, "."), i;

	snprintf(out, THEME_NAME_MAX, "%.*s", (int)len, name);
	if (len == 0 || len >= THEME_NAME_MAX || find_ours(out) != NULL)
		return false;
	for (i = 0; i < at; i++) {
		before = profile_key_at(profile, THEME_PREFIX, i);
		if (style_of(before, out) != NULL)
			return false;
	}
	return true;
}

const char *
theme_name_at(const struct profile *profile, size_t i, char out[THEME_NAME_MAX])
{
	const char *key;
	size_t k;

	if (i < N_THEMES)
		return themes[i]->name;
	i -= N_THEMES;
	for (k = 0; profile != NULL; k++) {
		key = profile_key_at(profile, THEME_PREFIX, k);
		if (key == NULL)
			return NULL;
		if (is_new_name(profile, k, key, out) && i-- == 0)
			return out;
	}
	return NULL;
}
