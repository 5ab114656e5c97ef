#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/command.h"

#define WORDS_MAX 1000
#define NESTING_MAX 64 /* of brackets in one word */
#define WHEN_MAX_MS (INT64_C(30) * 24 * 3600 * 1000)

/*
 * A line being split.  Inside brackets everything is JSON and kept as it is;
 * outside, quotes group and a backslash takes the next character as it is.
 */
struct splitter {
	const char *start;
	const char *p;
	struct strbuf word;
};

static int
unclosed(const struct splitter *s, const char *at, struct err *err)
{
	return err_set(err, ERR_INVALID, "column %td: the %c is not closed",
	    at - s->start + 1, *at);
}

/* A JSON string, kept with its quotes. */
static int
take_string(struct splitter *s, struct err *err)
{
	const char *open = s->p++;

	while (*s->p != '\0' && *s->p != '"')
		s->p += *s->p == '\\' && s->p[1] != '\0' ? 2 : 1;
	if (*s->p == '\0')
		return unclosed(s, open, err);
	s->p++;
	strbuf_put(&s->word, open, (size_t)(s->p - open));
	return 0;
}

static int
take_brackets(struct splitter *s, struct err *err)
{
	const char *open = s->p;
	int depth = 0;

	do {
		if (*s->p == '\0' || depth > NESTING_MAX)
			return unclosed(s, open, err);
		if (*s->p == '"') {
			if (take_string(s, err) == -1)
				return -1;
			continue;
		}
		if (*s->p == '{' || *s->p == '[')
			depth++;
		else if (*s->p == '}' || *s->p == ']')
			depth--;
		strbuf_putc(&s->word, *s->p++);
	} while (depth > 0);
	return 0;
}

static int
take_quotes(struct splitter *s, struct err *err)
{
	const char *open = s->p++;

	for (; *s->p != *open; s->p++) {
		if (*s->p == '\\' && *open == '"' && s->p[1] != '\0')
			s->p++;
		if (*s->p == '\0')
			return unclosed(s, open, err);
		strbuf_putc(&s->word, *s->p);
	}
	s->p++;
	return 0;
}

static int
take_word(struct splitter *s, struct err *err)
{
	while (*s->p != '\0' && !isspace((unsigned char)*s->p)) {
		bool is_value =
		    s->word.len > 0 && s->word.data[s->word.len - 1] == '=';

		if (*s->p == '{' || *s->p == '[') {
			if (take_brackets(s, err) == -1)
				return -1;
		} else if (*s->p == '"' && is_value) {
			/* site="brno": nobody means brno without quotes. */
			if (take_string(s, err) == -1)
				return -1;
		} else if (*s->p == '"' || *s->p == '\'') {
			if (take_quotes(s, err) == -1)
				return -1;
		} else {
			if (*s->p == '\\' && s->p[1] != '\0')
				s->p++;
			strbuf_putc(&s->word, *s->p++);
		}
	}
	return 0;
}

int
command_split(const char *line, char ***words, size_t *n, struct err *err)
{
	struct splitter s = { .start = line, .p = line };
	int rc = 0;

	*words = NULL;
	*n = 0;
	for (;;) {
		while (isspace((unsigned char)*s.p))
			s.p++;
		if (*s.p == '\0')
			return 0;
		if (*n == WORDS_MAX)
			rc =
			    err_set(err, ERR_LIMIT, "over %d words", WORDS_MAX);
		else
			rc = take_word(&s, err);
		if (rc == -1)
			break;
		*words = xreallocarray(*words, *n + 1, sizeof(**words));
		(*words)[(*n)++] = strbuf_take(&s.word);
	}
	strbuf_fini(&s.word);
	str_array_free(*words, *n);
	*words = NULL;
	*n = 0;
	return rc;
}

/* "14:30", the next time that the local clock says so. */
static int
parse_clock(const char *when, int64_t now_us, int64_t *delay_ms)
{
	time_t now = (time_t)(now_us / 1000000), then;
	unsigned int hh, mm;
	int used = 0;
	struct tm tm;

	if (sscanf(when, "%2u:%2u%n", &hh, &mm, &used) != 2 ||
	    when[used] != '\0' || hh > 23 || mm > 59)
		return -1;
	localtime_r(&now, &tm);
	tm.tm_hour = (int)hh;
	tm.tm_min = (int)mm;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	then = mktime(&tm);
	if (then <= now) {
		tm.tm_mday++;
		tm.tm_isdst = -1;
		then = mktime(&tm);
	}
	*delay_ms = (int64_t)then * 1000 - now_us / 1000;
	return 0;
}

int
command_parse_when(const char *when, int64_t *delay_ms, struct err *err)
{
	int64_t now_us = clock_utc_us(), at_us;

	while (isspace((unsigned char)*when))
		when++;
	*delay_ms = 0;
	if (*when == '\0' || strcmp(when, "now") == 0)
		return 0;
	if (*when == '+') {
		if (clock_parse_duration(when + 1, delay_ms) == -1)
			return err_set(err, ERR_INVALID,
			    "when: \"%.40s\" is no delay; say +20s, +5m or +1h",
			    when);
	} else if (clock_parse_iso(when, &at_us) == 0) {
		*delay_ms = (at_us - now_us) / 1000;
		if (*delay_ms < 0)
			return err_set(err, ERR_INVALID,
			    "when: %.40s is in the past", when);
	} else if (parse_clock(when, now_us, delay_ms) == -1) {
		return err_set(err, ERR_INVALID,
		    "when: \"%.40s\" is no time; say now, +20s, 14:30 or "
		    "2026-11-22T06:00Z",
		    when);
	}
	if (*delay_ms > WHEN_MAX_MS)
		return err_set(err, ERR_LIMIT, "when: at most 30 days ahead");
	return 0;
}
