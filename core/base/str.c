#include "config.h"

#include "core/base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "core/base/xalloc.h"

#define STRBUF_MIN 64

static void
grow(struct strbuf *sb, size_t more)
{
	size_t want, cap;

	if (more >= SIZE_MAX - sb->len - 1)
		more = SIZE_MAX - sb->len - 2; /* the allocation will say no */
	want = sb->len + more + 1;
	if (want <= sb->cap)
		return;
	cap = sb->cap < STRBUF_MIN ? STRBUF_MIN : sb->cap;
	while (cap < want)
		cap = cap > SIZE_MAX / 2 ? want : cap * 2;
	sb->data = xreallocarray(sb->data, cap, 1);
	sb->cap = cap;
}

void
strbuf_fini(struct strbuf *sb)
{
	free(sb->data);
	*sb = (struct strbuf){ 0 };
}

void
strbuf_reset(struct strbuf *sb)
{
	sb->len = 0;
	if (sb->data != NULL)
		sb->data[0] = '\0';
}

void
strbuf_put(struct strbuf *sb, const void *data, size_t len)
{
	grow(sb, len);
	if (len > 0)
		memcpy(sb->data + sb->len, data, len);
	sb->len += len;
	sb->data[sb->len] = '\0';
}

void
strbuf_putc(struct strbuf *sb, char c)
{
	/* JSON is mostly put by single characters. */
	if (sb->len + 1 >= sb->cap)
		grow(sb, 1);
	sb->data[sb->len++] = c;
	sb->data[sb->len] = '\0';
}

void
strbuf_puts(struct strbuf *sb, const char *s)
{
	strbuf_put(sb, s, strlen(s));
}

/* One word of a POSIX shell, whatever is in it. */
void
strbuf_put_shell(struct strbuf *sb, const char *word)
{
	strbuf_putc(sb, '\'');
	for (; *word != '\0'; word++)
		if (*word == '\'')
			strbuf_puts(sb, "'\\''");
		else
			strbuf_putc(sb, *word);
	strbuf_putc(sb, '\'');
}

void
strbuf_put_int(struct strbuf *sb, int64_t n)
{
	char digits[20]; /* of 2^64 */
	size_t i = sizeof(digits);
	uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;

	do
		digits[--i] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (n < 0)
		strbuf_putc(sb, '-');
	strbuf_put(sb, digits + i, sizeof(digits) - i);
}

