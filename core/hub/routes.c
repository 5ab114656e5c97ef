#include "config.h"

#include "core/hub/routes.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <event2/http.h>

#include "core/base/str.h"
#include "core/hub/call.h"
#include "core/hub/choices.h"
#include "core/hub/identity.h"
#include "core/hub/who.h"

static void
rest_import_jobs(struct hub_call *call)
{
	struct strbuf out = { 0 };

	/* Import and export need blob storage, which is not here: none run. */
	strbuf_puts(&out, "[]");
	hub_call_answer(call, 200, &out);
}

static void
rest_import_job(struct hub_call *call)
{
	hub_call_error(call, IOTHUB_OPERATION_NOT_AVAILABLE,
	    "import and export jobs need blob storage, which is not here");
}

/* A device asks with a token of its own, or shows a certificate: the answer
 * is the same for all. */
static void
rest_file_upload(struct hub_call *call)
{
	hub_call_error(call, IOTHUB_OPERATION_NOT_AVAILABLE,
	    "a file upload needs blob storage, which is not here");
}

/* Nobody can ask for feedback, which is AMQP's to do, nor for a file: there is
 * never any word of either. */
static void
rest_no_feedback(struct hub_call *call)
{
	hub_call_answer(call, 204, NULL);
}

#define BOTH (HUB_REGISTRY_READ | HUB_REGISTRY_WRITE)

/* Only the owner's policy has them all. */
#define OWNER (BOTH | HUB_SERVICE_CONNECT | HUB_DEVICE_CONNECT)

