#include "config.h"

#include "tui/mode_connect.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/err.h"
#include "core/base/options.h"
#include "core/base/paths.h"
#include "core/base/xalloc.h"
#include "core/iothub/connstr.h"

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

static char *
read_text(const struct options *options, struct err *err)
{
	const char *file = options_string(options, "connection-string-file");
	const char *env = getenv("IOTHUB_CONNECTION_STRING");

	if (file != NULL)
		return mode_connect_read(file, err);
	if (env == NULL || *env == '\0') {
		err_set(err, ERR_INVALID,
		    "which hub? Set IOTHUB_CONNECTION_STRING or use "
		    "--connection-string-file FILE");
		return NULL;
	}
	return xstrdup(env);
}

int
mode_connect_find(
    const struct options *options, struct connstr *cs, struct err *err)
{
	char *text = read_text(options, err);
	int rc;

	*cs = (struct connstr){ 0 };
	if (text == NULL)
		return -1;
	rc = connstr_parse(text, cs, err);
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
