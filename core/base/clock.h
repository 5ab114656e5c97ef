/*
 * Time: the monotonic clock for deadlines, UTC for stamps, and the ways both
 * are written.
 */
#ifndef TWINDECK_CORE_BASE_CLOCK_H
#define TWINDECK_CORE_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define CLOCK_STAMP_SIZE 40 /* bytes that hold any stamp below */

int64_t clock_mono_ms(void); /* for deadlines; starts anywhere */
int64_t clock_mono_us(void);
int64_t clock_utc_us(void);  /* microseconds since 1970-01-01 */

/* IoT Hub's form: 2026-11-22T00:14:20.1234560Z */
void clock_format_iso(char out[CLOCK_STAMP_SIZE], int64_t utc_us);
/* For logs and consoles, local time: 2026-11-22 00:14:20.123 */
void clock_format_log(char out[CLOCK_STAMP_SIZE], int64_t utc_us);
/* For the screen, local time: 14:01:29 */
void clock_format_time(char out[CLOCK_STAMP_SIZE], int64_t utc_us);
/* ISO 8601, with Z, an offset or neither (then UTC): 0, or -1. */
int clock_parse_iso(const char *s, int64_t *utc_us);

/* "500ms", "90s", "10m", "1h", "2d", a bare number is seconds: 0, or -1. */
int clock_parse_duration(const char *s, int64_t *ms);
/* "12 s" up to a minute, "3:05" up to an hour, "1:02:03" beyond. */
void clock_format_elapsed(char out[CLOCK_STAMP_SIZE], int64_t ms);

#endif
