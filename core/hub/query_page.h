/*
 * Continuation tokens: where a page of an answer ended, signed so that nobody
 * can make one up, and bound to the query that it belongs to.
 */
#ifndef TWINDECK_CORE_HUB_QUERY_PAGE_H
#define TWINDECK_CORE_HUB_QUERY_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct hub;

struct hub_query_place {
	char *after;    /* the last key that was given; owned */
	int64_t n_rows; /* given so far: TOP counts over all pages */
	bool is_by_row; /* what the key is */
};

char *hub_query_place_format(const struct hub *hub, const char *query,
    size_t len, const struct hub_query_place *place);
/* 0, or -1 with err set (ERR_INVALID) and place empty. */
int hub_query_place_parse(const struct hub *hub, const char *query, size_t len,
    const char *token, struct hub_query_place *place, struct err *err);

#endif
