#include "config.h"

#include "core/hub/hub.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "core/hub/auth.h"
#include "core/hub/authority.h"
#include "core/hub/commit.h"
#include "core/hub/configurations.h"
#include "core/hub/faults.h"
#include "core/hub/history.h"
#include "core/hub/http.h"
#include "core/hub/identity.h"
#include "core/hub/jobs.h"
#include "core/hub/liveness.h"
#include "core/hub/messages.h"
#include "core/hub/methods.h"
#include "core/hub/monitor.h"
#include "core/hub/newcomers.h"
#include "core/hub/query_index.h"
#include "core/hub/query_lag.h"
#include "core/hub/registry.h"
#include "core/hub/schema.h"
#include "core/hub/sessions.h"
#include "core/hub/tier.h"
#include "core/hub/tier_day.h"
#include "core/hub/transfer.h"
#include "core/hub/twins.h"
#include "core/net/tls.h"
#include "core/store/store.h"

#define HOST_MAX 253 /* characters of a DNS name */

/* All that a hub makes; the lock goes last. */
static const char *const state_files[] = {
	HUB_FILE_READY,
	HUB_FILE_DATABASE,
	HUB_FILE_DATABASE "-wal",
	HUB_FILE_DATABASE "-shm",
	HUB_FILE_POLICIES,
	HUB_FILE_CERT,
	HUB_FILE_KEY,
	HUB_FILE_CA,
	HUB_FILE_CA_KEY,
	HUB_FILE_LOCK,
};

static bool
consists_of(const char *s, const char *others, size_t max)
{
	size_t i;

	for (i = 0; s[i] != '\0'; i++)
		if (!isascii((unsigned char)s[i]) ||
		    (!isalnum((unsigned char)s[i]) &&
			strchr(others, s[i]) == NULL))
			return false;
	return i > 0 && i <= max;
}

/* With a colon it is an address, not a name with its port. */
static bool
is_host(const char *s)
{
	struct in6_addr address;

	return strchr(s, ':') != NULL ? inet_pton(AF_INET6, s, &address) == 1
				      : consists_of(s, "-.", HOST_MAX);
}

/* Both end in a certificate. */
static int
check_names(const struct hub_config *config, struct err *err)
{
	if (!consists_of(config->name, "-", HUB_NAME_MAX))
		return err_set(err, ERR_INVALID,
		    "a hub's name has 1 to %d letters, digits and '-'",
		    HUB_NAME_MAX);
	if (config->host_name != NULL && !is_host(config->host_name))
		return err_set(err, ERR_INVALID,
		    "the host name must be a DNS name or an address, without "
		    "a port");
	return 0;
}

/*
 * Nothing in the folder is looked at before the lock is held.  It goes with
 * the descriptor, so with the process, however that ends.
 */
int
hub_lock_state(const char *state_dir, struct err *err)
{
	char *path = xasprintf("%s/" HUB_FILE_LOCK, state_dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1) {
		err_set(
		    err, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	} else if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EWOULDBLOCK)
			err_set(err, ERR_BUSY,
			    "already running: another hub has %s", state_dir);
		else
			err_set(err, ERR_IO, "cannot lock %s: %s", path,
			    strerror(errno));
		close(fd);
		fd = -1;
	}
	free(path);
	return fd;
}

static int
open_state(struct hub *hub, const struct hub_config *config, struct err *err)
{
	char *path;

	if (paths_make_dir(config->state_dir, err) == -1)
		return -1;
	/* Absolute: its CA file is printed for others to use. */
	path = realpath(config->state_dir, NULL);
	hub->state_dir = path != NULL ? path : xstrdup(config->state_dir);
	hub->lock_fd = hub_lock_state(hub->state_dir, err);
	if (hub->lock_fd == -1)
		return -1;
	hub->identity = hub_identity_open(
	    hub->state_dir, config->name, config->host_name, err);
	if (hub->identity == NULL)
		return -1;
	path = xasprintf("%s/" HUB_FILE_DATABASE, hub->state_dir);
	hub->store = store_open(path, hub_schema, err);
	free(path);
	if (hub->store == NULL)
		return -1;
	return store_start_checkpoints(hub->store, err);
}

/* Devices for a hub that has none yet: all of them, or none. */
static int
plant_seed(struct hub *hub, const char *path, struct err *err)
{
	struct hub_statistics statistics;
	int64_t n;
	FILE *in;
	int rc;

	if (path == NULL)
		return 0;
	if (hub_registry_statistics(hub->registry, &statistics, err) == -1)
		return -1;
	if (statistics.n_devices > 0) {
		log_info("%s is not read: there are devices already", path);
		return 0;
	}
	in = fopen(path, "re");
	if (in == NULL)
		return err_set(err, ERR_INVALID, "cannot read %s: %s", path,
		    strerror(errno));
	rc = hub_import(hub->store, in, &n, err);
	fclose(in);
	if (rc == 0) {
		log_info("%" PRId64 " lines from %s", n, path);
	} else {
		err_prefix(err, "%s", path);
		store_exec(
		    hub->store, "DELETE FROM device; DELETE FROM job", NULL);
	}
	return rc;
}

