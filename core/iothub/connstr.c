#include "config.h"

#include "core/iothub/connstr.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"

#define DEVICE_ID_MAX 128

static const struct key {
	const char *name;
	size_t offset; /* of the char * in struct connstr */
} keys[] = {
	{ "HostName", offsetof(struct connstr, host) },
	{ "SharedAccessKeyName", offsetof(struct connstr, policy) },
	{ "SharedAccessKey", offsetof(struct connstr, key) },
	{ "SharedAccessSignature", offsetof(struct connstr, signature) },
	{ "DeviceId", offsetof(struct connstr, device_id) },
	{ "ModuleId", offsetof(struct connstr, module_id) },
	{ "GatewayHostName", offsetof(struct connstr, gateway) },
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static char **
field(struct connstr *cs, const struct key *key)
{
	return (char **)(void *)((char *)cs + key->offset);
}

static int
set_x509(struct connstr *cs, const char *value, struct err *err)
{
	if (strcasecmp(value, "true") != 0 && strcasecmp(value, "false") != 0)
		return err_set(err, ERR_INVALID,
		    "connection string: x509 is true or false");
	cs->x509 = strcasecmp(value, "true") == 0;
	return 0;
}

static int
set_pair(struct connstr *cs, const char *name, const char *value,
    struct err *err)
{
	const struct key *key;

	if (strcmp(name, "x509") == 0 && *value != '\0')
		return set_x509(cs, value, err);
	for (key = keys; key < keys + N_KEYS; key++) {
		if (strcmp(name, key->name) == 0) {
			if (*field(cs, key) != NULL)
				return err_set(err, ERR_INVALID,
				    "connection string: %s stands twice",
				    key->name);
			if (*value == '\0')
				return err_set(err, ERR_INVALID,
				    "connection string: %s has no value",
				    key->name);
			*field(cs, key) = xstrdup(value);
			return 0;
		}
		if (strcasecmp(name, key->name) == 0)
			return err_set(err, ERR_INVALID,
			    "connection string: write %s, not %.40s",
			    key->name, name);
	}
	/* Not by its name: a key alone, pasted by mistake, looks like this. */
	if (*value == '\0')
		return err_set(err, ERR_INVALID,
		    "connection string: a part has no value");
	return 0;
}

/* host[:port], and [::1] in brackets as in a URL. */
static int
split_host(struct connstr *cs, struct err *err)
{
	const char *colon = strrchr(cs->host, ':');
	const char *bracket = strrchr(cs->host, ']');
	int64_t port = 0;
	size_t len = strlen(cs->host);

	/* An IPv6 address without brackets has more than one colon. */
	if (colon != NULL && (bracket == NULL ? strchr(cs->host, ':') == colon
					      : colon > bracket)) {
		if (str_to_int64(colon + 1, 1, 65535, &port) == -1)
			return err_set(err, ERR_INVALID,
			    "connection string: the port in HostName is not a "
			    "number from 1 to 65535");
		len = (size_t)(colon - cs->host);
	}
	if (len == 0 || strpbrk(cs->host, "/ \t") != NULL)
		return err_set(err, ERR_INVALID,
		    "connection string: HostName is not a host name");
	cs->port = (uint16_t)port;
	cs->host_name = xstrndup(cs->host, len);
	return 0;
}

static int
check(struct connstr *cs, struct err *err)
{
	if (cs->host == NULL)
		return err_set(err, ERR_INVALID,
		    "connection string: HostName is missing");
	if (split_host(cs, err) == -1)
		return -1;
	if (cs->policy == NULL && cs->device_id == NULL)
		return err_set(err, ERR_INVALID,
		    "connection string: neither SharedAccessKeyName (a service "
		    "string) nor DeviceId (a device string) is there");
	if (cs->key == NULL && cs->signature == NULL && !cs->x509)
		return err_set(err, ERR_INVALID,
		    "connection string: SharedAccessKey is missing");
	if (cs->module_id != NULL && cs->device_id == NULL)
		return err_set(err, ERR_INVALID,
		    "connection string: ModuleId without DeviceId");
	if (cs->device_id != NULL && device_id_check(cs->device_id, err) == -1)
		return err_prefix(err, "connection string");
	return 0;
}

static char *
trim_quotes(char *s)
{
	size_t len;

	s = str_trim(s);
	len = strlen(s);
	if (len >= 2 && (*s == '"' || *s == '\'') && s[len - 1] == *s) {
		s[len - 1] = '\0';
		s = str_trim(s + 1);
	}
	return s;
}

int
connstr_parse(const char *text, struct connstr *cs, struct err *err)
{
	char *copy = NULL, *rest, *pair, *equals;
	int rc = -1;

	*cs = (struct connstr){ 0 };
	if (strlen(text) > CONNSTR_MAX)
		return err_set(err, ERR_LIMIT,
		    "connection string: over %d bytes", CONNSTR_MAX);
	copy = xstrdup(text);
	rest = trim_quotes(copy);
	if (*rest == '\0') {
		err_set(err, ERR_INVALID, "connection string: it is empty");
		goto out;
	}
	while ((pair = strsep(&rest, ";")) != NULL) {
		pair = str_trim(pair);
		if (*pair == '\0')
			continue;
		equals = strchr(pair, '=');
		if (equals == NULL) {
			err_set(err, ERR_INVALID,
			    "connection string: a part without '='; expected "
			    "HostName=…;SharedAccessKeyName=…;"
			    "SharedAccessKey=…, or DeviceId=… in the middle "
			    "for a device");
			goto out;
		}
		*equals = '\0';
		if (set_pair(cs, pair, equals + 1, err) == -1)
			goto out;
	}
	rc = check(cs, err);
out:
	xfree_secret(copy);
	if (rc == -1)
		connstr_fini(cs);
	return rc;
}

void
connstr_fini(struct connstr *cs)
{
	free(cs->host);
	free(cs->host_name);
	free(cs->policy);
	xfree_secret(cs->key);
	xfree_secret(cs->signature);
	free(cs->device_id);
	free(cs->module_id);
	free(cs->gateway);
	*cs = (struct connstr){ 0 };
}

bool
connstr_is_service(const struct connstr *cs)
{
	return cs->policy != NULL && cs->device_id == NULL;
}

char *
connstr_format(const struct connstr *cs)
{
	struct strbuf out = { 0 };
	const struct {
		const char *name, *value;
	} pairs[] = {
		{ "HostName", cs->host },
		{ "DeviceId", cs->device_id },
		{ "ModuleId", cs->module_id },
		{ "SharedAccessKeyName", cs->policy },
		{ "SharedAccessKey", cs->key },
		{ "SharedAccessSignature", cs->signature },
		{ "x509", cs->x509 ? "true" : NULL },
		{ "GatewayHostName", cs->gateway },
	};
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i].value != NULL)
			strbuf_printf(&out, "%s%s=%s", out.len > 0 ? ";" : "",
			    pairs[i].name, pairs[i].value);
	return strbuf_take(&out);
}

int
device_id_check(const char *id, struct err *err)
{
	size_t len = strlen(id);
	const char *p;

	if (len == 0 || len > DEVICE_ID_MAX)
		return err_set(err, ERR_INVALID,
		    "a device id has 1 to %d characters, this one %zu",
		    DEVICE_ID_MAX, len);
	for (p = id; *p != '\0'; p++)
		if (!isascii((unsigned char)*p) ||
		    (!isalnum((unsigned char)*p) &&
			strchr("-:.+%_#*?!(),=@;$'", *p) == NULL))
			return err_set(err, ERR_INVALID,
			    "a device id holds ASCII letters, digits and "
			    "- : . + %% _ # * ? ! ( ) , = @ ; $ ', "
			    "not the byte 0x%02x",
			    (unsigned char)*p);
	return 0;
}
