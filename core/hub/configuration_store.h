/*
 * Configurations in the store, and how a service sees them.  A change opens a
 * batch and has configurations.h read them anew; callers answer by
 * hub_commit_then().
 */
#ifndef TWINDECK_CORE_HUB_CONFIGURATION_STORE_H
#define TWINDECK_CORE_HUB_CONFIGURATION_STORE_H

struct err;
struct hub;
struct hub_configuration;
struct strbuf;

/*
 * Without if_match it creates, with it (an ETag without quotes, "*" for any)
 * it updates all but the content, which stays as it was created.  0, or -1
 * with err set: ERR_EXISTS, ERR_NOT_FOUND, ERR_CONFLICT, ERR_LIMIT (the tier
 * has no more of them), ERR_IO.
 */
int hub_configuration_put(struct hub *hub,
    const struct hub_configuration *configuration, const char *if_match,
    struct err *err);
/* What it has written to twins stays; the next by priority is applied. */
int hub_configuration_delete(
    struct hub *hub, const char *id, const char *if_match, struct err *err);

/*
 * Appends it with its metrics, counted now; etag gets its ETag, the caller's.
 * 0, or -1 with err set (ERR_NOT_FOUND, ERR_IO).
 */
int hub_configuration_format(struct hub *hub, const char *id,
    struct strbuf *out, char **etag, struct err *err);
/* Appends an array of all, by id; metrics may be some seconds old, and those
 * for which there was no time yet are not there. */
int
hub_configuration_list(struct hub *hub, struct strbuf *out, struct err *err);

#endif
