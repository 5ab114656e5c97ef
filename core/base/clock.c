#include "config.h"

#include "core/base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define US_PER_S INT64_C(1000000)

int64_t
clock_mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t
clock_utc_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

/* Whole seconds and what is left of one, also before 1970. */
static time_t
split(int64_t utc_us, int *us)
{
	int64_t s = utc_us / US_PER_S;

	*us = (int)(utc_us % US_PER_S);
	if (*us < 0) {
		*us += (int)US_PER_S;
		s--;
	}
	return (time_t)s;
}

/* Up to the second, which many stamps in a row share. */
static const char *
format_second(time_t s)
{
	static _Thread_local char text[CLOCK_STAMP_SIZE];
	static _Thread_local time_t of;
	struct tm tm;
	int n;

	if (text[0] != '\0' && of == s)
		return text;
	gmtime_r(&s, &tm);
	/* Year 1 is IoT Hub's "never", and strftime() would not pad it. */
	n = snprintf(text, sizeof(text), "%04d", tm.tm_year + 1900);
	strftime(text + n, sizeof(text) - (size_t)n, "-%m-%dT%H:%M:%S", &tm);
	of = s;
	return text;
}

void
clock_format_iso(char out[CLOCK_STAMP_SIZE], int64_t utc_us)
{
	static const char end[] = ".0000000Z";
	const char *text;
	size_t n;
	int us, i;

	text = format_second(split(utc_us, &us));
	n = strlen(text);
	if (n > CLOCK_STAMP_SIZE - sizeof(end))
		n = CLOCK_STAMP_SIZE - sizeof(end);
	memcpy(out, text, n);
	memcpy(out + n, end, sizeof(end));
	for (i = 6; i > 0; i--, us /= 10)
		out[n + (size_t)i] = (char)('0' + us % 10);
}

void
clock_format_log(char out[CLOCK_STAMP_SIZE], int64_t utc_us)
{
	struct tm tm;
	size_t n;
	int us;
	time_t s = split(utc_us, &us);

	localtime_r(&s, &tm);
	n = strftime(out, CLOCK_STAMP_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(out + n, CLOCK_STAMP_SIZE - n, ".%03d", us / 1000);
}

void
clock_format_time(char out[CLOCK_STAMP_SIZE], int64_t utc_us)
{
	struct tm tm;
	int us;
	time_t s = split(utc_us, &us);

	localtime_r(&s, &tm);
	strftime(out, CLOCK_STAMP_SIZE, "%H:%M:%S", &tm);
}

/* Reads the fraction of a second, if there is one; returns what follows. */
static const char *
parse_fraction(const char *s, int64_t *us)
{
	int64_t unit = US_PER_S / 10;

	*us = 0;
	if (*s != '.')
		return s;
	for (s++; isdigit((unsigned char)*s); s++, unit /= 10)
		*us += (*s - '0') * unit;
	return s;
}

int
clock_parse_iso(const char *s, int64_t *utc_us)
{
	struct tm tm = { 0 };
	int64_t us, whole_s, offset_s = 0;
	const char *p = strptime(s, "%Y-%m-%dT%H:%M", &tm);
	unsigned int hh, mm;
	int used = 0, day;

	if (p != NULL && *p == ':')
		p = strptime(p, ":%S", &tm);
	if (p == NULL)
		return -1;
	day = tm.tm_mday;
	whole_s = timegm(&tm);
	if (tm.tm_mday != day) /* 30 February, or a leap second */
		return -1;
	p = parse_fraction(p, &us);
	if (*p == '+' || *p == '-') {
		if (sscanf(p + 1, "%2u:%2u%n", &hh, &mm, &used) != 2 ||
		    used != 5 || hh > 14 || mm > 59 || p[6] != '\0')
			return -1;
		offset_s = (int64_t)(hh * 3600 + mm * 60);
		if (*p == '-')
			offset_s = -offset_s;
	} else if (strcmp(p, "Z") != 0 && *p != '\0') {
		return -1;
	}
	*utc_us = (whole_s - offset_s) * US_PER_S + us;
	return 0;
}

int
clock_parse_duration(const char *s, int64_t *ms)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "", 1000 }, { "s", 1000 }, { "m", 60000 },
		{ "min", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
	long long n;
	char *end;
	size_t i;

	if (!isdigit((unsigned char)*s))
		return -1;
	errno = 0;
	n = strtoll(s, &end, 10);
	if (errno != 0)
		return -1;
	while (*end == ' ')
		end++;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit) != 0)
			continue;
		if (n > INT64_MAX / units[i].ms)
			return -1;
		*ms = n * units[i].ms;
		return 0;
	}
	return -1;
}

void
clock_format_elapsed(char out[CLOCK_STAMP_SIZE], int64_t ms)
{
	int64_t s = ms < 0 ? 0 : ms / 1000;

	if (s < 60)
		snprintf(out, CLOCK_STAMP_SIZE, "%" PRId64 " s", s);
	else if (s < 3600)
		snprintf(out, CLOCK_STAMP_SIZE, "%" PRId64 ":%02" PRId64,
		    s / 60, s % 60);
	else
		snprintf(out, CLOCK_STAMP_SIZE,
		    "%" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600,
		    s / 60 % 60, s % 60);
}
