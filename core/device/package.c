#include "config.h"

#include "core/device/package.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"

static int
read_string(const cJSON *request, const char *name, size_t max, char **out,
    struct err *err)
{
	const cJSON *value = json_get_nocase(request, name);

	if (value == NULL || cJSON_IsNull(value))
		return 0;
	if (!cJSON_IsString(value))
		return err_set(err, ERR_INVALID, "%s must be a string", name);
	if (strlen(value->valuestring) > max)
		return err_set(
		    err, ERR_LIMIT, "%s is over %zu bytes", name, max);
	if (*value->valuestring != '\0')
		*out = xstrdup(value->valuestring);
	return 0;
}

static bool
is_real(const char *uri)
{
	return uri != NULL &&
	    (strncasecmp(uri, "https://", 8) == 0 ||
		strncasecmp(uri, "http://", 7) == 0 ||
		strncasecmp(uri, "file://", 7) == 0);
}

/*
 * "https://h/door-1.5.bin?x" brings 1.5: the first run of numbers with dots
 * between them in the last part of the path.  NULL if there is none.
 */
static char *
version_in(const char *uri)
{
	size_t len = strcspn(uri, "?#"), i, end;
	const char *name = uri + len;
	bool dotted;

	while (name > uri && name[-1] != '/')
		name--;
	len = (size_t)(uri + len - name);
	for (i = 0; i < len; i = end + 1) {
		dotted = false;
		end = i;
		while (end < len && isdigit((unsigned char)name[end])) {
			end++;
			if (end + 1 < len && name[end] == '.' &&
			    isdigit((unsigned char)name[end + 1])) {
				dotted = true;
				end++;
			}
		}
		if (dotted && end - i <= DEVICE_PACKAGE_VERSION_MAX)
			return xstrndup(name + i, end - i);
	}
	return NULL;
}

/* A digest that is not checked may be any text: the samples send some. */
static int
check_digest(struct device_package *package, struct err *err)
{
	char *p;

	if (!package->real || package->digest == NULL) {
		free(package->digest);
		package->digest = NULL;
		return 0;
	}
	for (p = package->digest; isxdigit((unsigned char)*p); p++)
		*p = (char)tolower((unsigned char)*p);
	if (*p != '\0' || p - package->digest != DEVICE_PACKAGE_DIGEST_HEX)
		return err_set(err, ERR_INVALID,
		    "fwPackageCheckValue must be a SHA-256, %d hexadecimal "
		    "digits",
		    DEVICE_PACKAGE_DIGEST_HEX);
	return 0;
}

int
device_package_read(
    const cJSON *request, struct device_package *package, struct err *err)
{
	*package = (struct device_package){ 0 };
	if (read_string(request, "fwPackageUri", DEVICE_PACKAGE_URI_MAX,
		&package->uri, err) == -1 ||
	    read_string(request, "fwPackageCheckValue", DEVICE_PACKAGE_URI_MAX,
		&package->digest, err) == -1 ||
	    read_string(request, "fwVersion", DEVICE_PACKAGE_VERSION_MAX,
		&package->version, err) == -1)
		goto fail;
	package->real = is_real(package->uri);
	if (check_digest(package, err) == -1)
		goto fail;
	if (package->version == NULL && package->uri != NULL)
		package->version = version_in(package->uri);
	return 0;
fail:
	device_package_fini(package);
	return -1;
}

void
device_package_fini(struct device_package *package)
{
	free(package->uri);
	free(package->digest);
	free(package->version);
	*package = (struct device_package){ 0 };
}
