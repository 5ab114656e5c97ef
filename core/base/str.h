/*
 * Text that grows, and the encodings of names on the wire: percent, base64,
 * hexadecimal, UTF-8.
 */
#ifndef TWINDECK_CORE_BASE_STR_H
#define TWINDECK_CORE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A buffer that grows; data is always terminated.  Start from { 0 }. */
struct strbuf {
	char *data; /* owned; NULL while empty */
	size_t len; /* bytes, without the terminator */
	size_t cap;
};

void strbuf_fini(struct strbuf *sb);
void strbuf_reset(struct strbuf *sb); /* empty again, memory kept */
void strbuf_putc(struct strbuf *sb, char c);
void strbuf_put(struct strbuf *sb, const void *data, size_t len);
void strbuf_puts(struct strbuf *sb, const char *s);
void strbuf_put_shell(struct strbuf *sb, const char *word); /* in quotes */
void strbuf_put_int(struct strbuf *sb, int64_t n); /* decimal */
void strbuf_printf(struct strbuf *sb, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * Text from far away, made safe for one line of a terminal: control
 * characters, line ends, invalid UTF-8 and characters that are invisible or
 * turn the direction of writing come out as \x1b or \u202e.
 */
void strbuf_put_escaped(struct strbuf *sb, const char *s, size_t len);
char *strbuf_take(struct strbuf *sb);           /* the caller's; never NULL */
const char *strbuf_str(const struct strbuf *sb); /* borrowed; never NULL */

/* Percent-encodes all but A-Z a-z 0-9 - _ . ~, in upper-case hex. */
void str_percent_encode(struct strbuf *out, const char *s, size_t len);
/*
 * Decodes in place and returns the new length; what is no escape stays as it
 * is, and '+' stays '+'.  The result may hold NUL bytes; a shorter one is
 * terminated.
 */
size_t str_percent_decode(char *s, size_t len);

/* Base64 with padding, on one line. */
char *str_base64_encode(const void *data, size_t len);
/* Returns the number of bytes, or -1 (no base64, or more than max bytes). */
ssize_t str_base64_decode(const char *s, size_t len, void *out, size_t max);

/* Lower-case hex; out holds 2 * len + 1 bytes. */
void str_hex(char *out, const void *data, size_t len);

/*
 * Decodes one character.  Returns its length in bytes, 0 at the end, or -1
 * where the bytes are no UTF-8 (overlong, surrogate, truncated).
 */
int utf8_decode(const char *s, size_t len, uint32_t *codepoint);
int utf8_encode(uint32_t codepoint, char out[4]); /* length in bytes */
bool utf8_is_valid(const char *s, size_t len);
/* No control character, and none that is invisible or turns the writing. */
bool utf8_is_seen(uint32_t codepoint);
/* Characters of valid text: the cells it takes, if none of them is wide. */
int utf8_characters(const char *s);

bool str_starts_with(const char *s, const char *prefix);
/* Trims white space at both ends, in place; returns the new start. */
char *str_trim(char *s);
/* A whole decimal number within [min, max]: 0, or -1. */
int str_to_int64(const char *s, int64_t min, int64_t max, int64_t *value);
/* An array and its n strings; NULL does nothing where n is 0. */
void str_array_free(char **strings, size_t n);

#endif
