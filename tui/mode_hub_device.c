#include "config.h"

#include "tui/mode_hub_device.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <event2/event.h>

#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/client/client.h"
#include "core/hub/hub.h"
#include "core/iothub/connstr.h"
#include "core/net/loop.h"

#define NO_FAULTS "none"
#define READY_MAX ((size_t)16 * 1024)

struct ask {
	struct event_base *base;
	struct client *client;
	const char *state_dir;
	const char *arg; /* a device id, or a list of faults, or NULL */
	const char *text; /* of a message */
	char *host; /* as devices have to name it, port and all; owned */
	char *ca_file;
	struct connstr service;
	bool is_over;   /* nobody reads what is printed */
	struct err err; /* of the last answer */
};

static int
no_hub(const char *state_dir, struct err *err)
{
	return err_set(err, ERR_UNREACHABLE,
	    "no hub runs on %s; start it with \"twindeck hub\"", state_dir);
}

static int
read_ready(struct ask *ask, const cJSON *ready, struct err *err)
{
	const char *cs = json_get_string(ready, "serviceConnectionString");
	const char *host = json_get_string(ready, "hostName");
	const char *ca_file = json_get_string(ready, "caFile");
	const cJSON *port = json_get(ready, "mqttPort");

	if (cs == NULL || host == NULL || ca_file == NULL ||
	    !cJSON_IsNumber(port))
		return err_set(err, ERR_IO, "%s/" HUB_FILE_READY " is damaged",
		    ask->state_dir);
	if (connstr_parse(cs, &ask->service, err) == -1)
		return -1;
	/* What the SDKs have built in is left out. */
	if (port->valueint == HUB_MQTT_PORT)
		ask->host = xstrdup(host);
	else if (strchr(host, ':') != NULL)
		ask->host = xasprintf("[%s]:%d", host, port->valueint);
	else
		ask->host = xasprintf("%s:%d", host, port->valueint);
	ask->ca_file = xstrdup(ca_file);
	return 0;
}

static int
find_hub(struct ask *ask, struct err *err)
{
	char *path = xasprintf("%s/" HUB_FILE_READY, ask->state_dir);
	struct err why = { 0 };
	cJSON *ready = NULL;
	char *text;
	size_t len;
	int rc = -1;

	text = paths_read_file(path, READY_MAX, &len, &why);
	if (text == NULL && why.code == ERR_NOT_FOUND)
		no_hub(ask->state_dir, err);
	else if (text == NULL)
		err_copy(err, &why);
	else if ((ready = json_parse(text, len, err)) != NULL)
		rc = read_ready(ask, ready, err);
	cJSON_Delete(ready);
	xfree_secret(text);
	free(path);
	return rc;
}

static void
print_string(struct ask *ask, const cJSON *device)
{
	const cJSON *keys =
	    json_get(json_get(device, "authentication"), "symmetricKey");
	const char *key = json_get_string(keys, "primaryKey");
	struct connstr cs = { .host = ask->host,
		.device_id = xstrdup(ask->arg) };
	char *text;

	if (key == NULL) {
		err_set(&ask->err, ERR_UNSUPPORTED,
		    "%s has no symmetric key, so there is no string for it",
		    ask->arg);
		free(cs.device_id);
		return;
	}
	cs.key = xstrdup(key);
	text = connstr_format(&cs);
	puts(text);
	fflush(stdout);
	xfree_secret(text);
	xfree_secret(cs.key);
	free(cs.device_id);
}

static void
on_device(const struct client_answer *answer, void *arg)
{
	struct ask *ask = arg;

	err_copy(&ask->err, answer->err);
	if (answer->err->code == ERR_NONE)
		print_string(ask, answer->json);
	event_base_loopbreak(ask->base);
}

static void
get_device(struct ask *ask)
{
	client_device_get(ask->client, ask->arg, on_device, ask);
}

/* A bulk request says what went wrong with each device in its own list. */
static void
on_created(const struct client_answer *answer, void *arg)
{
	struct ask *ask = arg;
	const char *why = json_get_string(
	    cJSON_GetArrayItem(json_get(answer->json, "errors"), 0),
	    "errorStatus");

	err_copy(&ask->err, answer->err);
	if (why != NULL)
		err_set(&ask->err, ERR_REFUSED, "%s", why);
	if (ask->err.code == ERR_NONE)
		get_device(ask);
	else
		event_base_loopbreak(ask->base);
}

static void
create_device(struct ask *ask)
{
	client_devices_create(ask->client, &ask->arg, 1, on_created, ask);
}

/* A line for each item of an array: strings as they are, the rest as JSON. */
static void
print_items(const cJSON *array)
{
	const cJSON *item;
	char *text;

	cJSON_ArrayForEach(item, array)
	{
		text = cJSON_IsString(item) ? xstrdup(item->valuestring)
					    : json_print(item);
		puts(text);
		free(text);
	}
	fflush(stdout);
}

static void
on_control(const struct client_answer *answer, void *arg)
{
	struct ask *ask = arg;

	err_copy(&ask->err, answer->err);
	if (answer->err->code == ERR_NONE)
		print_items(cJSON_IsArray(answer->json)
			? answer->json
			: json_get(answer->json, "faults"));
	event_base_loopbreak(ask->base);
}

