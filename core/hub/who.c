#include "config.h"

#include "core/hub/who.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/iothub/connstr.h"

enum hub_kind
hub_who_kind(const char *who)
{
	return strchr(who, '/') != NULL ? HUB_MODULE : HUB_DEVICE;
}

char *
hub_who_new(const char *device_id, const char *module_id)
{
	if (module_id == NULL)
		return xstrdup(device_id);
	return xasprintf("%s/%s", device_id, module_id);
}

char *
hub_who_device(const char *who)
{
	return xstrndup(who, strcspn(who, "/"));
}

const char *
hub_who_module(const char *who)
{
	const char *slash = strchr(who, '/');

	return slash != NULL ? slash + 1 : NULL;
}

bool
hub_who_is(const char *who, const char *device_id, size_t device_len,
    const char *module_id, size_t module_len)
{
	const char *module = hub_who_module(who);
	size_t len = strcspn(who, "/");

	if (len != device_len || memcmp(who, device_id, len) != 0)
		return false;
	if (module == NULL || module_id == NULL)
		return module == NULL && module_id == NULL;
	return strlen(module) == module_len &&
	    memcmp(module, module_id, module_len) == 0;
}

void
hub_who_put_json(struct strbuf *out, const char *who)
{
	const char *module = hub_who_module(who);
	char *device_id;

	strbuf_puts(out, "{\"deviceId\":");
	if (module == NULL) {
		json_put_string(out, who);
		return;
	}
	device_id = hub_who_device(who);
	json_put_string(out, device_id);
	strbuf_puts(out, ",\"moduleId\":");
	json_put_string(out, module);
	free(device_id);
}

int
hub_who_check(const char *who, struct err *err)
{
	const char *module = hub_who_module(who);
	char *device_id = hub_who_device(who);
	int rc = device_id_check(device_id, err);

	free(device_id);
	if (rc == -1 || module == NULL)
		return rc;
	if (*module == '$') /* those are IoT Edge's own */
		return err_set(
		    err, ERR_INVALID, "a module id may not begin with $");
	return device_id_check(module, err);
}
