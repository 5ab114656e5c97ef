/*
 * Queries that lag behind, on purpose: in IoT Hub a change is seen by queries
 * some time after it is seen by a GET, and who tests against a hub that is
 * always up to date never learns of it.  What queries see here is between half
 * the lag and the whole lag old.
 */
#ifndef TWINDECK_CORE_HUB_QUERY_LAG_H
#define TWINDECK_CORE_HUB_QUERY_LAG_H

#include <stdint.h>

struct err;
struct hub;
struct hub_query_lag;
struct store;

#define HUB_QUERY_LAG_MAX_MS INT64_C(3600000)

/* NULL with err set (ERR_INVALID: longer than that; ERR_IO). */
struct hub_query_lag *
hub_query_lag_new(struct hub *hub, int64_t lag_ms, struct err *err);
/* The hub's own store must still be open.  NULL does nothing. */
void hub_query_lag_free(struct hub_query_lag *lag);

/* What queries look at: the store itself where nothing lags. */
struct store *hub_query_lag_store(const struct hub *hub);

#endif
