#include "config.h"

#include "tui/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tui/key.h"

#define WAIT_MAX ((size_t)200) /* bytes of a message that is waited for */

enum run { RUN_NONE, RUN_KEYS, RUN_TYPED };

struct record {
	FILE *file;
	char *path;         /* owned */
	const char *help;   /* of the step under way; NULL: none; a table's */
	struct strbuf step; /* its lines so far */
	enum run run;       /* the line that is under way */
	struct strbuf line;
	bool inside;    /* a prompt or dialog had keys in this step */
	bool is_secret; /* one may have been typed in this step */
	bool noted;
	char *said;  /* owned; by the last key, or NULL */
	char *ended; /* owned; the last job that ended, or NULL */
};

struct record *
record_new(const char *path, struct err *err)
{
	struct record *r;
	FILE *file;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1) {
		err_set(err, errno == EEXIST ? ERR_EXISTS : ERR_IO, "%s: %s",
		    path,
		    errno == EEXIST ? "is there already, and is left alone"
				    : strerror(errno));
		return NULL;
	}
	file = fdopen(fd, "w");
	if (file == NULL) {
		err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
		close(fd);
		return NULL;
	}
	r = xcalloc(1, sizeof(*r));
	r->file = file;
	r->path = xstrdup(path);
	fputs("# Recorded by twindeck.  To play it again:\n"
	      "#   twindeck demo --autoplay --tour-file FILE\n",
	    r->file);
	fflush(r->file);
	return r;
}

/* A text loses its blanks at both ends where it is read: they are keys. */
static void
end_run(struct record *r)
{
	size_t blanks = 0;
	struct strbuf *line = &r->line;

	if (r->run == RUN_TYPED) {
		while (line->len > 0 && line->data[line->len - 1] == ' ') {
			line->data[--line->len] = '\0';
			blanks++;
		}
		if (line->len > 0)
			strbuf_printf(&r->step, "type %s\n", line->data);
		if (blanks > 0)
			strbuf_puts(&r->step, "key");
		for (; blanks > 0; blanks--)
			strbuf_printf(
			    &r->step, " <Space>%s", blanks == 1 ? "\n" : "");
	} else if (r->run == RUN_KEYS) {
		strbuf_printf(&r->step, "key%s\n", strbuf_str(line));
	}
	strbuf_reset(line);
	r->run = RUN_NONE;
}

void
record_begin(struct record *r, const char *seen)
{
	fprintf(r->file, "\nwait 60s %s\n", seen);
	fflush(r->file);
}

/*
 * A number of its own, of a job or in milliseconds, is another one the next
 * time; one in a name is not.
 */
static void
put_wait(struct record *r, const char *time, const char *text)
{
	const char *p;
	char before = ' ';

	if (*text == '\0' || strlen(text) > WAIT_MAX)
		return;
	strbuf_printf(&r->step, "wait %s /", time);
	for (p = text; *p != '\0'; before = *p++) {
		if (*p >= '0' && *p <= '9' && strchr(" (:+", before) != NULL) {
			strbuf_puts(&r->step, "[0-9]+");
			while (p[1] >= '0' && p[1] <= '9')
				p++;
		} else if ((unsigned char)*p < ' ') {
			strbuf_putc(&r->step, '.');
		} else {
			if (strchr("\\.[]{}()*+?^$|", *p) != NULL)
				strbuf_putc(&r->step, '\\');
			strbuf_putc(&r->step, *p);
		}
	}
	strbuf_puts(&r->step, "/\n");
}

static void
put_said(struct record *r)
{
	if (r->said != NULL)
		put_wait(r, "10s", r->said);
	if (r->ended != NULL)
		put_wait(r, "10m", r->ended);
	free(r->said);
	free(r->ended);
	r->said = r->ended = NULL;
}

static void
write_step(struct record *r)
{
	end_run(r);
	put_said(r);
	if (r->is_secret)
		fputs("# left out: what was typed here may be a secret\n",
		    r->file);
	else
		fputs(strbuf_str(&r->step), r->file);
	fflush(r->file);
	strbuf_reset(&r->step);
	r->help = NULL;
	r->inside = r->is_secret = r->noted = false;
}

void
record_free(struct record *r)
{
	if (r == NULL)
		return;
	if (!r->inside)
		write_step(r);
	fclose(r->file);
	strbuf_fini(&r->step);
	strbuf_fini(&r->line);
	free(r->said);
	free(r->ended);
	free(r->path);
	free(r);
}

const char *
record_path(const struct record *r)
{
	return r->path;
}

static void
put_typed(struct record *r, int32_t key)
{
	char utf8[5];

	utf8[utf8_encode((uint32_t)key, utf8)] = '\0';
	strbuf_puts(&r->line, utf8);
}

void
record_key(struct record *r, int32_t key, bool typed, const char *help)
{
	char name[KEY_NAME_SIZE];
	enum run run;

	if (help != NULL && (help != r->help || r->inside)) {
		write_step(r);
		r->help = help;
		strbuf_printf(&r->step, "\nsay %s\n", help);
	}
	/* What was said before this key is no sign of what comes of it. */
	free(r->said);
	r->said = NULL;
	r->inside = r->inside || help == NULL;
	typed = typed && (key != ' ' || r->run == RUN_TYPED);
	run = typed ? RUN_TYPED : RUN_KEYS;
	if (run != r->run)
		end_run(r);
	r->run = run;
	if (typed)
		put_typed(r, key);
	else
		strbuf_printf(&r->line, " %s", key_spell(key, name));
}

void
record_paste(struct record *r, const char *text)
{
	const char *p = text;
	uint32_t cp;
	int len;

	for (; (len = utf8_decode(p, strlen(p), &cp)) > 0; p += len)
		record_key(
		    r, cp < ' ' || cp == 127 ? ' ' : (int32_t)cp, true, NULL);
	record_look(r, text);
}

/* Rather too much is left out than a key is written down. */
void
record_look(struct record *r, const char *line)
{
	static const char *const signs[] = { "SharedAccess", "sig=", "password",
		"passwd", "secret", "token", "PRIVATE KEY" };
	size_t i;

	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strcasestr(line, signs[i]) != NULL)
			r->is_secret = true;
}

void
record_opened(struct record *r, const char *title)
{
	end_run(r);
	put_wait(r, "10s", title);
	r->inside = true;
}

void
record_said(struct record *r, const char *text, bool at_once)
{
	const char *end = strstr(text, " ended in ");

	record_look(r, text);
	if (at_once) {
		free(r->said);
		r->said = xstrdup(text);
	} else if (end != NULL) {
		free(r->ended);
		r->ended = xasprintf("%.*s ended", (int)(end - text), text);
	}
}

void
record_note(struct record *r, const char *text)
{
	if (r->noted)
		return;
	end_run(r);
	strbuf_printf(&r->step, "# %s\n", text);
	r->noted = true;
}

int
record_check(const struct record *r, struct err *err)
{
	if (!ferror(r->file))
		return 0;
	return err_set(err, ERR_IO, "%s cannot be written", r->path);
}
