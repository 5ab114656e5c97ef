#include "config.h"

#include "core/hub/identity.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "core/hub/certificate.h"
#include "core/iothub/sas.h"

#define POLICIES_FILE_MAX ((size_t)64 * 1024)
#define NAMES_MAX 8

/* The policies of a new IoT Hub; their order is the file's. */
static const struct {
	const char *name;
	int rights;
} default_policies[] = {
	{ "iothubowner",
	    HUB_REGISTRY_READ | HUB_REGISTRY_WRITE | HUB_SERVICE_CONNECT |
		HUB_DEVICE_CONNECT },
	{ "service", HUB_SERVICE_CONNECT },
	{ "device", HUB_DEVICE_CONNECT },
	{ "registryRead", HUB_REGISTRY_READ },
	{ "registryReadWrite", HUB_REGISTRY_READ | HUB_REGISTRY_WRITE },
};

#define N_POLICIES (sizeof(default_policies) / sizeof(default_policies[0]))

struct policy {
	char *keys[2]; /* primary, secondary; secrets */
};

struct hub_identity {
	char *host;
	char *ca_file;
	char *ca_key_file;
	char *cert_file;
	char *key_file;
	char *policies_file;
	char *names[NAMES_MAX + 1]; /* what the hub goes by; NULL ends */
	struct policy policies[N_POLICIES];
};

static void
add_name(struct hub_identity *identity, const char *name)
{
	size_t i;

	for (i = 0; i < NAMES_MAX && identity->names[i] != NULL; i++)
		if (strcasecmp(identity->names[i], name) == 0)
			return;
	if (i < NAMES_MAX)
		identity->names[i] = xstrdup(name);
}

static void
add_names(struct hub_identity *identity, const char *name)
{
	char machine[HOST_NAME_MAX + 1] = "";

	add_name(identity, identity->host);
	add_name(identity, name);
	add_name(identity, "localhost");
	add_name(identity, "127.0.0.1");
	add_name(identity, "::1");
	if (gethostname(machine, sizeof(machine) - 1) == 0 &&
	    machine[0] != '\0')
		add_name(identity, machine);
}

static void
name_files(struct hub_identity *identity, const char *dir)
{
	identity->ca_file = xasprintf("%s/" HUB_FILE_CA, dir);
	identity->ca_key_file = xasprintf("%s/" HUB_FILE_CA_KEY, dir);
	identity->cert_file = xasprintf("%s/" HUB_FILE_CERT, dir);
	identity->key_file = xasprintf("%s/" HUB_FILE_KEY, dir);
	identity->policies_file = xasprintf("%s/" HUB_FILE_POLICIES, dir);
}

static int
write_policies(const struct hub_identity *identity, struct err *err)
{
	cJSON *list = cJSON_CreateArray(), *item;
	char *text;
	size_t i;
	int rc;

	for (i = 0; i < N_POLICIES; i++) {
		item = cJSON_CreateObject();
		cJSON_AddStringToObject(
		    item, "keyName", default_policies[i].name);
		cJSON_AddStringToObject(
		    item, "primaryKey", identity->policies[i].keys[0]);
		cJSON_AddStringToObject(
		    item, "secondaryKey", identity->policies[i].keys[1]);
		cJSON_AddItemToArray(list, item);
	}
	text = json_print(list);
	rc = paths_write_file(
	    identity->policies_file, text, strlen(text), 0600, err);
	xfree_secret(text);
	cJSON_Delete(list);
	return rc;
}

static int
take_policies(struct hub_identity *identity, const cJSON *list)
{
	unsigned char key[SAS_KEY_MAX];
	const char *name, *keys[2];
	const cJSON *item;
	size_t i, found = 0;

	cJSON_ArrayForEach(item, list) {
		name = json_get_string(item, "keyName");
		keys[0] = json_get_string(item, "primaryKey");
		keys[1] = json_get_string(item, "secondaryKey");
		for (i = 0; i < N_POLICIES; i++) {
			if (name == NULL || keys[0] == NULL ||
			    keys[1] == NULL ||
			    strcmp(name, default_policies[i].name) != 0 ||
			    identity->policies[i].keys[0] != NULL)
				continue;
			if (sas_key_decode(keys[0], key) == -1 ||
			    sas_key_decode(keys[1], key) == -1)
				return -1;
			identity->policies[i].keys[0] = xstrdup(keys[0]);
			identity->policies[i].keys[1] = xstrdup(keys[1]);
			found++;
		}
	}
	explicit_bzero(key, sizeof(key));
	return found == N_POLICIES ? 0 : -1;
}

