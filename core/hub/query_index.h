/*
 * Indexes on properties of twins that the owner asks for, since only the owner
 * knows what is filtered by: tags.site, properties.reported.firmwareStatus.
 * They are kept in the database, as indexes of SQLite with names of their own,
 * and stay until others are asked for.
 */
#ifndef TWINDECK_CORE_HUB_QUERY_INDEX_H
#define TWINDECK_CORE_HUB_QUERY_INDEX_H

#include <stddef.h>

struct err;
struct hub_query_indexes;
struct store;

#define HUB_QUERY_INDEXES_MAX 16
#define HUB_QUERY_INDEX_PATH_MAX 200 /* characters */
#define HUB_QUERY_INDEXES_NONE "none"

/*
 * Makes what is asked for and not there, and drops what is there and not asked
 * for.  list has paths with commas between them, or is "none"; NULL leaves
 * all as they are.  Making one takes seconds with a million devices.  NULL
 * with err set: ERR_INVALID (no path of a twin, or a name that has more than
 * letters, digits, _ and -), ERR_LIMIT, ERR_IO.
 */
struct hub_query_indexes *
hub_query_indexes_open(struct store *store, const char *list, struct err *err);
void hub_query_indexes_free(struct hub_query_indexes *indexes);

/*
 * What the JSON path has to be in SQL for the index to be used, '$."site"',
 * borrowed; NULL where there is none.  column is "twin.tags", json_path
 * $."site".
 */
const char *hub_query_index_find(const struct hub_query_indexes *indexes,
    const char *column, const char *json_path);

#endif
