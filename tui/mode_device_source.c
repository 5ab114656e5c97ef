#include "config.h"

#include "tui/mode_device_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/options.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "tui/mode_connect.h"

#define MQTT_PORT 8883
#define READY_LINE_MAX ((size_t)16 * 1024)

/* Byte by byte: what follows the line belongs to whoever reads next. */
static int
read_line(struct strbuf *line, struct err *err)
{
	ssize_t n;
	char c;

	while ((n = read(STDIN_FILENO, &c, 1)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_set(err, ERR_IO,
			    "cannot read standard input: %s", strerror(errno));
		if (c == '\n')
			return 0;
		if (line->len == READY_LINE_MAX)
			return err_set(err, ERR_LIMIT,
			    "the ready line is over %zu bytes", READY_LINE_MAX);
		strbuf_putc(line, c);
	}
	return err_set(err, ERR_NOT_FOUND,
	    "standard input closed before a ready line came");
}

static int
take_ready_line(struct mode_device_source *source, char **text, struct err *err)
{
	struct strbuf line = { 0 };
	const char *ca_file, *string;
	const cJSON *port;
	cJSON *json = NULL;
	int rc = -1;

	if (read_line(&line, err) == -1)
		goto out;
	json = json_parse(strbuf_str(&line), line.len, err);
	if (json == NULL) {
		err_prefix(err, "the ready line is no JSON");
		goto out;
	}
	string = json_get_string(json, "serviceConnectionString");
	ca_file = json_get_string(json, "caFile");
	port = json_get(json, "mqttPort");
	if (string == NULL || !cJSON_IsNumber(port) || port->valuedouble < 1 ||
	    port->valuedouble > 65535) {
		err_set(err, ERR_INVALID,
		    "the ready line has no serviceConnectionString or no "
		    "mqttPort");
		goto out;
	}
	*text = xstrdup(string);
	source->port = (uint16_t)port->valuedouble;
	if (source->ca_file == NULL)
		source->ca_file = xstrdup(ca_file);
	rc = 0;
out:
	cJSON_Delete(json);
	if (line.data != NULL)
		explicit_bzero(line.data, line.len);
	strbuf_fini(&line);
	return rc;
}

/* The text of the connection string: the caller's, and a secret. */
static char *
read_connection_string(const struct options *options,
    struct mode_device_source *source, struct err *err)
{
	const char *file = options_string(options, "connection-string-file");
	const char *env = getenv("IOTHUB_DEVICE_CONNECTION_STRING");
	char *text = NULL;

	if (options_flag(options, "ready-line")) {
		take_ready_line(source, &text, err);
		return text;
	}
	if (file != NULL)
		return mode_connect_read(file, err);
	if (env == NULL && options_given(options, "count"))
		env = getenv("IOTHUB_CONNECTION_STRING");
	if (env == NULL || *env == '\0') {
		err_set(err, ERR_INVALID,
		    "no connection string: set IOTHUB_DEVICE_CONNECTION_STRING "
		    "or use --connection-string-file FILE");
		return NULL;
	}
	return xstrdup(env);
}

static int
check_kind(const struct options *options, const struct connstr *cs, size_t n,
    struct err *err)
{
	if (connstr_is_service(cs)) {
		if (options_given(options, "count") ||
		    options_given(options, "prefix") ||
		    options_flag(options, "ready-line"))
			return 0;
		return err_set(err, ERR_INVALID,
		    "this is a service connection string (SharedAccessKeyName="
		    "%s); a device needs its own (HostName=…;DeviceId=…;"
		    "SharedAccessKey=…), or --count N for a fleet that "
		    "registers itself",
		    cs->policy);
	}
	if (n > 1)
		return err_set(err, ERR_INVALID,
		    "this is the connection string of one device (DeviceId=%s);"
		    " a fleet of %zu registers itself with a service "
		    "connection string (HostName=…;SharedAccessKeyName=…;"
		    "SharedAccessKey=…)",
		    cs->device_id, n);
	return 0;
}

static int
split_port(char *host, uint16_t *port, struct err *err)
{
	char *colon = strrchr(host, ':');
	int64_t n;

	if (colon == NULL || strchr(colon, ']') != NULL)
		return 0;
	if (str_to_int64(colon + 1, 1, 65535, &n) == -1)
		return err_set(err, ERR_INVALID,
		    "connection string: the port in GatewayHostName is not a "
		    "number from 1 to 65535");
	*colon = '\0';
	*port = (uint16_t)n;
	return 0;
}

/* An Edge gateway is what is connected to; names and tokens are the hub's. */
static int
set_target(const struct options *options, struct mode_device_source *source,
    struct err *err)
{
	const struct connstr *cs = &source->cs;
	uint16_t port = 0;
	size_t len;

	source->host =
	    xstrdup(cs->gateway != NULL ? cs->gateway : cs->host_name);
	if (cs->gateway != NULL && split_port(source->host, &port, err) == -1)
		return -1;
	if (cs->gateway == NULL && !connstr_is_service(cs))
		port = cs->port;
	if (source->port == 0)
		source->port = port != 0 ? port : MQTT_PORT;
	if (options_given(options, "mqtt-port"))
		source->port = (uint16_t)options_number(options, "mqtt-port");
	/* [::1] is how a URL writes it. */
	len = strlen(source->host);
	if (len > 2 && *source->host == '[' && source->host[len - 1] == ']') {
		memmove(source->host, source->host + 1, len - 2);
		source->host[len - 2] = '\0';
	}
	return 0;
}

int
mode_device_source_read(const struct options *options, size_t n,
    struct mode_device_source *source, struct err *err)
{
	const char *file = options_string(options, "connection-string-file");
	char *text;
	int rc;

	*source = (struct mode_device_source){ 0 };
	if (options_flag(options, "exit-on-eof") && file != NULL &&
	    strcmp(file, "-") == 0)
		return err_set(err, ERR_INVALID,
		    "--connection-string-file - reads standard input to its "
		    "end, so --exit-on-eof would leave at once");
	source->ca_file = xstrdup(options_string(options, "ca-file"));
	text = read_connection_string(options, source, err);
	if (text == NULL)
		return -1;
	rc = connstr_parse(text, &source->cs, err);
	xfree_secret(text);
	if (rc == -1 || check_kind(options, &source->cs, n, err) == -1)
		return -1;
	return set_target(options, source, err);
}

void
mode_device_source_fini(struct mode_device_source *source)
{
	connstr_fini(&source->cs);
	free(source->ca_file);
	free(source->host);
}
