#include "config.h"

#include "core/deck/profile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <ini.h>

#include "core/base/err.h"
#include "core/base/options.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/profile_text.h"

#define DECK "deck"
#define HUB "hub "

/* clang-format off */
const struct profile_def profile_table[] = {
	{ .name = "hub", .arg = "NAME", .of_deck = true,
	  .help = "The hub that is opened when none is named." },
	{ .name = "connection-string-file", .arg = "FILE",
	  .help = "Read the connection string of a service policy from FILE." },
	{ .name = "connection-string", .arg = "STRING", .is_secret = true,
	  .help = "The connection string itself; the file must be private." },
	{ .name = "ca-file", .arg = "FILE",
	  .help = "Trust the CA certificates in FILE (PEM) for the hub." },
	{ .name = "danger", .arg = "yes|no", .is_switch = true,
	  .help = "Say in the header that this hub matters, and have its name "
		  "typed before anything is done to it." },
	{ .name = "theme", .arg = "NAME",
	  .help = "How the screen looks: default, light, mono, high-contrast "
		  "or one of your own." },
	{ .name = "theme.", .arg = "LOOK",
	  .help = "A theme of your own: its base by its name, and its styles "
		  "as NAME.STYLE = COLOUR [ATTRIBUTE …] [on COLOUR]." },
	{ .name = "mouse", .arg = "on|off", .is_switch = true,
	  .help = "Whether the mouse selects, scrolls and focuses." },
	{ .name = "columns", .arg = "COLUMN[:WIDTH][,…]",
	  .help = "The columns of the device list." },
	{ .name = "sort", .arg = "COLUMN",
	  .help = "The column that the device list is sorted by." },
	{ .name = "filter.", .arg = "WORDS",
	  .help = "A filter of the device list, by its name." },
	{ .name = "template.", .arg = "JSON",
	  .help = "An action with its payload, by its name." },
	{ .name = NULL },
};
/* clang-format on */

struct entry {
	char *section, *key, *value; /* owned */
};

struct profile {
	char *path; /* owned; NULL: in memory only */
	char *name; /* owned; the chosen hub, or NULL */
	char *text; /* owned; the file as it was read last */
	struct entry *entries;
	size_t n;
};

const struct profile_def *
profile_def(const char *key)
{
	const struct profile_def *def;
	size_t len;

	for (def = profile_table; def->name != NULL; def++) {
		len = strlen(def->name);
		if (def->name[len - 1] == '.'
			? str_starts_with(key, def->name) && key[len] != '\0'
			: strcmp(key, def->name) == 0)
			return def;
	}
	return NULL;
}

void
profile_print(FILE *file)
{
	const struct profile_def *def;
	char words[64];

	fputs("\nKeys of the configuration file, in [deck] or [hub NAME]:\n\n",
	    file);
	for (def = profile_table; def->name != NULL; def++) {
		snprintf(words, sizeof(words), "%s%s = %s", def->name,
		    def->name[strlen(def->name) - 1] == '.' ? "NAME" : "",
		    def->arg);
		options_print_row(file, words, def->help);
	}
}

static bool
says_yes(const char *value)
{
	return strcasecmp(value, "yes") == 0 || strcasecmp(value, "on") == 0 ||
	    strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0;
}

static bool
says_no(const char *value)
{
	return strcasecmp(value, "no") == 0 || strcasecmp(value, "off") == 0 ||
	    strcasecmp(value, "false") == 0 || strcmp(value, "0") == 0;
}

/* What can stand in the file without being taken for something else. */
static bool
is_name(const char *s)
{
	const char *c;

	for (c = s; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || strchr("[]=:;#", *c) != NULL)
			return false;
	return c != s && (size_t)(c - s) <= PROFILE_NAME_MAX &&
	    !isspace((unsigned char)*s) && !isspace((unsigned char)c[-1]);
}

