/*
 * What went wrong: a code to branch on and a sentence to show.  The sentence
 * names the thing and the limit, and never a key, SAS token or password.
 */
#ifndef TWINDECK_CORE_BASE_ERR_H
#define TWINDECK_CORE_BASE_ERR_H

enum err_code {
	ERR_NONE,
	ERR_INVALID,      /* input that cannot be understood */
	ERR_LIMIT,        /* understood, but larger than is allowed */
	ERR_CONFLICT,     /* somebody else wrote first */
	ERR_NOT_FOUND,
	ERR_EXISTS,
	ERR_UNAUTHORIZED, /* wrong key, expired token, missing right */
	ERR_UNREACHABLE,  /* nothing was sent: no route, no TLS, refused */
	ERR_UNKNOWN,      /* sent, and no answer came: it may have happened */
	ERR_TIMEOUT,
	ERR_THROTTLED,
	ERR_REFUSED,      /* the other side understood and said no */
	ERR_UNSUPPORTED,
	ERR_PROTOCOL,     /* the other side broke the rules of the wire */
	ERR_BUSY,         /* already running, port in use */
	ERR_IO,           /* file system, database */
	ERR_CANCELLED,
	ERR_INTERNAL
};

struct err {
	enum err_code code;
	char text[512]; /* UTF-8, one line without control characters, cut at
			   the end if too long */
};

/*
 * Records an error and returns -1, so that a leaf is one line.  A NULL err is
 * fine: the caller only wants to know that it failed.
 */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "words: " in front of the text that is there; returns -1. */
int err_prefix(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Copies one error over another; returns -1. */
int err_copy(struct err *to, const struct err *from);

void err_clear(struct err *err);

#endif
