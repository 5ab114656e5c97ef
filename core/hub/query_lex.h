/*
 * The words of a query.
 */
#ifndef TWINDECK_CORE_HUB_QUERY_LEX_H
#define TWINDECK_CORE_HUB_QUERY_LEX_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

enum query_token_kind {
	QUERY_END,
	QUERY_NAME,   /* also keywords: they are told apart by place */
	QUERY_QUOTED, /* [[name]] */
	QUERY_STRING,
	QUERY_NUMBER,
	QUERY_SIGN /* = != <> < <= > >= ( ) [ ] , . * + - / % */
};

struct query_lexer {
	const char *text;
	const char *p;
	const char *end;
	/* The token that was read last. */
	enum query_token_kind kind;
	const char *start;
	size_t len;   /* of a name or sign, at start; quoted: without [[ ]] */
	char *string; /* owned: decoded; of QUERY_STRING */
	double number;
};

void query_lexer_init(struct query_lexer *lex, const char *text, size_t len);
void query_lexer_fini(struct query_lexer *lex);

/* Reads the next token: 0, or -1 with err set (ERR_INVALID). */
int query_lexer_next(struct query_lexer *lex, struct err *err);

bool query_lexer_is_sign(const struct query_lexer *lex, const char *sign);
bool query_lexer_is_word(const struct query_lexer *lex, const char *word);

/* "line 1, column 8: " before the words, of what stands at; returns -1. */
int query_fault_at(const char *text, const char *at, struct err *err,
    enum err_code code, const char *fmt, va_list ap)
    __attribute__((format(printf, 5, 0)));
/* The same of the token that was read last. */
int query_lexer_fault(const struct query_lexer *lex, struct err *err,
    enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
