/*
 * The local hub: its parts and how they find one another.  Everything runs in
 * one thread around one loop (the store's checkpoints aside).
 *
 *   HTTPS: http.c -> route table -> rest_*.c -> registry, twins, methods
 *   MQTT:  listener -> session -> handle_*.c -> twins, methods
 *   both:  a change opens a batch (commit.h); answers wait for its commit.
 */
#ifndef TWINDECK_CORE_HUB_HUB_H
#define TWINDECK_CORE_HUB_HUB_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/types.h>

struct err;
struct event_base;
struct hub_auth;
struct hub_authority;
struct hub_commit;
struct hub_configurations;
struct hub_faults;
struct hub_history;
struct hub_http;
struct hub_identity;
struct hub_jobs;
struct hub_liveness;
struct hub_messages;
struct hub_methods;
struct hub_monitor;
struct hub_newcomers;
struct hub_query_indexes;
struct hub_query_lag;
struct hub_registry;
struct hub_sessions;
struct hub_tier;
struct hub_tier_day;
struct hub_twins;
struct store;

/* Open to the files of core/hub/ only; made by hub_new(). */
struct hub {
	struct event_base *base;
	char *state_dir;
	int lock_fd; /* holds the lock on the state folder; -1: none */
	struct hub_identity *identity; /* names, policies, CA, certificate */
	struct store *store;
	SSL_CTX *tls;
	struct hub_commit *commit;
	struct hub_auth *auth;
	struct hub_authority *authority; /* of devices; NULL: none */
	struct hub_registry *registry;
	struct hub_liveness *liveness; /* and what is not stored of it yet */
	struct hub_twins *twins;
	struct hub_query_indexes *query_indexes;
	struct hub_sessions *sessions; /* MQTT connections and what is stored */
	struct hub_methods *methods;   /* calls in flight */
	struct hub_messages *messages; /* from the cloud to devices */
	struct hub_jobs *jobs;         /* that have not ended */
	struct hub_configurations *configurations;
	struct hub_http *http;
	struct hub_newcomers *newcomers; /* who has not shown who it is */
	struct hub_query_lag *query_lag; /* NULL: queries see all at once */
	struct hub_tier *tier;       /* NULL: no quotas */
	struct hub_tier_day *tier_day; /* NULL: no quotas */
	struct hub_faults *faults;   /* those on purpose */
	struct hub_history *history; /* of direct methods */
	struct hub_monitor *monitor; /* who listens to messages */
	bool sends_retry_after;
	bool is_leaving; /* what is answered now goes out past the loop */
};

struct hub_config {
	const char *state_dir;  /* made if it is not there */
	const char *name;       /* "local" */
	const char *host_name;  /* what clients are told; NULL: 127.0.0.1 */
	int64_t https_port;     /* 0: a free one; or HUB_HTTPS_PORT_ANY */
	int64_t mqtt_port;      /* 0: a free one */
	const char *tier;       /* "S1"; NULL: no quotas */
	int64_t n_units;        /* of the tier */
	bool sends_retry_after; /* with 429; IoT Hub does not */
	const char *faults;     /* on purpose, a list with commas; or NULL */
	const char *indexes;    /* on paths of twins, a list with commas, or
				   "none"; NULL: as they were */
	const char *seed;       /* file of devices for a new state; or NULL */
	const char *device_ca;  /* file of CAs of devices, PEM; or NULL */
	int64_t query_lag_ms;   /* 0: queries see all at once */
};

/* 443, which the SDKs have built in, where this user may take it; else 8443 */
#define HUB_HTTPS_PORT_ANY ((int64_t)-1)
#define HUB_HTTPS_PORT 443
#define HUB_HTTPS_PORT_ELSE 8443
#define HUB_MQTT_PORT 8883

#define HUB_NAME_MAX 50 /* letters, digits and '-' */

/* In the state folder, beside those of identity.h. */
#define HUB_FILE_DATABASE "hub.db"
#define HUB_FILE_LOCK "lock"
#define HUB_FILE_READY "ready.json" /* whoever runs the hub may write it */

/*
 * Opens the state, listens and serves once the loop runs.  NULL with err set:
 * ERR_BUSY (another hub has this state: "already running"), ERR_EXISTS (a port
 * is in use, named), ERR_IO (the state cannot be written), ERR_INVALID (a
 * name that is none).
 */
struct hub *hub_new(struct event_base *base, const struct hub_config *config,
    struct err *err);
/* Closes every connection and leaves the state whole.  NULL does nothing. */
void hub_free(struct hub *hub);

/*
 * The lock that a hub holds on its state, for who wants to change it
 * meanwhile: a descriptor to close, or -1 with err set (ERR_BUSY, ERR_IO).
 */
int hub_lock_state(const char *state_dir, struct err *err);

/* Removes the files that a hub makes in its state folder, and then the folder
 * if nothing else is in it.  The hub must be free. */
void hub_remove_state(const char *state_dir);

/* Borrowed; the folder's path is absolute. */
const struct hub_identity *hub_get_identity(const struct hub *hub);
const char *hub_get_state_dir(const struct hub *hub);
uint16_t hub_https_port(const struct hub *hub);
uint16_t hub_mqtt_port(const struct hub *hub);

#endif