static bool
is_value(const char *s)
{
	size_t len = strlen(s);
	const char *c;

	for (c = s; *c != '\0'; c++)
		if ((unsigned char)*c < ' ')
			return false;
	return len > 0 && !isspace((unsigned char)*s) &&
	    !isspace((unsigned char)s[len - 1]);
}

static void
entries_free(struct entry *entries, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(entries[i].section);
		free(entries[i].key);
		xfree_secret(entries[i].value);
	}
	free(entries);
}

/* One reading of a text. */
struct reading {
	struct entry *entries;
	size_t n;
	struct err err; /* of the entry that stopped it */
};

static const struct entry *
find(
    const struct entry *entries, size_t n, const char *section, const char *key)
{
	while (n-- > 0) /* the last one wins, as a user expects who appends */
		if (strcmp(entries[n].section, section) == 0 &&
		    strcmp(entries[n].key, key) == 0)
			return &entries[n];
	return NULL;
}

static int
check_entry(
    const char *section, const char *key, const char *value, struct err *err)
{
	const struct profile_def *def = profile_def(key);
	bool of_deck = strcmp(section, DECK) == 0;

	if (!of_deck && !str_starts_with(section, HUB))
		return err_set(err, ERR_INVALID,
		    "there is no section [%.80s]: [deck] and [hub NAME] are "
		    "known",
		    section);
	if (!of_deck && !is_name(section + strlen(HUB)))
		return err_set(
		    err, ERR_INVALID, "[%.80s] names no hub", section);
	if (def == NULL || !is_name(key))
		return err_set(err, ERR_INVALID, "unknown key: %.80s", key);
	if (def->of_deck && !of_deck)
		return err_set(err, ERR_INVALID,
		    "%s belongs into the section [deck]", key);
	if (strlen(value) > PROFILE_VALUE_MAX)
		return err_set(err, ERR_LIMIT, "%s is over %zu bytes", key,
		    PROFILE_VALUE_MAX);
	if (!is_value(value))
		return err_set(err, ERR_INVALID,
		    *value == '\0' ? "%s is empty"
				   : "%s must be one line without spaces "
				     "around it",
		    key);
	/* A slip of the pen must not take the guard off a hub that matters. */
	if (def->is_switch && !says_yes(value) && !says_no(value))
		return err_set(err, ERR_INVALID, "%s is %s, not %.40s", key,
		    def->arg, value);
	return 0;
}

/* For libinih: 0 stops at this line. */
static int
on_entry(void *arg, const char *section, const char *key, const char *value)
{
	struct reading *r = arg;

	if (check_entry(section, key, value, &r->err) == -1)
		return 0;
	r->entries = xreallocarray(r->entries, r->n + 1, sizeof(*r->entries));
	r->entries[r->n++] = (struct entry){
		.section = xstrdup(section),
		.key = xstrdup(key),
		.value = xstrdup(value),
	};
	return 1;
}

/* As the format is told above; the library has it in global variables. */
static int
parse_ini(const char *text, struct reading *r)
{
	ini_use_stack = false; /* it would cut a line at 200 bytes */
	ini_allow_realloc = true;
	ini_max_line = (int)PROFILE_FILE_MAX;
	ini_allow_multiline = false;
	ini_allow_inline_comments = false; /* a value may hold ';' */
	ini_stop_on_first_error = true;
	return ini_parse_string(text, on_entry, r);
}

static const char *
shown_path(const struct profile *profile)
{
	return profile->path != NULL ? profile->path : "the settings";
}

static int
check_private(
    const struct profile *profile, const struct reading *r, struct err *err)
{
	struct stat st;
	size_t i;

	for (i = 0; i < r->n; i++)
		if (profile_def(r->entries[i].key)->is_secret)
			break;
	if (i == r->n || profile->path == NULL ||
	    stat(profile->path, &st) == -1 || (st.st_mode & 077) == 0)
		return 0;
	return err_set(err, ERR_UNAUTHORIZED,
	    "%s holds a key and others can read it: chmod 600 %s",
	    profile->path, profile->path);
}

