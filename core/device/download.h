/*
 * Downloads a firmware package from an http, https or file URL, for its size
 * and digest only: nothing is kept, in memory or on disk.
 */
#ifndef TWINDECK_CORE_DEVICE_DOWNLOAD_H
#define TWINDECK_CORE_DEVICE_DOWNLOAD_H

#include <stdint.h>

struct device_download;
struct err;
struct event_base;
struct net_http;

#define DEVICE_DOWNLOAD_MAX ((int64_t)256 * 1024 * 1024) /* bytes */
#define DEVICE_DOWNLOAD_TIMEOUT_MS (15 * 60 * 1000)

/* failure is NULL when it is all there; borrowed. */
typedef void (*device_download_cb)(
    const struct err *failure, int64_t bytes, void *arg);

/*
 * digest is the SHA-256 it must have, in lower-case hex, or NULL.  The
 * callback comes later, from the loop; the download is gone once it returns.
 */
struct device_download *device_download_new(struct event_base *base,
    struct net_http *http, const char *uri, const char *digest,
    device_download_cb cb, void *arg);
/* Not from its own callback; NULL does nothing. */
void device_download_cancel(struct device_download *download);

#endif
