#include "config.h"

#include "core/deck/filter.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/evidence.h"
#include "core/deck/filter_field.h"
#include "core/deck/fleet.h"

#define SHOWN_MAX 40 /* bytes of a word in an error */

struct filter {
	char *text;                /* owned */
	struct filter_term *terms; /* owned */
	size_t n_terms;
};

/* A word as it stands in the text: where, and with its quotes taken off. */
struct word {
	const char *raw;
	size_t raw_len;
	size_t number; /* from 1 */
	bool negated;
	bool quoted; /* from its first character: it is no field */
	bool value_quoted;
	size_t colon; /* the first that stands in no quotes; SIZE_MAX: none */
	struct strbuf text;
};

struct parser {
	filter_named_cb named;
	void *arg;
	struct filter *filter;
	int depth; /* of names within names */
};

static int
refuse(const struct word *word, struct err *err, const char *words)
{
	size_t len = word->raw_len < SHOWN_MAX ? word->raw_len : SHOWN_MAX;

	return err_set(err, ERR_INVALID, "word %zu, %.*s%s: %s", word->number,
	    (int)len, word->raw, len < word->raw_len ? "…" : "", words);
}

/*
 * Reads the next word; false: there is none.  A quote that is not closed goes
 * to the end, as while it is being typed.
 */
static bool
next_word(const char **at, struct word *word)
{
	const char *p = *at + strspn(*at, " \t");
	bool in_quotes = false;

	strbuf_reset(&word->text);
	word->raw = p;
	word->number++;
	word->negated = *p == '!';
	p += word->negated;
	word->quoted = *p == '"';
	word->value_quoted = false;
	word->colon = SIZE_MAX;
	for (; *p != '\0' && (in_quotes || (*p != ' ' && *p != '\t')); p++) {
		if (*p == '"') {
			in_quotes = !in_quotes;
			if (word->colon + 1 == word->text.len)
				word->value_quoted = true;
			continue;
		}
		if (*p == '\\' && in_quotes && p[1] != '\0')
			p++;
		else if (*p == ':' && !in_quotes && word->colon == SIZE_MAX)
			word->colon = word->text.len;
		strbuf_putc(&word->text, *p);
	}
	*at = p;
	word->raw_len = (size_t)(p - word->raw);
	return word->raw_len > 0;
}

static const struct filter_field *
find_field(const struct word *word, const char **path)
{
	const char *text = strbuf_str(&word->text);
	size_t n = word->colon == SIZE_MAX ? word->text.len : word->colon, len;
	const struct filter_field *f;

	*path = NULL;
	if (word->quoted)
		return NULL;
	for (f = filter_fields; f->name != NULL; f++) {
		len = strlen(f->name);
		if (len > n || strncasecmp(text, f->name, len) != 0)
			continue;
		if (f->name[len - 1] == '.')
			*path = text + len;
		else if (len != n)
			continue;
		/* An id may hold a colon, and a field's name be a word. */
		if (*path != NULL || word->colon != SIZE_MAX ||
		    f->values == NULL)
			return f;
	}
	return NULL;
}

static bool
is_number(const char *text)
{
	size_t sign = text[0] == '-';

	return isdigit((unsigned char)text[sign]) != 0 &&
	    text[sign + strspn(text + sign, "0123456789.")] == '\0';
}