/* What text says, for adopt(); or -1 with err set and nothing to free. */
static int
read_entries(const struct profile *profile, const char *text, struct reading *r,
    struct err *err)
{
	int line;

	*r = (struct reading){ 0 };
	line = parse_ini(text, r);
	if (line != 0 && r->err.code == ERR_NONE)
		err_set(
		    &r->err, ERR_INVALID, "neither [SECTION] nor KEY = VALUE");
	if (line != 0) {
		err_copy(err, &r->err);
		err_prefix(err, "%s, line %d", shown_path(profile), line);
	}
	if (line == 0 && check_private(profile, r, err) == 0)
		return 0;
	entries_free(r->entries, r->n);
	return -1;
}

/* text is the profile's from now on, and so is what was read of it. */
static void
adopt(struct profile *profile, char *text, const struct reading *r)
{
	xfree_secret(profile->text);
	entries_free(profile->entries, profile->n);
	profile->text = text;
	profile->entries = r->entries;
	profile->n = r->n;
}

/* The caller's; "" where there is no file.  NULL with err set. */
static char *
read_text(const struct profile *profile, struct err *err)
{
	struct err e = { 0 };
	char *text;

	if (profile->path == NULL)
		return xstrdup(profile->text != NULL ? profile->text : "");
	text = paths_read_file(profile->path, PROFILE_FILE_MAX, NULL, &e);
	if (text == NULL && e.code == ERR_NOT_FOUND)
		return xstrdup("");
	if (text == NULL)
		err_copy(err, &e);
	return text;
}

int
profile_reload(struct profile *profile, struct err *err)
{
	struct reading r;
	char *text = read_text(profile, err);

	if (text == NULL || read_entries(profile, text, &r, err) == -1) {
		xfree_secret(text);
		return -1;
	}
	adopt(profile, text, &r);
	return 0;
}

struct profile *
profile_new(const char *path, struct err *err)
{
	struct profile *profile = xcalloc(1, sizeof(*profile));

	profile->path = xstrdup(path);
	if (profile_reload(profile, err) == 0)
		return profile;
	profile_free(profile);
	return NULL;
}

void
profile_free(struct profile *profile)
{
	if (profile == NULL)
		return;
	entries_free(profile->entries, profile->n);
	xfree_secret(profile->text);
	free(profile->name);
	free(profile->path);
	free(profile);
}

int
profile_choose(struct profile *profile, const char *name, struct err *err)
{
	if (!is_name(name))
		return err_set(err, ERR_INVALID,
		    "%.80s: a hub's name has 1 to %zu characters, none of "
		    "[ ] = : ; #",
		    name, PROFILE_NAME_MAX);
	free(profile->name);
	profile->name = xstrdup(name);
	return 0;
}

bool
profile_has_hub(const struct profile *profile, const char *name)
{
	size_t i;

	for (i = 0; i < profile->n; i++)
		if (str_starts_with(profile->entries[i].section, HUB) &&
		    strcmp(profile->entries[i].section + strlen(HUB), name) ==
			0)
			return true;
	return false;
}

const char *
profile_name(const struct profile *profile)
{
	return profile->name;
}

/* Whether it is how a hub is reached; a section may hold settings alone. */
static bool
is_string(const struct entry *entry)
{
	return strcmp(entry->key, "connection-string") == 0 ||
	    strcmp(entry->key, "connection-string-file") == 0;
}

/* Whether the i-th entry is the first that tells how its hub is reached. */
static bool
begins_hub(const struct profile *profile, size_t i)
{
	const struct entry *entry = &profile->entries[i];
	size_t k;

	if (!is_string(entry) || !str_starts_with(entry->section, HUB))
		return false;
	for (k = 0; k < i; k++)
		if (is_string(&profile->entries[k]) &&
		    strcmp(profile->entries[k].section, entry->section) == 0)
			return false;
	return true;
}

