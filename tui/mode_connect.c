#include "config.h"

#include "tui/mode_connect.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/err.h"
#include "core/base/hash.h"
#include "core/base/options.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/deck/profile.h"
#include "core/iothub/connstr.h"

#define CA_MAX ((size_t)4 * 1024 * 1024) /* bytes: a bundle is a long one */

/* A pipe or a terminal is nobody else's; a file may be. */
static int
check_private(const char *file, struct err *err)
{
	struct stat st;

	if (strcmp(file, "-") == 0 || stat(file, &st) == -1 ||
	    !S_ISREG(st.st_mode) || (st.st_mode & (S_IRGRP | S_IROTH)) == 0)
		return 0;
	return err_set(err, ERR_UNAUTHORIZED,
	    "%s holds a key and others can read it: chmod 600 %s", file, file);
}

char *
mode_connect_read(const char *file, struct err *err)
{
	if (check_private(file, err) == -1)
		return NULL;
	return paths_read_file(file, CONNSTR_MAX, NULL, err);
}

/* The configuration, with no hub chosen yet. */
static struct profile *
open_profile(struct err *err)
{
	char *dir = paths_dir(PATHS_CONFIG, NULL);
	char *path = dir != NULL ? xasprintf("%s/config", dir) : NULL;
	struct profile *profile = profile_new(path, err);

	free(path);
	free(dir);
	return profile;
}

/* A file the configuration names, wherever one starts from; the caller's. */
static char *
file_of(const struct profile *profile, const char *key, struct err *err)
{
	const char *file = profile_get(profile, key);
	const char *home = getenv("HOME");

	if (file[0] == '~' && file[1] == '/' && home != NULL)
		return xasprintf("%s%s", home, file + 1);
	if (file[0] == '/')
		return xstrdup(file);
	err_set(err, ERR_REFUSED, "%s must begin with / or ~/: %s", key, file);
	return NULL;
}

/* The connection string of the chosen hub; the caller's, a secret. */
static char *
text_of(const struct profile *profile, struct err *err)
{
	char *file = NULL, *text = NULL;

	if (profile_get(profile, "connection-string") != NULL)
		return xstrdup(profile_get(profile, "connection-string"));
	if (profile_get(profile, "connection-string-file") == NULL) {
		err_set(err, ERR_REFUSED,
		    "it has neither connection-string-file nor "
		    "connection-string");
		return NULL;
	}
	file = file_of(profile, "connection-string-file", err);
	if (file != NULL)
		text = mode_connect_read(file, err);
	free(file);
	return text;
}

/* Of what was read into text, which is freed. */
static int
parse(char *text, struct connstr *cs, struct err *err)
{
	int rc = connstr_parse(text, cs, err);

	xfree_secret(text);
	if (rc == 0 && !connstr_is_service(cs)) {
		rc = err_set(err, ERR_INVALID,
		    "this is the connection string of the device %s; one of a "
		    "service policy is needed, with SharedAccessKeyName",
		    cs->device_id);
		connstr_fini(cs);
	}
	return rc;
}

/* "prod, lab"; the caller's. */
static char *
hubs_of(const struct profile *profile)
{
	struct strbuf sb = { 0 };
	const char *name;
	size_t i;

	for (i = 0; (name = profile_hub_at(profile, i)) != NULL; i++)
		strbuf_printf(&sb, "%s%s", i > 0 ? ", " : "", name);
	return strbuf_take(&sb);
}

static int
choose(struct profile *profile, const char *name, struct err *err)
{
	char *hubs;

	if (profile_has_hub(profile, name))
		return profile_choose(profile, name, err);
	hubs = hubs_of(profile);
	err_set(err, ERR_NOT_FOUND,
	    *hubs != '\0' ? "the configuration has no hub %.80s, only %s"
			  : "the configuration has no hub %.80s, nor any other",
	    name, hubs);
	free(hubs);
	return -1;
}

