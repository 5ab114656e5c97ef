#include "config.h"

#include "tui/tour_script.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tui/key.h"
#include "tui/tour_text.h"

#define STOPS_MAX ((size_t)1000)

struct tour_wait {
	bool absent;
	int line;
	int64_t within_ms;
	char *text;     /* owned */
	regex_t *regex; /* owned; NULL: a plain text */
};

struct tour_script {
	char *name; /* owned */
	struct tour_stop *stops;
	size_t n_stops, n_steps;
};

/* Where a line of the text is read. */
struct reader {
	struct tour_script *script;
	int line;
	const char *begin; /* of the line, for columns */
	char *arg;         /* behind the verb, trimmed */
	struct err *err;
};

static int
refuse(struct reader *r, const char *at, const char *what)
{
	return err_set(r->err, ERR_INVALID, "%s:%d:%d: %s", r->script->name,
	    r->line, (int)(at - r->begin) + 1, what);
}

static int
add_stop(struct reader *r, const char *say)
{
	struct tour_script *s = r->script;
	struct tour_stop *stop;

	if (s->n_stops == STOPS_MAX)
		return err_set(r->err, ERR_LIMIT, "%s:%d: over %zu stops",
		    s->name, r->line, STOPS_MAX);
	s->stops = xreallocarray(s->stops, s->n_stops + 1, sizeof(*s->stops));
	if (say != NULL || s->n_steps == 0)
		s->n_steps++;
	stop = &s->stops[s->n_stops++];
	*stop = (struct tour_stop){
		.say = xstrdup(say != NULL ? say : ""),
		.step = s->n_steps,
		.line = r->line,
	};
	return 0;
}

static struct tour_stop *
last_stop(struct reader *r)
{
	return &r->script->stops[r->script->n_stops - 1];
}

/* Keys go to the stop under way, until something was waited for. */
static int
stop_for_keys(struct reader *r)
{
	if (r->script->n_stops > 0 && last_stop(r)->n_waits == 0)
		return 0;
	return add_stop(r, NULL);
}

static void
add_key(struct tour_stop *stop, int32_t key, bool typed)
{
	stop->keys =
	    xreallocarray(stop->keys, stop->n_keys + 1, sizeof(*stop->keys));
	stop->keys[stop->n_keys++] =
	    (struct tour_key){ .key = key, .typed = typed };
}

static int
read_say(struct reader *r)
{
	return add_stop(r, r->arg);
}

static int
read_key(struct reader *r)
{
	char *rest = r->arg, *word;
	int32_t key;

	if (stop_for_keys(r) == -1)
		return -1;
	while ((word = strsep(&rest, " \t")) != NULL) {
		if (*word == '\0')
			continue;
		key = key_parse(word);
		if (key == 0)
			return refuse(r, word, "no such key");
		add_key(last_stop(r), key, false);
	}
	return 0;
}

static int
read_type(struct reader *r)
{
	const char *p = r->arg;
	uint32_t cp;
	int len;

	if (stop_for_keys(r) == -1)
		return -1;
	for (; *p != '\0'; p += len) {
		len = utf8_decode(p, strlen(p), &cp);
		if (len <= 0)
			return refuse(r, p, "this is no UTF-8");
		if (cp < ' ' || cp == 127)
			return refuse(r, p, "a control character is no text");
		add_key(last_stop(r), (int32_t)cp, true);
	}
	return 0;
}

