#include "config.h"

#include "core/hub/query_lex.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/str.h"
#include "core/base/xalloc.h"

#define NUMBER_MAX 64 /* characters */

/* Longer ones first. */
static const char *const signs[] = { "!=", "<>", "<=", ">=", "=", "<", ">", "(",
	")", "[", "]", ",", ".", "*", "+", "-", "/", "%" };

#define N_SIGNS (sizeof(signs) / sizeof(signs[0]))

void
query_lexer_init(struct query_lexer *lex, const char *text, size_t len)
{
	*lex = (struct query_lexer){
		.text = text, .p = text, .end = text + len, .start = text
	};
}

void
query_lexer_fini(struct query_lexer *lex)
{
	free(lex->string);
	lex->string = NULL;
}

int
query_fault_at(const char *text, const char *at, struct err *err,
    enum err_code code, const char *fmt, va_list ap)
{
	size_t line = 1, column = 1;
	const char *p;
	char *words;

	for (p = text; p < at; p++) {
		if (*p == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*p & 0xc0) != 0x80) {
			column++;
		}
	}
	words = xvasprintf(fmt, ap);
	err_set(err, code, "line %zu, column %zu: %s", line, column, words);
	free(words);
	return -1;
}

int
query_lexer_fault(const struct query_lexer *lex, struct err *err,
    enum err_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	query_fault_at(lex->text, lex->start, err, code, fmt, ap);
	va_end(ap);
	return -1;
}

bool
query_lexer_is_sign(const struct query_lexer *lex, const char *sign)
{
	return lex->kind == QUERY_SIGN && strlen(sign) == lex->len &&
	    memcmp(lex->start, sign, lex->len) == 0;
}

bool
query_lexer_is_word(const struct query_lexer *lex, const char *word)
{
	return lex->kind == QUERY_NAME && strlen(word) == lex->len &&
	    strncasecmp(lex->start, word, lex->len) == 0;
}

static bool
is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' ||
	    (unsigned char)c >= 0x80;
}

static int
hex4(const char *p, const char *end, uint32_t *value)
{
	char digits[5] = "";
	size_t i;

	if (end - p < 4)
		return -1;
	memcpy(digits, p, 4);
	for (i = 0; i < 4; i++)
		if (!isxdigit((unsigned char)digits[i]))
			return -1;
	*value = (uint32_t)strtoul(digits, NULL, 16);
	return 0;
}

/* p behind the backslash; moves it behind the escape. */
static int
read_escape(struct query_lexer *lex, struct strbuf *out)
{
	uint32_t cp, low;
	char utf8[4];
	int n;

	if (lex->p == lex->end)
		return -1;
	if (*lex->p != 'u') {
		if (*lex->p == '\0' || strchr("'\"\\", *lex->p) == NULL)
			return -1;
		strbuf_putc(out, *lex->p++);
		return 0;
	}
	if (hex4(lex->p + 1, lex->end, &cp) == -1)
		return -1;
	lex->p += 5;
	if (cp >= 0xd800 && cp < 0xdc00 && lex->end - lex->p >= 6 &&
	    lex->p[0] == '\\' && lex->p[1] == 'u' &&
	    hex4(lex->p + 2, lex->end, &low) == 0 && low >= 0xdc00 &&
	    low < 0xe000) {
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
		lex->p += 6;
	}
	if (cp == 0 || (cp >= 0xd800 && cp < 0xe000))
		return -1;
	n = utf8_encode(cp, utf8);
	strbuf_put(out, utf8, (size_t)n);
	return 0;
}

static int
read_string(struct query_lexer *lex, struct err *err)
{
	struct strbuf out = { 0 };
	char quote = *lex->p++;

	while (lex->p < lex->end && *lex->p != quote) {
		if (*lex->p != '\\') {
			strbuf_putc(&out, *lex->p++);
			continue;
		}
		lex->p++;
		if (read_escape(lex, &out) == -1) {
			strbuf_fini(&out);
			return query_lexer_fault(lex, err, ERR_INVALID,
			    "a string has an escape that is none of \\' \\\" "
			    "\\\\ \\uXXXX");
		}
	}
	if (lex->p == lex->end) {
		strbuf_fini(&out);
		return query_lexer_fault(
		    lex, err, ERR_INVALID, "a string without its end");
	}
	lex->p++;
	lex->kind = QUERY_STRING;
	lex->string = strbuf_take(&out);
	return 0;
}

static int
read_number(struct query_lexer *lex, struct err *err)
{
	char text[NUMBER_MAX + 1], *end;
	size_t n = 0;

	while (lex->p + n < lex->end && n < NUMBER_MAX &&
	    (is_name_byte(lex->p[n]) || lex->p[n] == '.' ||
		((lex->p[n] == '+' || lex->p[n] == '-') && n > 0 &&
		    (lex->p[n - 1] == 'e' || lex->p[n - 1] == 'E') &&
		    lex->p[1] != 'x' && lex->p[1] != 'X')))
		n++;
	memcpy(text, lex->p, n);
	text[n] = '\0';
	lex->number = n > 2 && (text[1] == 'x' || text[1] == 'X')
	    ? (double)strtoull(text, &end, 16)
	    : strtod(text, &end);
	/* strtod() would also read a hexadecimal float. */
	if (*end != '\0' || strpbrk(text, "pP") != NULL ||
	    lex->number > 1.7e308)
		return query_lexer_fault(
		    lex, err, ERR_INVALID, "%s is no number", text);
	lex->p += n;
	lex->kind = QUERY_NUMBER;
	return 0;
}

static int
read_quoted(struct query_lexer *lex, struct err *err)
{
	const char *close =
	    memmem(lex->p + 2, (size_t)(lex->end - lex->p - 2), "]]", 2);

	if (close == NULL || close == lex->p + 2)
		return query_lexer_fault(
		    lex, err, ERR_INVALID, "expected a name between [[ and ]]");
	lex->kind = QUERY_QUOTED;
	lex->start = lex->p + 2;
	lex->len = (size_t)(close - lex->start);
	lex->p = close + 2;
	return 0;
}

static int
read_sign(struct query_lexer *lex, struct err *err)
{
	size_t i, len;

	for (i = 0; i < N_SIGNS; i++) {
		len = strlen(signs[i]);
		if ((size_t)(lex->end - lex->p) < len ||
		    memcmp(lex->p, signs[i], len) != 0)
			continue;
		lex->kind = QUERY_SIGN;
		lex->len = len;
		lex->p += len;
		return 0;
	}
	return query_lexer_fault(
	    lex, err, ERR_INVALID, "a character that has no meaning here");
}

int
query_lexer_next(struct query_lexer *lex, struct err *err)
{
	free(lex->string);
	lex->string = NULL;
	while (lex->p < lex->end && isspace((unsigned char)*lex->p))
		lex->p++;
	lex->start = lex->p;
	lex->len = 0;
	if (lex->p == lex->end) {
		lex->kind = QUERY_END;
		return 0;
	}
	if (*lex->p == '\'' || *lex->p == '"')
		return read_string(lex, err);
	if (isdigit((unsigned char)*lex->p))
		return read_number(lex, err);
	if (is_name_byte(*lex->p)) {
		while (lex->p < lex->end && is_name_byte(*lex->p))
			lex->p++;
		lex->kind = QUERY_NAME;
		lex->len = (size_t)(lex->p - lex->start);
		return 0;
	}
	if (lex->end - lex->p > 2 && lex->p[0] == '[' && lex->p[1] == '[')
		return read_quoted(lex, err);
	return read_sign(lex, err);
}