/* Lower case, once: each row is then compared with it. */
static void
set_text(struct filter_term *term, const char *text)
{
	char *p;

	term->text = xstrdup(text);
	term->len = strlen(text);
	for (p = term->text; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
}

static int
parse_field(const struct word *word, const struct filter_field *field,
    const char *path, struct filter_term *term, struct err *err)
{
	const char *value = word->colon == SIZE_MAX
	    ? ""
	    : strbuf_str(&word->text) + word->colon + 1;
	char words[160];

	if (field->values == NULL && word->colon != SIZE_MAX) {
		snprintf(
		    words, sizeof(words), "%s takes no value", field->name);
		return refuse(word, err, words);
	}
	if (path != NULL) {
		term->path = xstrndup(strbuf_str(&word->text),
		    strcspn(strbuf_str(&word->text), ":"));
		if (path[0] == '\0' || path[0] == ':')
			return refuse(word, err,
			    "what it is called is missing, as in "
			    "tag.site:brno");
	}
	term->field = field;
	set_text(term, value);
	/* tag.floor:3 is not to find floor 30; version:1.4 finds 1.4.2. */
	term->how = word->value_quoted || (path != NULL && is_number(value))
	    ? FILTER_WHOLE
	    : strchr(value, '*') != NULL ? FILTER_GLOB
					 : FILTER_START;
	if (field->prepare != NULL && !field->prepare(term)) {
		snprintf(words, sizeof(words), "%s is one of %s", field->name,
		    field->values);
		return refuse(word, err, words);
	}
	return 0;
}

static int
parse_term(const struct word *word, struct filter_term *term, struct err *err)
{
	const char *text = strbuf_str(&word->text), *path;
	const struct filter_field *field = find_field(word, &path);

	*term = (struct filter_term){ .negated = word->negated };
	if (field != NULL)
		return parse_field(word, field, path, term, err);
	if (text[0] == '\0')
		return refuse(word, err,
		    word->negated ? "nothing stands behind the !"
				  : "nothing stands between the quotes");
	if (text[0] == '~' && !word->quoted) {
		if (text[1] == '\0')
			return refuse(word, err, "nothing stands behind the ~");
		term->field = &filter_fuzzy;
		set_text(term, text + 1);
		return 0;
	}
	term->field = &filter_anywhere;
	set_text(term, text);
	filter_anywhere.prepare(term);
	return 0;
}

static int
parse_words(struct parser *parser, const char *text, struct err *err);

static int
parse_name(struct parser *parser, const struct word *word, struct err *err)
{
	const char *name = strbuf_str(&word->text) + 1, *text = NULL;
	char *copy;
	int rc;

	if (word->negated)
		return refuse(word, err,
		    "a ! goes with one word, not with a filter of several");
	if (name[0] == '\0')
		return refuse(word, err, "name a filter that was saved");
	if (parser->named != NULL)
		text = parser->named(name, parser->arg);
	if (text == NULL)
		return refuse(word, err, "no filter was saved by that name");
	if (parser->depth == FILTER_NESTED_MAX)
		return refuse(word, err, "names within names go too deep");
	copy = xstrdup(text);
	parser->depth++;
	rc = parse_words(parser, copy, err);
	parser->depth--;
	free(copy);
	if (rc == -1)
		err_prefix(err, "@%.32s", name);
	return rc;
}

static int
parse_words(struct parser *parser, const char *text, struct err *err)
{
	struct filter *filter = parser->filter;
	struct word word = { 0 };
	int rc = -1;

	while (next_word(&text, &word)) {
		if (strbuf_str(&word.text)[0] == '@' && !word.quoted) {
			if (parse_name(parser, &word, err) == -1)
				goto out;
			continue;
		}
		if (filter->n_terms == FILTER_WORDS_MAX) {
			err_set(err, ERR_LIMIT,
			    "a filter has at most %zu words", FILTER_WORDS_MAX);
			goto out;
		}
		if (parse_term(&word, &filter->terms[filter->n_terms++], err) ==
		    -1)
			goto out;
	}
	rc = 0;
out:
	strbuf_fini(&word.text);
	return rc;
}

struct filter *
filter_parse(
    const char *text, filter_named_cb named, void *arg, struct err *err)
{
	struct parser parser = { .named = named, .arg = arg };

	if (strlen(text) > FILTER_TEXT_MAX) {
		err_set(err, ERR_LIMIT, "a filter has at most %zu bytes",
		    FILTER_TEXT_MAX);
		return NULL;
	}
	parser.filter = xcalloc(1, sizeof(*parser.filter));
	parser.filter->text = xstrdup(text);
	parser.filter->terms =
	    xcalloc(FILTER_WORDS_MAX, sizeof(*parser.filter->terms));
	if (parse_words(&parser, text, err) == -1) {
		filter_free(parser.filter);
		return NULL;
	}
	return parser.filter;
}

void
filter_free(struct filter *filter)
{
	size_t i;

	if (filter == NULL)
		return;
	for (i = 0; i < filter->n_terms; i++) {
		free(filter->terms[i].text);
		free(filter->terms[i].path);
	}
	free(filter->terms);
	free(filter->text);
	free(filter);
}

const char *
filter_text(const struct filter *filter)
{
	return filter->text;
}

bool
filter_matches(const struct filter *filter, const struct fleet *fleet,
    const struct fleet_row *row)
{
	const struct filter_term *t;

	(void)fleet;
	for (t = filter->terms; t < filter->terms + filter->n_terms; t++)
		if (t->field->matches(t, fleet, row) == t->negated)
			return false;
	return true;
}

int
filter_check_paths(
    const struct filter *filter, const struct fleet *fleet, struct err *err)
{
	const struct filter_term *t;

	for (t = filter->terms; t < filter->terms + filter->n_terms; t++)
		if (filter_asks_path(t) &&
		    fleet_path_index(fleet, t->path) == -1)
			return err_set(err, ERR_INVALID,
			    "%.64s is in no column; :columns +%.64s shows it",
			    t->path, t->path);
	return 0;
}

bool
filter_asks_marks(const struct filter *filter)
{
	const struct filter_term *t;

	for (t = filter->terms; t < filter->terms + filter->n_terms; t++)
		if (filter_asks_mark(t))
			return true;
	return false;
}

/* Whether a row that a matches, the ! aside, is matched by b too. */
static bool
implies(const struct filter_term *a, const struct filter_term *b)
{
	if (a->field != b->field || a->how != b->how ||
	    (a->phases & ~b->phases) != 0 || (a->doors & ~b->doors) != 0 ||
	    (a->path != NULL && strcmp(a->path, b->path) != 0))
		return false;
	if (strcmp(a->text, b->text) == 0)
		return true;
	if (a->field == &filter_anywhere)
		return strstr(a->text, b->text) != NULL;
	if (a->field == &filter_fuzzy)
		return str_starts_with(a->text, b->text);
	/* Text within a value: what is longer is rarer.  Sets are above. */
	return a->how == FILTER_START && str_starts_with(a->text, b->text);
}

bool
filter_narrows(const struct filter *filter, const struct filter *other)
{
	const struct filter_term *a, *b;
	size_t i, k;

	for (i = 0; i < other->n_terms; i++) {
		b = &other->terms[i];
		for (k = 0; k < filter->n_terms; k++) {
			a = &filter->terms[k];
			if (a->negated == b->negated &&
			    (a->negated ? implies(b, a) : implies(a, b)))
				break;
		}
		if (k == filter->n_terms)
			return false;
	}
	return true;
}

bool
filter_is_half_typed(const char *text, size_t *head)
{
	const struct filter_field *f;
	const char *word = text + strlen(text);
	size_t len;

	while (word > text && word[-1] != ' ' && word[-1] != '\t')
		word--;
	*head = (size_t)(word - text);
	word += *word == '!';
	len = strlen(word);
	for (f = filter_fields; f->name != NULL; f++)
		if (len > 0 && strncasecmp(f->name, word, len) == 0)
			return true;
	return false;
}

int
filter_name_check(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len == 0 || len > FILTER_NAME_MAX)
		return err_set(err, ERR_INVALID,
		    "a filter's name has 1 to %zu characters", FILTER_NAME_MAX);
	if (strspn(name,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789-_") != len)
		return err_set(err, ERR_INVALID,
		    "%.32s: a filter's name has letters, digits, - and _",
		    name);
	return 0;
}