const char *
profile_hub_at(const struct profile *profile, size_t i)
{
	size_t k;

	for (k = 0; k < profile->n; k++)
		if (begins_hub(profile, k) && i-- == 0)
			return profile->entries[k].section + strlen(HUB);
	return NULL;
}

/* The section a key is written to; the caller's. */
static char *
section_of(const struct profile *profile, const char *key)
{
	const struct profile_def *def = profile_def(key);

	if (profile->name == NULL || (def != NULL && def->of_deck))
		return xstrdup(DECK);
	return xasprintf(HUB "%s", profile->name);
}

static const struct entry *
entry_of(const struct profile *profile, const char *key)
{
	char *section = section_of(profile, key);
	const struct entry *e =
	    find(profile->entries, profile->n, section, key);

	free(section);
	return e != NULL ? e : find(profile->entries, profile->n, DECK, key);
}

const char *
profile_get(const struct profile *profile, const char *key)
{
	const struct entry *e = entry_of(profile, key);

	return e != NULL ? e->value : NULL;
}

bool
profile_is_yes(const struct profile *profile, const char *key)
{
	const char *value = profile_get(profile, key);

	return value != NULL && says_yes(value);
}

char *
profile_origin(const struct profile *profile, const char *key)
{
	const struct entry *e = entry_of(profile, key);

	if (e == NULL)
		return NULL;
	if (profile->path == NULL)
		return xstrdup("set here, not kept");
	return xasprintf("[%s] of %s", e->section, profile->path);
}

const char *
profile_key_at(const struct profile *profile, const char *prefix, size_t i)
{
	const struct entry *e;
	size_t k, pass;

	for (pass = 0; pass < 2; pass++)
		for (k = 0; k < profile->n; k++) {
			e = &profile->entries[k];
			/* Each key once, where profile_get() finds it. */
			if (!str_starts_with(e->key, prefix) ||
			    (strcmp(e->section, DECK) == 0) != (pass == 1) ||
			    entry_of(profile, e->key) != e)
				continue;
			if (i-- == 0)
				return e->key;
		}
	return NULL;
}

/*
 * The file itself is written, not a link to it, and it stays as open to others
 * as it was.
 */
static int
write_file(const struct profile *profile, const char *text, struct err *err)
{
	char *real = realpath(profile->path, NULL);
	char *path = real != NULL ? real : xstrdup(profile->path);
	char *slash = strrchr(path, '/');
	struct stat st;
	unsigned int mode = stat(path, &st) == 0 ? st.st_mode & 0777 : 0600;
	char *dir =
	    slash != NULL ? xstrndup(path, (size_t)(slash - path)) : NULL;
	int rc = 0;

	if (dir != NULL && *dir != '\0')
		rc = paths_make_dir(dir, err);
	if (rc == 0)
		rc = paths_write_file(path, text, strlen(text), mode, err);
	free(dir);
	free(path);
	return rc;
}

int
profile_set(struct profile *profile, const char *key, const char *value,
    struct err *err)
{
	char *section = section_of(profile, key);
	char *text = NULL, *edited = NULL;
	struct reading r;
	int rc = -1;

	if (check_entry(section, key, value != NULL ? value : "no", err) == -1)
		goto out;
	text = read_text(profile, err);
	if (text == NULL)
		goto out;
	edited = profile_text_edit(text, section, key, value);
	if (strlen(edited) > PROFILE_FILE_MAX) {
		err_set(err, ERR_LIMIT, "%s would be over %zu bytes",
		    shown_path(profile), PROFILE_FILE_MAX);
		goto out;
	}
	if (read_entries(profile, edited, &r, err) == -1)
		goto out;
	if (profile->path != NULL && write_file(profile, edited, err) == -1) {
		entries_free(r.entries, r.n);
		goto out;
	}
	adopt(profile, edited, &r);
	edited = NULL; /* the profile's now */
	rc = 0;
out:
	xfree_secret(edited);
	xfree_secret(text);
	free(section);
	return rc;
}