static void
list_calls(struct ask *ask)
{
	client_control(
	    ask->client, "GET", "/control/calls", NULL, on_control, ask);
}

static void
list_faults(struct ask *ask)
{
	client_control(
	    ask->client, "GET", "/control/faults", NULL, on_control, ask);
}

static void
set_faults(struct ask *ask)
{
	cJSON *body = cJSON_CreateObject();
	cJSON *rules = cJSON_AddArrayToObject(body, "faults");
	char *list = xstrdup(ask->arg), *rest = list, *text;

	if (strcmp(list, NO_FAULTS) == 0)
		rest = NULL;
	while (rest != NULL)
		cJSON_AddItemToArray(
		    rules, cJSON_CreateString(strsep(&rest, ",")));
	text = json_print(body);
	client_control(
	    ask->client, "PUT", "/control/faults", text, on_control, ask);
	cJSON_free(text);
	free(list);
	cJSON_Delete(body);
}

static void
send_message(struct ask *ask)
{
	cJSON *body = cJSON_CreateObject();
	struct strbuf path = { 0 };
	char *text;

	cJSON_AddStringToObject(body, "payload", ask->text);
	text = json_print(body);
	strbuf_puts(&path, "/control/devices/");
	str_percent_encode(&path, ask->arg, strlen(ask->arg));
	strbuf_puts(&path, "/messages");
	client_control(
	    ask->client, "POST", path.data, text, on_control, ask);
	cJSON_free(text);
	strbuf_fini(&path);
	cJSON_Delete(body);
}

/* Whole lines come: the hub sends no others. */
static int
on_messages(const char *data, size_t len, void *arg)
{
	struct ask *ask = arg;

	if (fwrite(data, 1, len, stdout) == len && fflush(stdout) == 0)
		return 0;
	ask->is_over = true;
	return -1;
}

static void
on_end(const struct client_answer *answer, void *arg)
{
	struct ask *ask = arg;

	if (!ask->is_over && answer->http == 200)
		err_set(&ask->err, ERR_REFUSED, "the hub has left");
	else if (!ask->is_over)
		err_copy(&ask->err, answer->err);
	event_base_loopbreak(ask->base);
}

static void
listen_to(struct ask *ask)
{
	struct strbuf path = { 0 };

	strbuf_puts(&path, "/control/");
	if (ask->arg != NULL) {
		strbuf_puts(&path, "devices/");
		str_percent_encode(&path, ask->arg, strlen(ask->arg));
		strbuf_putc(&path, '/');
	}
	strbuf_puts(&path, "messages");
	client_listen(ask->client, path.data, on_messages, on_end, ask);
	strbuf_fini(&path);
}

static int
run_with(const char *state_dir, const char *arg, const char *text,
    void (*start)(struct ask *), struct err *err)
{
	struct ask ask = {
		.state_dir = state_dir, .arg = arg, .text = text
	};
	int rc = -1;

	if (find_hub(&ask, err) == -1)
		goto out;
	ask.base = net_loop_new(err);
	if (ask.base == NULL)
		goto out;
	ask.client = client_new(ask.base, &ask.service, ask.ca_file, err);
	if (ask.client == NULL)
		goto out;
	start(&ask);
	event_base_dispatch(ask.base);
	if (ask.err.code == ERR_UNREACHABLE)
		no_hub(state_dir, err);
	else if (ask.err.code != ERR_NONE)
		err_copy(err, &ask.err);
	else
		rc = 0;
out:
	client_free(ask.client);
	if (ask.base != NULL)
		event_base_free(ask.base);
	connstr_fini(&ask.service);
	free(ask.ca_file);
	free(ask.host);
	return rc;
}

static int
run(const char *state_dir, const char *arg, void (*start)(struct ask *),
    struct err *err)
{
	return run_with(state_dir, arg, NULL, start, err);
}

int
mode_hub_add_device(
    const char *state_dir, const char *device_id, struct err *err)
{
	if (device_id_check(device_id, err) == -1)
		return -1;
	return run(state_dir, device_id, create_device, err);
}

int
mode_hub_device_string(
    const char *state_dir, const char *device_id, struct err *err)
{
	if (device_id_check(device_id, err) == -1)
		return -1;
	return run(state_dir, device_id, get_device, err);
}

int
mode_hub_fault(const char *state_dir, const char *list, struct err *err)
{
	return run(
	    state_dir, list, list != NULL ? set_faults : list_faults, err);
}

int
mode_hub_calls(const char *state_dir, const char *none, struct err *err)
{
	return run(state_dir, none, list_calls, err);
}

int
mode_hub_send(const char *state_dir, const char *device_id, const char *text,
    struct err *err)
{
	int rc;

	if (device_id_check(device_id, err) == -1)
		return -1;
	rc = run_with(state_dir, device_id, text, send_message, err);
	if (rc == -1 && err->code != ERR_UNREACHABLE)
		err_prefix(err, "%s", device_id);
	return rc;
}

int
mode_hub_monitor(const char *state_dir, const char *device_id, struct err *err)
{
	if (device_id != NULL && device_id_check(device_id, err) == -1)
		return -1;
	return run(state_dir, device_id, listen_to, err);
}
