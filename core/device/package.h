/*
 * A firmware package as firmwareUpdate names it: where it is, what it must
 * hash to, which version it brings.
 */
#ifndef TWINDECK_CORE_DEVICE_PACKAGE_H
#define TWINDECK_CORE_DEVICE_PACKAGE_H

#include <stdbool.h>

struct cJSON;
struct err;

#define DEVICE_PACKAGE_URI_MAX 2048   /* bytes */
#define DEVICE_PACKAGE_VERSION_MAX 64 /* bytes */
#define DEVICE_PACKAGE_DIGEST_HEX 64  /* digits of a SHA-256 */

/* Every string is owned. */
struct device_package {
	char *uri;     /* NULL: none was named */
	char *digest;  /* SHA-256 in lower-case hex, or NULL: not checked */
	char *version; /* that the device has afterwards, or NULL: as before */
	bool real;     /* uri is one to download from; else it is simulated */
};

/*
 * Reads fwPackageUri, fwPackageCheckValue and fwVersion of a request, their
 * names in any case; each may be missing or null.  Returns 0, or -1 with err
 * set (ERR_INVALID, ERR_LIMIT) and package left empty.
 */
int device_package_read(const struct cJSON *request,
    struct device_package *package, struct err *err);
void device_package_fini(struct device_package *package);

#endif