/* In order: the first row that fits is it. */
static const struct hub_route routes[] = {
	{ EVHTTP_REQ_GET,    "devices",            HUB_REGISTRY_READ,
	    hub_rest_device_list },
	{ EVHTTP_REQ_POST,   "devices",            HUB_REGISTRY_WRITE,
	    hub_rest_device_bulk },
	{ EVHTTP_REQ_POST,   "devices/query",      HUB_SERVICE_CONNECT,
	    hub_rest_query },
	{ EVHTTP_REQ_GET,    "devices/*",          HUB_REGISTRY_READ,
	    hub_rest_device_get },
	{ EVHTTP_REQ_PUT,    "devices/*",          HUB_REGISTRY_WRITE,
	    hub_rest_device_put },
	{ EVHTTP_REQ_DELETE, "devices/*",          HUB_REGISTRY_WRITE,
	    hub_rest_device_delete },
	{ EVHTTP_REQ_GET,    "statistics/devices", HUB_REGISTRY_READ,
	    hub_rest_statistics_devices },
	{ EVHTTP_REQ_GET,    "statistics/service", HUB_REGISTRY_READ,
	    hub_rest_statistics_service },
	{ EVHTTP_REQ_GET,    "twins/*",            HUB_SERVICE_CONNECT,
	    hub_rest_twin_get },
	{ EVHTTP_REQ_PATCH,  "twins/*",            HUB_SERVICE_CONNECT,
	    hub_rest_twin_patch },
	{ EVHTTP_REQ_PUT,    "twins/*",            HUB_SERVICE_CONNECT,
	    hub_rest_twin_put },
	{ EVHTTP_REQ_POST,   "twins/*/methods",    HUB_SERVICE_CONNECT,
	    hub_rest_method },
	{ EVHTTP_REQ_GET,    "devices/*/modules",  HUB_REGISTRY_READ,
	    hub_rest_module_list },
	{ EVHTTP_REQ_GET,    "devices/*/modules/*", HUB_REGISTRY_READ,
	    hub_rest_device_get },
	{ EVHTTP_REQ_PUT,    "devices/*/modules/*", HUB_REGISTRY_WRITE,
	    hub_rest_device_put },
	{ EVHTTP_REQ_DELETE, "devices/*/modules/*", HUB_REGISTRY_WRITE,
	    hub_rest_device_delete },
	{ EVHTTP_REQ_GET,    "twins/*/modules/*",  HUB_SERVICE_CONNECT,
	    hub_rest_twin_get },
	{ EVHTTP_REQ_PATCH,  "twins/*/modules/*",  HUB_SERVICE_CONNECT,
	    hub_rest_twin_patch },
	{ EVHTTP_REQ_PUT,    "twins/*/modules/*",  HUB_SERVICE_CONNECT,
	    hub_rest_twin_put },
	{ EVHTTP_REQ_POST,   "twins/*/modules/*/methods",
	    HUB_SERVICE_CONNECT, hub_rest_method },
	{ EVHTTP_REQ_GET,    "messages/servicebound/feedback",
	    HUB_SERVICE_CONNECT, rest_no_feedback },
	{ EVHTTP_REQ_GET,    "messages/servicebound/filenotifications",
	    HUB_SERVICE_CONNECT, rest_no_feedback },
	{ EVHTTP_REQ_DELETE, "devices/*/commands", HUB_SERVICE_CONNECT,
	    hub_rest_messages_purge },
	{ EVHTTP_REQ_POST,   "devices/*/files",    0,
	    rest_file_upload },
	{ EVHTTP_REQ_POST,   "devices/*/files/notifications", 0,
	    rest_file_upload },
	{ EVHTTP_REQ_POST,   HUB_ROUTE_CONTROL "devices/*/messages", OWNER,
	    hub_rest_message_send },
	{ EVHTTP_REQ_POST,   "devices/*/applyConfigurationContent",
	    HUB_CHOICE_CONFIGURATION_WRITE, hub_rest_configuration_apply },
	{ EVHTTP_REQ_GET,    "configurations",
	    HUB_CHOICE_CONFIGURATION_READ, hub_rest_configuration_list },
	{ EVHTTP_REQ_POST,   "configurations/testQueries",
	    HUB_CHOICE_CONFIGURATION_READ, hub_rest_configuration_test },
	{ EVHTTP_REQ_GET,    "configurations/*",
	    HUB_CHOICE_CONFIGURATION_READ, hub_rest_configuration_get },
	{ EVHTTP_REQ_PUT,    "configurations/*",
	    HUB_CHOICE_CONFIGURATION_WRITE, hub_rest_configuration_put },
	{ EVHTTP_REQ_DELETE, "configurations/*",
	    HUB_CHOICE_CONFIGURATION_WRITE, hub_rest_configuration_delete },
	{ EVHTTP_REQ_GET,    "$iothub/websocket",  0,
	    hub_rest_websocket },
	{ EVHTTP_REQ_GET,    "jobs",               BOTH,
	    rest_import_jobs },
	{ EVHTTP_REQ_GET,    HUB_ROUTE_CONTROL "faults", OWNER,
	    hub_rest_faults_get },
	{ EVHTTP_REQ_PUT,    HUB_ROUTE_CONTROL "faults", OWNER,
	    hub_rest_faults_put },
	{ EVHTTP_REQ_DELETE, HUB_ROUTE_CONTROL "faults", OWNER,
	    hub_rest_faults_delete },
	{ EVHTTP_REQ_GET,    HUB_ROUTE_CONTROL "calls", OWNER,
	    hub_rest_calls_get },
	{ EVHTTP_REQ_DELETE, HUB_ROUTE_CONTROL "calls", OWNER,
	    hub_rest_calls_delete },
	{ EVHTTP_REQ_GET,    HUB_ROUTE_CONTROL "messages", OWNER,
	    hub_rest_monitor },
	{ EVHTTP_REQ_GET,    HUB_ROUTE_CONTROL "devices/*/messages", OWNER,
	    hub_rest_monitor },
	{ EVHTTP_REQ_GET,    HUB_ROUTE_CONTROL "devices/*/packets", OWNER,
	    hub_rest_packets },
	{ EVHTTP_REQ_POST,   "jobs/create",        BOTH,
	    rest_import_job },
	{ EVHTTP_REQ_GET,    "jobs/v2/query",      BOTH,
	    hub_rest_job_query },
	{ EVHTTP_REQ_PUT,    "jobs/v2/*",          BOTH,
	    hub_rest_job_put },
	{ EVHTTP_REQ_GET,    "jobs/v2/*",          BOTH,
	    hub_rest_job_get },
	{ EVHTTP_REQ_POST,   "jobs/v2/*/cancel",   BOTH,
	    hub_rest_job_cancel },
	{ EVHTTP_REQ_GET,    "jobs/*",             BOTH,
	    rest_import_job },
	{ EVHTTP_REQ_DELETE, "jobs/*",             BOTH,
	    rest_import_job },
	{ 0, NULL, 0, NULL },
};

