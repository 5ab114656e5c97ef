/*
 * Where the devices of a process connect to: one host and port, its trust and
 * its name resolution, shared by a whole fleet.
 */
#ifndef TWINDECK_CORE_DEVICE_ENDPOINT_H
#define TWINDECK_CORE_DEVICE_ENDPOINT_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

struct device_endpoint;
struct device_lookup;
struct err;
struct event_base;

#define DEVICE_ADDRESSES_MAX 8
#define DEVICE_ADDRESS_SIZE 64 /* bytes of a numeric address, terminated */

struct device_addresses {
	char text[DEVICE_ADDRESSES_MAX][DEVICE_ADDRESS_SIZE];
	size_t n;
};

/* found is borrowed, and empty when err says why. */
typedef void (*device_lookup_cb)(
    const struct device_addresses *found, const struct err *err, void *arg);

/*
 * host may be a name or an address; ca_file NULL trusts what the system
 * trusts.  NULL with err set (ERR_IO).
 */
struct device_endpoint *device_endpoint_new(struct event_base *base,
    const char *host, uint16_t port, const char *ca_file, struct err *err);
/*
 * When every lookup is done or cancelled; may give the loop one turn.  NULL
 * does nothing.
 */
void device_endpoint_free(struct device_endpoint *endpoint);

struct event_base *device_endpoint_base(const struct device_endpoint *endpoint);
const char *device_endpoint_host(const struct device_endpoint *endpoint);
uint16_t device_endpoint_port(const struct device_endpoint *endpoint);
SSL_CTX *device_endpoint_tls(const struct device_endpoint *endpoint);

/*
 * Resolves the host without blocking.  The callback comes later, from the
 * loop; the lookup is gone once it returns.
 */
struct device_lookup *device_lookup_new(
    struct device_endpoint *endpoint, device_lookup_cb cb, void *arg);
/* Not from its own callback; NULL does nothing. */
void device_lookup_cancel(struct device_lookup *lookup);

#endif
