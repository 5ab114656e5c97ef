/*
 * Desired properties or tags as a form of lines, "path = JSON value", and back: the
 * patch that turns what was into what was typed, and the difference to show
 * before it is sent.
 */
#ifndef TWINDECK_CORE_DECK_FORM_H
#define TWINDECK_CORE_DECK_FORM_H

#include <stdbool.h>
#include <stddef.h>

struct cJSON;
struct err;
struct strbuf;

#define FORM_LINES_MAX ((size_t)4000)

/*
 * One line a leaf, in the order of the section, $metadata and $version left
 * out; a key that holds a dot or a space is written in double quotes.  The
 * caller's, lines separated by '\n'; "" for an empty section.
 */
char *form_format(const struct cJSON *desired);

/* Appends a key to a path as it is written in a line, with its dot. */
void form_put_key(struct strbuf *path, const char *key);

/*
 * Reads lines back; a bare word that is no JSON is an error, and so is a path
 * that stands twice or below a leaf.  Empty lines and lines beginning with '#'
 * are skipped.  Returns the section (the caller's), or NULL with err set
 * ("line 2, column 12: …") and *line the index of the faulty line.
 */
struct cJSON *form_parse(const char *text, size_t *line, struct err *err);

/*
 * The index of the line of text that put an item into section, which
 * form_parse() made of it; false if no line did.
 */
bool form_line_of(const char *text, const struct cJSON *section,
    const struct cJSON *item, size_t *line);

/*
 * Puts one line, "path = JSON value", into a section; null is kept as null.
 * 0, or -1 with err set ("column 12: …") and the section as good as before.
 */
int form_set(
    struct cJSON *section, const char *line, size_t len, struct err *err);

/*
 * The merge patch from one section to another: what is gone becomes null.
 * The caller's; {} when nothing differs.
 */
struct cJSON *form_patch(const struct cJSON *from, const struct cJSON *to);

enum form_change { FORM_ADDED, FORM_REMOVED, FORM_CHANGED };

/*
 * Walks the leaves that differ, those that are gone or changed first, then the
 * added ones.  Texts are borrowed in the call; was is NULL for an added leaf,
 * is for a removed one.
 */
typedef void (*form_diff_cb)(enum form_change change, const char *path,
    const char *was, const char *is, void *arg);
void form_diff(const struct cJSON *from, const struct cJSON *to,
    form_diff_cb cb, void *arg);

#endif
