/*
 * What a hub is known by: its names, its shared access policies with their
 * keys, its CA and certificate.  Made at the first start, in the state folder.
 */
#ifndef TWINDECK_CORE_HUB_IDENTITY_H
#define TWINDECK_CORE_HUB_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct hub_identity;

enum hub_right {
	HUB_REGISTRY_READ = 1,
	HUB_REGISTRY_WRITE = 2, /* implies HUB_REGISTRY_READ */
	HUB_SERVICE_CONNECT = 4,
	HUB_DEVICE_CONNECT = 8
};

/*
 * Reads the identity from state_dir, or makes it: ca.pem, the hub's
 * certificate and key (P-256, sent without its CA), policies.json; keys 0600.
 * NULL with err set (ERR_IO).
 */
struct hub_identity *hub_identity_open(const char *state_dir, const char *name,
    const char *host_name, struct err *err);
void hub_identity_free(struct hub_identity *identity);

const char *hub_identity_host(const struct hub_identity *identity);
const char *hub_identity_ca_file(const struct hub_identity *identity);
const char *hub_identity_cert_file(const struct hub_identity *identity);
const char *hub_identity_key_file(const struct hub_identity *identity);

/* Whether the hub goes by this name; without a port, in any case. */
bool hub_identity_is_me(
    const struct hub_identity *identity, const char *host, size_t len);

/* The base64 key of a policy, borrowed and a secret, and its rights; or NULL. */
const char *hub_identity_policy_key(const struct hub_identity *identity,
    const char *policy, bool secondary, int *rights);

#endif
