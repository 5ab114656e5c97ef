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

/* In the state folder. */
#define HUB_FILE_CA "ca.pem"
#define HUB_FILE_CA_KEY "ca.key"
#define HUB_FILE_CERT "hub.pem"
#define HUB_FILE_KEY "hub.key"
#define HUB_FILE_POLICIES "policies.json"

enum hub_right {
	HUB_REGISTRY_READ = 1,
	HUB_REGISTRY_WRITE = 2, /* implies HUB_REGISTRY_READ */
	HUB_SERVICE_CONNECT = 4,
	HUB_DEVICE_CONNECT = 8
};

/*
 * Reads the identity from state_dir, or makes it: ca.pem, the hub's
 * certificate and key (P-256, sent without its CA), policies.json; keys 0600.
 * The certificate is made anew, by the same CA, when the names have changed.
 * NULL with err set (ERR_IO).
 */
struct hub_identity *hub_identity_open(const char *state_dir, const char *name,
    const char *host_name, struct err *err);
void hub_identity_free(struct hub_identity *identity);

const char *hub_identity_host(const struct hub_identity *identity);
const char *hub_identity_ca_file(const struct hub_identity *identity);
const char *hub_identity_cert_file(const struct hub_identity *identity);
const char *hub_identity_key_file(const struct hub_identity *identity);

/*
 * Whether the hub goes by this name, in any case: what clients are told, its
 * own name, localhost, 127.0.0.1, ::1 (or in brackets) and the machine's name.
 * host comes without a port.
 */
bool hub_identity_is_me(
    const struct hub_identity *identity, const char *host, size_t len);

/* The base64 key of a policy, borrowed and a secret, and its rights; or NULL.
 */
const char *hub_identity_policy_key(const struct hub_identity *identity,
    const char *policy, bool secondary, int *rights);

#endif