static int
read_policies(struct hub_identity *identity, struct err *err)
{
	struct err why = { 0 };
	cJSON *list = NULL;
	char *text;
	size_t len, i;
	int rc = -1;

	text = paths_read_file(
	    identity->policies_file, POLICIES_FILE_MAX, &len, &why);
	if (text == NULL && why.code == ERR_NOT_FOUND) {
		for (i = 0; i < N_POLICIES; i++) {
			identity->policies[i].keys[0] = sas_key_new();
			identity->policies[i].keys[1] = sas_key_new();
		}
		return write_policies(identity, err);
	}
	if (text == NULL)
		return err_set(err, ERR_IO, "%s", why.text);
	list = json_parse(text, len, NULL);
	/* Never made anew by itself: the keys are in other people's hands. */
	if (list == NULL || take_policies(identity, list) == -1)
		err_set(err, ERR_IO, "%s is damaged; remove it for new keys",
		    identity->policies_file);
	else
		rc = 0;
	cJSON_Delete(list);
	xfree_secret(text);
	return rc;
}

struct hub_identity *
hub_identity_open(const char *state_dir, const char *name,
    const char *host_name, struct err *err)
{
	struct hub_identity *identity = xcalloc(1, sizeof(*identity));
	struct hub_certificate_files files;

	identity->host = xstrdup(host_name != NULL ? host_name : "127.0.0.1");
	add_names(identity, name);
	name_files(identity, state_dir);
	files = (struct hub_certificate_files){
		.ca = identity->ca_file,
		.ca_key = identity->ca_key_file,
		.cert = identity->cert_file,
		.key = identity->key_file,
	};
	if (hub_certificate_make(
		&files, (const char *const *)identity->names, err) == -1 ||
	    read_policies(identity, err) == -1) {
		hub_identity_free(identity);
		return NULL;
	}
	return identity;
}

void
hub_identity_free(struct hub_identity *identity)
{
	size_t i;

	if (identity == NULL)
		return;
	for (i = 0; i < N_POLICIES; i++) {
		xfree_secret(identity->policies[i].keys[0]);
		xfree_secret(identity->policies[i].keys[1]);
	}
	for (i = 0; i < NAMES_MAX; i++)
		free(identity->names[i]);
	free(identity->host);
	free(identity->ca_file);
	free(identity->ca_key_file);
	free(identity->cert_file);
	free(identity->key_file);
	free(identity->policies_file);
	free(identity);
}

const char *
hub_identity_host(const struct hub_identity *identity)
{
	return identity->host;
}

const char *
hub_identity_ca_file(const struct hub_identity *identity)
{
	return identity->ca_file;
}

const char *
hub_identity_cert_file(const struct hub_identity *identity)
{
	return identity->cert_file;
}

const char *
hub_identity_key_file(const struct hub_identity *identity)
{
	return identity->key_file;
}

bool
hub_identity_is_me(
    const struct hub_identity *identity, const char *host, size_t len)
{
	size_t i;

	/* An IPv6 address may come in brackets. */
	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	for (i = 0; identity->names[i] != NULL; i++)
		if (strlen(identity->names[i]) == len &&
		    strncasecmp(identity->names[i], host, len) == 0)
			return true;
	return false;
}

const char *
hub_identity_policy_key(const struct hub_identity *identity, const char *policy,
    bool secondary, int *rights)
{
	size_t i;

	for (i = 0; i < N_POLICIES; i++) {
		if (strcmp(default_policies[i].name, policy) != 0)
			continue;
		if (rights != NULL)
			*rights = default_policies[i].rights;
		return identity->policies[i].keys[secondary];
	}
	return NULL;
}