/* Compares word by word; what stands for a star becomes an argument. */
static bool
fits(struct hub_call *call, const char *pattern)
{
	size_t i, len, n_args = 0;

	call->args[0] = call->args[1] = NULL;
	for (i = 0; i < call->n_segments; i++) {
		len = strcspn(pattern, "/");
		if (len == 0)
			return false;
		if (len == 1 && *pattern == '*')
			call->args[n_args++] = call->segments[i];
		else if (strlen(call->segments[i]) != len ||
		    memcmp(call->segments[i], pattern, len) != 0)
			return false;
		pattern += len + (pattern[len] == '/');
	}
	return *pattern == '\0';
}

/*
 * Whom the path is about.  An id with a slash would be taken for a module:
 * answers the call.
 */
static bool
set_who(struct hub_call *call)
{
	size_t i;

	call->is_envelope_b = strcmp(call->segments[0], "configurations") == 0;
	if (strcmp(call->segments[0], "devices") != 0 &&
	    strcmp(call->segments[0], "twins") != 0)
		return true;
	for (i = 0; i < 2; i++)
		if (call->args[i] != NULL &&
		    strchr(call->args[i], '/') != NULL) {
			hub_call_error(call, IOTHUB_ARGUMENT_INVALID,
			    "an id may not have a slash");
			return false;
		}
	if (call->args[0] != NULL)
		call->who = hub_who_new(call->args[0], call->args[1]);
	/* A twin's errors are said in A, a module's too. */
	call->is_envelope_b =
	    strcmp(call->segments[0], "devices") == 0 &&
	    call->n_segments > 2 &&
	    (strcmp(call->segments[2], "modules") == 0 ||
		strcmp(call->segments[2], "applyConfigurationContent") == 0);
	return true;
}

static const char *
method_name(int method)
{
	static const struct {
		int method;
		const char *name;
	} names[] = {
		{ EVHTTP_REQ_GET, "GET" },
		{ EVHTTP_REQ_PUT, "PUT" },
		{ EVHTTP_REQ_POST, "POST" },
		{ EVHTTP_REQ_PATCH, "PATCH" },
		{ EVHTTP_REQ_DELETE, "DELETE" },
		{ 0, "" },
	};
	size_t i = 0;

	while (names[i].method != 0 && names[i].method != method)
		i++;
	return names[i].name;
}

const struct hub_route *
hub_route_find(struct hub_call *call)
{
	int method = (int)evhttp_request_get_command(call->request);
	const struct hub_route *r;
	struct strbuf allowed = { 0 };

	for (r = routes; r->pattern != NULL; r++) {
		if (!fits(call, r->pattern))
			continue;
		if (r->method == 0 || r->method == method) {
			strbuf_fini(&allowed);
			return set_who(call) ? r : NULL;
		}
		strbuf_printf(&allowed, "%s%s", allowed.len > 0 ? ", " : "",
		    method_name(r->method));
	}
	if (allowed.len > 0) {
		hub_call_set_header(call, "Allow", strbuf_str(&allowed));
		hub_call_refuse(call, 405,
		    "this resource does not know this method");
	} else {
		hub_call_refuse(call, 404,
		    "this hub does not know this resource");
	}
	strbuf_fini(&allowed);
	return NULL;
}