void
strbuf_printf(struct strbuf *sb, const char *fmt, ...)
{
	size_t room;
	va_list ap;
	int n;

	/* Mostly it fits, and is formatted once. */
	grow(sb, STRBUF_MIN);
	room = sb->cap - sb->len;
	va_start(ap, fmt);
	n = vsnprintf(sb->data + sb->len, room, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n >= room) {
		grow(sb, (size_t)n);
		va_start(ap, fmt);
		vsnprintf(sb->data + sb->len, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	if (n > 0)
		sb->len += (size_t)n;
	sb->data[sb->len] = '\0';
}

bool
utf8_is_seen(uint32_t cp)
{
	if (cp < 0x20 || (cp >= 0x7f && cp <= 0x9f))
		return false;
	/* Soft hyphen, zero-width and directional marks, line separators,
	 * byte order mark, tags. */
	return cp != 0xad && cp != 0x61c && cp != 0xfeff &&
	    !(cp >= 0x200b && cp <= 0x200f) &&
	    !(cp >= 0x2028 && cp <= 0x202e) &&
	    !(cp >= 0x2060 && cp <= 0x206f) && !(cp >= 0xe0000 && cp <= 0xe007f);
}

void
strbuf_put_escaped(struct strbuf *sb, const char *s, size_t len)
{
	uint32_t cp;
	int n;

	for (; len > 0; s += n, len -= (size_t)n) {
		n = utf8_decode(s, len, &cp);
		if (n > 0 && utf8_is_seen(cp)) {
			strbuf_put(sb, s, (size_t)n);
		} else if (n > 1) {
			strbuf_printf(sb, "\\u%04x", cp);
		} else {
			n = 1;
			strbuf_printf(sb, "\\x%02x", (unsigned char)*s);
		}
	}
}

char *
strbuf_take(struct strbuf *sb)
{
	char *s;

	grow(sb, 0);
	s = sb->data;
	s[sb->len] = '\0';
	*sb = (struct strbuf){ 0 };
	return s;
}

const char *
strbuf_str(const struct strbuf *sb)
{
	return sb->data == NULL ? "" : sb->data;
}

void
str_percent_encode(struct strbuf *out, const char *s, size_t len)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (isascii(c) && (isalnum(c) || strchr("-_.~", c) != NULL) &&
		    c != '\0') {
			strbuf_putc(out, (char)c);
		} else {
			strbuf_putc(out, '%');
			strbuf_putc(out, hex[c >> 4]);
			strbuf_putc(out, hex[c & 15]);
		}
	}
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

size_t
str_percent_decode(char *s, size_t len)
{
	size_t in, out = 0;

	for (in = 0; in < len; in++) {
		int hi = -1, lo = -1;

		if (s[in] == '%' && len - in > 2) {
			hi = hex_value(s[in + 1]);
			lo = hex_value(s[in + 2]);
		}
		if (hi >= 0 && lo >= 0) {
			s[out++] = (char)(hi << 4 | lo);
			in += 2;
		} else {
			s[out++] = s[in];
		}
	}
	if (out < len)
		s[out] = '\0';
	return out;
}

char *
str_base64_encode(const void *data, size_t len)
{
	char *out = xmalloc((len + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)out, data, (int)len);
	return out;
}

ssize_t
str_base64_decode(const char *s, size_t len, void *out, size_t max)
{
	unsigned char *buf;
	size_t n, i;
	int got;

	if (len == 0 || len % 4 != 0 || len / 4 > (max + 2) / 3)
		return -1;
	/* OpenSSL forgives white space and padding in odd places; we do not. */
	n = len - (s[len - 1] == '=') - (s[len - 2] == '=');
	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && s[i] != '+' && s[i] != '/')
			return -1;
	if (n < len && s[len - 1] != '=')
		return -1;
	buf = xmalloc(len / 4 * 3);
	got = EVP_DecodeBlock(buf, (const unsigned char *)s, (int)len);
	if (got >= 0)
		got -= (int)(len - n);
	if (got < 0 || (size_t)got > max)
		got = -1;
	else
		memcpy(out, buf, (size_t)got);
	explicit_bzero(buf, len / 4 * 3);
	free(buf);
	return got;
}

void
str_hex(char *out, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i < len; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

int
utf8_decode(const char *s, size_t len, uint32_t *codepoint)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	uint32_t cp;
	int n, i;

	if (len == 0)
		return 0;
	if (p[0] < 0x80) {
		*codepoint = p[0];
		return 1;
	}
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 0;
	if (n == 0 || p[0] > 0xf4 || len < (size_t)n)
		return -1;
	cp = p[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		cp = cp << 6 | (p[i] & 0x3fu);
	}
	if (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return -1;
	*codepoint = cp;
	return n;
}

int
utf8_encode(uint32_t cp, char out[4])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

bool
utf8_is_valid(const char *s, size_t len)
{
	uint32_t cp;
	int n;

	while ((n = utf8_decode(s, len, &cp)) > 0) {
		s += n;
		len -= (size_t)n;
	}
	return n == 0;
}

int
utf8_characters(const char *s)
{
	int n = 0;

	for (; *s != '\0'; s++)
		if ((*s & '\xc0') != '\x80')
			n++;
	return n;
}

bool
str_starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

char *
str_trim(char *s)
{
	size_t len;

	while (isspace((unsigned char)*s))
		s++;
	len = strlen(s);
	while (len > 0 && isspace((unsigned char)s[len - 1]))
		s[--len] = '\0';
	return s;
}

int
str_to_int64(const char *s, int64_t min, int64_t max, int64_t *value)
{
	char *end;
	long long n;

	if (!isdigit((unsigned char)s[0]) &&
	    !(s[0] == '-' && isdigit((unsigned char)s[1])))
		return -1;
	errno = 0;
	n = strtoll(s, &end, 10);
	if (errno != 0 || *end != '\0' || n < min || n > max)
		return -1;
	*value = n;
	return 0;
}

void
str_array_free(char **strings, size_t n)
{
	while (n > 0)
		free(strings[--n]);
	free(strings);
}