static int
compile(struct reader *r, struct tour_wait *wait, const char *at)
{
	size_t len = strlen(wait->text);
	regex_t *regex;
	char *pattern;
	int rc;

	if (len <= 2 || wait->text[0] != '/' || wait->text[len - 1] != '/')
		return 0;
	pattern = xstrndup(wait->text + 1, len - 2);
	regex = xcalloc(1, sizeof(*regex));
	rc = regcomp(regex, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
	free(pattern);
	if (rc == 0) {
		wait->regex = regex;
		return 0;
	}
	free(regex);
	return refuse(r, at, "this is no regular expression");
}

static int
read_wait_or_absent(struct reader *r, bool absent)
{
	struct tour_wait wait = { .absent = absent, .line = r->line };
	char *text = r->arg + strcspn(r->arg, " \t");
	char *time = xstrndup(r->arg, (size_t)(text - r->arg));
	struct tour_stop *stop;
	int rc;

	rc = clock_parse_duration(time, &wait.within_ms);
	free(time);
	if (rc == -1)
		return refuse(r, r->arg, "this is no duration, such as 10s");
	text = str_trim(text);
	if (*text == '\0')
		return refuse(r, text, "what to wait for is missing");
	if (r->script->n_stops == 0 && add_stop(r, NULL) == -1)
		return -1;
	wait.text = xstrdup(text);
	if (compile(r, &wait, text) == -1) {
		free(wait.text);
		return -1;
	}
	stop = last_stop(r);
	stop->waits =
	    xreallocarray(stop->waits, stop->n_waits + 1, sizeof(*stop->waits));
	stop->waits[stop->n_waits++] = wait;
	return 0;
}

static int
read_wait(struct reader *r)
{
	return read_wait_or_absent(r, false);
}

static int
read_absent(struct reader *r)
{
	return read_wait_or_absent(r, true);
}

static const struct verb {
	const char *name;
	int (*read)(struct reader *r);
} verbs[] = {
	{ "say", read_say },
	{ "key", read_key },
	{ "type", read_type },
	{ "wait", read_wait },
	{ "absent", read_absent },
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static int
read_line(struct reader *r, char *line)
{
	char *verb;
	size_t len, i;

	r->begin = line;
	verb = str_trim(line);
	if (*verb == '\0' || *verb == '#')
		return 0;
	len = strcspn(verb, " \t");
	r->arg = verb + len;
	r->arg += strspn(r->arg, " \t");
	for (i = 0; i < N_VERBS; i++)
		if (strlen(verbs[i].name) == len &&
		    strncmp(verbs[i].name, verb, len) == 0)
			break;
	if (i == N_VERBS)
		return refuse(r, verb,
		    "a line begins with say, key, type, wait or absent");
	if (*r->arg == '\0')
		return refuse(r, r->arg, "something is missing behind it");
	return verbs[i].read(r);
}

struct tour_script *
tour_script_parse(const char *name, const char *text, struct err *err)
{
	struct tour_script *script = xcalloc(1, sizeof(*script));
	struct reader r = { .script = script, .err = err };
	char *copy, *rest, *line;
	int rc = 0;

	script->name = xstrdup(name);
	copy = rest = xstrdup(text);
	while (rc == 0 && (line = strsep(&rest, "\n")) != NULL) {
		r.line++;
		rc = read_line(&r, line);
	}
	if (rc == 0 && script->n_stops == 0)
		rc = err_set(
		    err, ERR_INVALID, "%s: there is nothing in it", name);
	free(copy);
	if (rc == 0)
		return script;
	tour_script_free(script);
	return NULL;
}

struct tour_script *
tour_script_read(const char *path, struct err *err)
{
	char *text = paths_read_file(path, TOUR_TEXT_MAX, NULL, err);
	struct tour_script *script;

	if (text == NULL)
		return NULL;
	script = tour_script_parse(path, text, err);
	free(text);
	return script;
}

struct tour_script *
tour_script_demo(void)
{
	return tour_script_parse("demo.tour", tour_text_demo, NULL);
}

void
tour_script_free(struct tour_script *script)
{
	struct tour_stop *stop;
	size_t i, k;

	if (script == NULL)
		return;
	for (i = 0; i < script->n_stops; i++) {
		stop = &script->stops[i];
		for (k = 0; k < stop->n_waits; k++) {
			free(stop->waits[k].text);
			if (stop->waits[k].regex != NULL)
				regfree(stop->waits[k].regex);
			free(stop->waits[k].regex);
		}
		free(stop->waits);
		free(stop->keys);
		free(stop->say);
	}
	free(script->stops);
	free(script->name);
	free(script);
}

const char *
tour_script_name(const struct tour_script *script)
{
	return script->name;
}

size_t
tour_script_steps(const struct tour_script *script)
{
	return script->n_steps;
}

size_t
tour_script_stops(const struct tour_script *script)
{
	return script->n_stops;
}

const struct tour_stop *
tour_script_at(const struct tour_script *script, size_t i)
{
	return &script->stops[i];
}

bool
tour_wait_is_met(const struct tour_wait *wait, const char *screen)
{
	bool found = wait->regex != NULL
	    ? regexec(wait->regex, screen, 0, NULL, 0) == 0
	    : strstr(screen, wait->text) != NULL;

	return found != wait->absent;
}

const struct tour_wait *
tour_stop_wait(const struct tour_stop *stop, size_t i)
{
	return &stop->waits[i];
}

const char *
tour_wait_text(const struct tour_wait *wait)
{
	return wait->text;
}

int64_t
tour_wait_ms(const struct tour_wait *wait)
{
	return wait->within_ms;
}

bool
tour_wait_is_absent(const struct tour_wait *wait)
{
	return wait->absent;
}

int
tour_wait_line(const struct tour_wait *wait)
{
	return wait->line;
}