static int
make_model(struct hub *hub, const struct hub_config *config, struct err *err)
{
	hub->commit = hub_commit_new(hub->base, hub->store);
	hub->auth = hub_auth_new(hub);
	if (config->device_ca != NULL) {
		hub->authority = hub_authority_new(config->device_ca, err);
		if (hub->authority == NULL)
			return -1;
	}
	hub->registry = hub_registry_new(hub, err);
	if (hub->registry == NULL)
		return -1;
	hub->liveness = hub_liveness_new(hub, err);
	/* Before the jobs are taken up: it may bring some. */
	if (hub->liveness == NULL || plant_seed(hub, config->seed, err) == -1)
		return -1;
	hub->query_indexes =
	    hub_query_indexes_open(hub->store, config->indexes, err);
	if (hub->query_indexes == NULL)
		return -1;
	if (hub->tier != NULL) {
		hub->tier_day = hub_tier_day_new(hub, err);
		if (hub->tier_day == NULL)
			return -1;
	}
	hub->twins = hub_twins_new(hub, err);
	if (hub->twins == NULL)
		return -1;
	hub->messages = hub_messages_new(hub, err);
	if (hub->messages == NULL)
		return -1;
	hub->methods = hub_methods_new(hub);
	hub->jobs = hub_jobs_new(hub, err);
	if (hub->jobs == NULL)
		return -1;
	if (config->query_lag_ms != 0) {
		hub->query_lag =
		    hub_query_lag_new(hub, config->query_lag_ms, err);
		if (hub->query_lag == NULL)
			return -1;
	}
	hub->configurations = hub_configurations_new(hub, err);
	return hub->configurations != NULL ? 0 : -1;
}

static int
start_listening(
    struct hub *hub, const struct hub_config *config, struct err *err)
{
	/* What is changed from here on somebody hears of, once its batch is on
	 * disk: nothing is to get there past it. */
	store_forbid_autocommit(hub->store);
	hub->tls = net_tls_server_new(hub_identity_cert_file(hub->identity),
	    hub_identity_key_file(hub->identity), err);
	if (hub->tls == NULL)
		return -1;
	hub->http = hub_http_new(hub, config->https_port, err);
	if (hub->http == NULL)
		return -1;
	hub->sessions = hub_sessions_new(hub, config->mqtt_port, err);
	return hub->sessions != NULL ? 0 : -1;
}

static int
read_rehearsal(
    struct hub *hub, const struct hub_config *config, struct err *err)
{
	hub->history = hub_history_new();
	hub->monitor = hub_monitor_new();
	hub->newcomers = hub_newcomers_new();
	hub->faults = hub_faults_new();
	if (config->faults != NULL &&
	    hub_faults_set_list(hub->faults, config->faults, err) == -1)
		return -1;
	hub->sends_retry_after = config->sends_retry_after;
	if (config->tier == NULL)
		return 0;
	hub->tier = hub_tier_new(config->tier, config->n_units, err);
	return hub->tier != NULL ? 0 : -1;
}

struct hub *
hub_new(
    struct event_base *base, const struct hub_config *config, struct err *err)
{
	struct hub *hub;

	if (check_names(config, err) == -1)
		return NULL;
	hub = xcalloc(1, sizeof(*hub));
	hub->base = base;
	hub->lock_fd = -1;
	if (read_rehearsal(hub, config, err) == -1 ||
	    open_state(hub, config, err) == -1 || make_model(hub, config, err) == -1 ||
	    start_listening(hub, config, err) == -1) {
		hub_free(hub);
		return NULL;
	}
	return hub;
}

void
hub_free(struct hub *hub)
{
	if (hub == NULL)
		return;
	hub->is_leaving = true;
	hub_jobs_stop(hub->jobs);
	hub_configurations_stop(hub->configurations);
	/* Whoever is connected leaves, whoever waits is told, and what that
	 * has changed is committed: only then the parts go. */
	hub_sessions_free(hub->sessions);
	hub->sessions = NULL;
	hub_monitor_free(hub->monitor);
	hub_methods_free(hub->methods);
	if (hub->liveness != NULL)
		hub_liveness_flush(hub->liveness, HUB_LIVENESS_ALL);
	hub_tier_day_flush(hub->tier_day);
	hub_commit_free(hub->commit);
	hub_tier_day_free(hub->tier_day);
	hub_jobs_free(hub->jobs);
	hub_configurations_free(hub->configurations);
	hub_http_free(hub->http);
	hub_messages_free(hub->messages);
	hub_twins_free(hub->twins);
	hub_query_indexes_free(hub->query_indexes);
	hub_liveness_free(hub->liveness);
	hub_registry_free(hub->registry);
	hub_auth_free(hub->auth);
	hub_authority_free(hub->authority);
	hub_tier_free(hub->tier);
	hub_faults_free(hub->faults);
	hub_history_free(hub->history);
	hub_newcomers_free(hub->newcomers);
	SSL_CTX_free(hub->tls);
	hub_query_lag_free(hub->query_lag);
	store_close(hub->store);
	hub_identity_free(hub->identity);
	if (hub->lock_fd != -1)
		close(hub->lock_fd);
	free(hub->state_dir);
	free(hub);
}

void
hub_remove_state(const char *state_dir)
{
	int fd = hub_lock_state(state_dir, NULL);
	char *path;
	size_t i;

	if (fd == -1)
		return; /* somebody else's by now */
	for (i = 0; i < sizeof(state_files) / sizeof(state_files[0]); i++) {
		path = xasprintf("%s/%s", state_dir, state_files[i]);
		unlink(path);
		free(path);
	}
	rmdir(state_dir);
	close(fd);
}

const struct hub_identity *
hub_get_identity(const struct hub *hub)
{
	return hub->identity;
}

const char *
hub_get_state_dir(const struct hub *hub)
{
	return hub->state_dir;
}

uint16_t
hub_https_port(const struct hub *hub)
{
	return hub_http_port(hub->http);
}

uint16_t
hub_mqtt_port(const struct hub *hub)
{
	return hub_sessions_port(hub->sessions);
}