/* A hub of the configuration.  0, or -1 with err set and to as it was. */
static int
find_profile(struct mode_connect *to, const char *name, struct err *err)
{
	char *before = xstrdup(profile_name(to->profile));
	struct connstr cs = { 0 };
	char *text, *ca_file = NULL;
	int rc = -1;

	if (choose(to->profile, name, err) == -1)
		goto out;
	text = text_of(to->profile, err);
	if (text == NULL || parse(text, &cs, err) == -1)
		goto fail;
	if (profile_get(to->profile, "ca-file") != NULL &&
	    (ca_file = file_of(to->profile, "ca-file", err)) == NULL)
		goto fail;
	connstr_fini(&to->cs);
	to->cs = cs;
	free(to->ca_file);
	to->ca_file = ca_file;
	rc = 0;
	goto out;
fail:
	connstr_fini(&cs);
	err_prefix(err, "[hub %s]", name);
	/* "which hub?" is asked when none was named, and this one was. */
	if (err->code == ERR_INVALID)
		err->code = ERR_REFUSED;
	if (before != NULL)
		profile_choose(to->profile, before, NULL);
out:
	free(before);
	return rc;
}

/* Settings of a hub that no profile led to go by the name it has in Azure. */
static void
choose_by_host(struct mode_connect *to)
{
	const char *host = to->cs.host_name;
	size_t len = strcspn(host, ".");
	char *name = strspn(host, "0123456789.") == strlen(host)
	    ? xstrdup(host)
	    : xstrndup(host, len);

	profile_choose(to->profile, name, NULL);
	free(name);
}

int
mode_connect_find(
    const struct options *options, struct mode_connect *to, struct err *err)
{
	const char *file = options_string(options, "connection-string-file");
	const char *env = getenv("IOTHUB_CONNECTION_STRING");
	const char *hub = options_string(options, "hub");
	char *text;

	to->profile = open_profile(err);
	if (to->profile == NULL)
		return -1;
	if (file == NULL && hub == NULL && (env == NULL || *env == '\0')) {
		hub = profile_get(to->profile, "hub");
		if (hub == NULL)
			return err_set(err, ERR_INVALID,
			    "which hub? Set IOTHUB_CONNECTION_STRING or use "
			    "--connection-string-file FILE");
	}
	if (file == NULL && hub != NULL) {
		if (find_profile(to, hub, err) == -1)
			return -1;
	} else {
		text =
		    file != NULL ? mode_connect_read(file, err) : xstrdup(env);
		if (text == NULL || parse(text, &to->cs, err) == -1)
			return -1;
		choose_by_host(to);
	}
	if (options_string(options, "ca-file") != NULL) {
		free(to->ca_file);
		to->ca_file = xstrdup(options_string(options, "ca-file"));
	}
	return 0;
}

int
mode_connect_switch(struct mode_connect *to, const char *name, struct err *err)
{
	if (profile_reload(to->profile, err) == -1)
		return -1;
	return find_profile(to, name, err);
}

void
mode_connect_fini(struct mode_connect *to)
{
	connstr_fini(&to->cs);
	free(to->ca_file);
	profile_free(to->profile);
	*to = (struct mode_connect){ 0 };
}

const char *
mode_connect_title(const struct mode_connect *to)
{
	const char *name = profile_name(to->profile);

	return name != NULL && profile_has_hub(to->profile, name)
	    ? name
	    : to->cs.host_name;
}

/* Local hubs take each other's ports, so the address alone is no name. */
char *
mode_connect_place(const struct mode_connect *to)
{
	char *place = NULL, *ca = NULL, *p;

	if (to->ca_file != NULL)
		ca = paths_read_file(to->ca_file, CA_MAX, NULL, NULL);
	if (ca != NULL)
		place =
		    xasprintf("%s-%08x", to->cs.host, hash_text(ca, 0));
	else
		place = xstrdup(to->cs.host);
	for (p = place; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	free(ca);
	return place;
}
