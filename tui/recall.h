/*
 * What was typed before: a list for each kind of input, kept across starts in
 * one private file.
 */
#ifndef TWINDECK_TUI_RECALL_H
#define TWINDECK_TUI_RECALL_H

#include <stddef.h>

struct err;
struct recall;

#define RECALL_MAX 100 /* lines of one kind */
#define RECALL_FILE_MAX ((size_t)4 * 1024 * 1024)

/* path is copied; NULL keeps everything in memory.  A file that is missing or
 * cannot be understood is an empty one. */
struct recall *recall_new(const char *path);
void recall_free(struct recall *recall); /* NULL does nothing */

/* As the newest; it stands in the list once. */
void recall_add(struct recall *recall, const char *kind, const char *text);
size_t recall_size(const struct recall *recall, const char *kind);
/* Oldest first; borrowed until the next recall_add(). */
const char *recall_at(
    const struct recall *recall, const char *kind, size_t i);
const char *recall_last(const struct recall *recall, const char *kind);

/* 0, also when nothing was added; or -1 with err set. */
int recall_save(struct recall *recall, struct err *err);

#endif
