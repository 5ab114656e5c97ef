#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/xalloc.h"
#include "core/hub/query.h"
#include "core/hub/query_index.h"
#include "core/hub/query_lex.h"
#include "core/hub/query_sql.h"
#include "core/hub/twins.h"

#define BASE64 "'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'"
#define DIGIT(shift) \
	"substr(" BASE64 ", ((twin.etag >> " #shift ") & 63) + 1, 1)"
/* As hub_etag_twin() writes it: 64 bits in eleven digits and a sign. */
#define ETAG_SQL \
	"(" DIGIT(58) " || " DIGIT(52) " || " DIGIT(46) " || " DIGIT(40) \
	" || " DIGIT(34) " || " DIGIT(28) " || " DIGIT(22) " || " DIGIT(16) \
	" || " DIGIT(10) " || " DIGIT(4) \
	" || substr(" BASE64 ", ((twin.etag << 2) & 63) + 1, 1) || '=')"

/* Base64 of the number's text, three digits in four, as
 * hub_etag_identity() writes it; no number has more than 19. */
#define BYTE(i) "ifnull(unicode(substr(device.etag, " #i ", 1)), 0)"
#define SEXTET(n) "substr(" BASE64 ", (" n ") + 1, 1)"
#define IF_THERE(i, then, otherwise) \
	"iif(length(device.etag) >= " #i ", " then ", '" otherwise "')"
#define TRIPLE(a, b, c)                                                  \
	IF_THERE(a,                                                      \
	    SEXTET("(" BYTE(a) " >> 2)") " || "                          \
	    SEXTET("((" BYTE(a) " & 3) << 4) | (" BYTE(b) " >> 4)")      \
	    " || "                                                       \
	    IF_THERE(b,                                                  \
	        SEXTET("((" BYTE(b) " & 15) << 2) | (" BYTE(c) " >> 6)"), \
	        "=") " || "                                              \
	    IF_THERE(c, SEXTET(BYTE(c) " & 63"), "="), "")
#define DEVICE_ETAG_SQL                                                   \
	"(" TRIPLE(1, 2, 3) " || " TRIPLE(4, 5, 6) " || " TRIPLE(7, 8, 9) \
	" || " TRIPLE(10, 11, 12) " || " TRIPLE(13, 14, 15)               \
	" || " TRIPLE(16, 17, 18) " || " TRIPLE(19, 20, 21) ")"

#define STATUS_SQL "iif(device.enabled, 'enabled', 'disabled')"
#define CONNECTION_SQL "iif(device.connected, 'Connected', 'Disconnected')"

static const struct query_flag flags[] = {
	{ "device.enabled", { "disabled", "enabled" }, STATUS_SQL },
	{ "device.connected", { "Disconnected", "Connected" },
	    CONNECTION_SQL },
};

/* Names in the roots are without case, and written as they stand here. */
static const struct query_root device_roots[] = {
	{ "deviceId",          QUERY_FIELD_TEXT,   "device.device_id" },
	{ "moduleId",          QUERY_FIELD_TEXT,   "NULL" },
	{ "status",            QUERY_FIELD_TEXT,
	    STATUS_SQL },
	{ "statusReason",      QUERY_FIELD_TEXT,   "device.status_reason" },
	{ "statusUpdateTime",  QUERY_FIELD_TEXT,   "device.status_updated" },
	{ "connectionState",   QUERY_FIELD_TEXT,
	    CONNECTION_SQL },
	{ "lastActivityTime",  QUERY_FIELD_TEXT,   "device.last_activity" },
	{ "authenticationType", QUERY_FIELD_TEXT,  "device.auth_type" },
	{ "modelId",           QUERY_FIELD_TEXT,   "device.model_id" },
	{ "version",           QUERY_FIELD_NUMBER, "twin.version" },
	{ "etag",              QUERY_FIELD_TEXT,   ETAG_SQL },
	{ "deviceEtag",        QUERY_FIELD_TEXT,   DEVICE_ETAG_SQL },
	{ "capabilities.iotEdge", QUERY_FIELD_BOOL, "device.iot_edge" },
	{ "deviceScope",       QUERY_FIELD_TEXT,   "device.scope" },
	{ "parentScopes",      QUERY_FIELD_JSON,   "device.parent_scopes" },
	{ "cloudToDeviceMessageCount", QUERY_FIELD_NUMBER,
	    "(SELECT count(*) FROM message"
	    " WHERE message.device_id = device.device_id)" },
	{ "x509Thumbprint.primaryThumbprint", QUERY_FIELD_TEXT,
	    "device.primary_thumbprint" },
	{ "x509Thumbprint.secondaryThumbprint", QUERY_FIELD_TEXT,
	    "device.secondary_thumbprint" },
	{ "configurations",    QUERY_FIELD_JSON,   HUB_TWINS_CONFIGURATIONS },
	{ "properties.desired.$version",  QUERY_FIELD_NUMBER,
	    "twin.desired_version" },
	{ "properties.reported.$version", QUERY_FIELD_NUMBER,
	    "twin.reported_version" },
	{ "properties.desired.$metadata",  QUERY_FIELD_JSON,
	    "twin.desired_metadata" },
	{ "properties.reported.$metadata", QUERY_FIELD_JSON,
	    "twin.reported_metadata" },
	{ "properties.desired",  QUERY_FIELD_JSON, "twin.desired" },
	{ "properties.reported", QUERY_FIELD_JSON, "twin.reported" },
	{ "tags",                QUERY_FIELD_JSON, "twin.tags" },
	{ NULL, QUERY_FIELD_TEXT, NULL },
};

/* "device/module" is what modules are known by; the rest is as of devices. */
static const struct query_root module_roots[] = {
	{ "deviceId",            QUERY_FIELD_TEXT,
	    "substr(device.device_id, 1, instr(device.device_id, '/') - 1)" },
	{ "moduleId",            QUERY_FIELD_TEXT,
	    "substr(device.device_id, instr(device.device_id, '/') + 1)" },
	{ NULL, QUERY_FIELD_TEXT, NULL },
};

static const struct query_root job_roots[] = {
	{ "deviceId",            QUERY_FIELD_TEXT, "device_job.device_id" },
	{ "jobId",               QUERY_FIELD_TEXT, "job.job_id" },
	{ "jobType",             QUERY_FIELD_TEXT, "job.type" },
	{ "status",              QUERY_FIELD_TEXT, "device_job.status" },
	{ "startTimeUtc",        QUERY_FIELD_TEXT, "device_job.started" },
	{ "endTimeUtc",          QUERY_FIELD_TEXT, "device_job.ended" },
	{ "createdDateTimeUtc",  QUERY_FIELD_TEXT, "device_job.created" },
	{ "createdTimeUtc",      QUERY_FIELD_TEXT, "device_job.created" },
	{ "lastUpdatedDateTimeUtc", QUERY_FIELD_TEXT, "device_job.updated" },
	{ "error.code",          QUERY_FIELD_TEXT, "device_job.error_code" },
	{ "error.description",   QUERY_FIELD_TEXT, "device_job.error_text" },
	{ "outcome.deviceMethodResponse.status", QUERY_FIELD_NUMBER,
	    "device_job.response_status" },
	{ "outcome.deviceMethodResponse.payload", QUERY_FIELD_JSON,
	    "device_job.response" },
	{ NULL, QUERY_FIELD_TEXT, NULL },
};

/* Behind the name of a source, which paths may begin with. */
static const struct {
	const struct query_root *roots;
	const struct query_root *others; /* where those have none; or NULL */
	const char *prefix;              /* behind "devices" */
	const char *expected;
} sources[] = {
	[QUERY_DEVICES] = { device_roots, NULL, NULL,
	    "is no property of a device: expected deviceId, tags.…, "
	    "properties.desired.…, properties.reported.… or a field of the "
	    "twin" },
	[QUERY_MODULES] = { module_roots, device_roots, "modules",
	    "is no property of a module: expected deviceId, moduleId, "
	    "tags.…, properties.desired.…, properties.reported.… or a field "
	    "of the twin" },
	[QUERY_JOBS] = { job_roots, NULL, "jobs",
	    "is no property of a device's job: expected "
	    "devices.jobs.deviceId, .jobId, .jobType, .status, a time, "
	    ".error.code or .outcome.deviceMethodResponse.status" },
};

int
query_compiler_fault(struct query_compiler *c, const char *at,
    enum err_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	query_fault_at(c->text, at, c->err, code, fmt, ap);
	va_end(ap);
	return -1;
}

int
query_compiler_refuse(struct query_compiler *c, const struct query_path *path,
    enum err_code code, const char *why)
{
	struct strbuf words = { 0 };
	size_t i;

	for (i = 0; i < path->n; i++)
		strbuf_printf(&words,
		    path->is_index[i] ? "[%s%.100s]" : "%s%.100s",
		    i > 0 && !path->is_index[i] ? "." : "", path->names[i]);
	query_compiler_fault(c, path->at, code, "%.200s %s",
	    strbuf_str(&words), why);
	strbuf_fini(&words);
	return -1;
}

size_t
query_add_value(struct query_compiler *c, const char *text, double number)
{
	struct hub_query *q = c->query;

	q->values =
	    xreallocarray(q->values, q->n_values + 1, sizeof(*q->values));
	q->values[q->n_values].text = xstrdup(text);
	q->values[q->n_values].number = number;
	return ++q->n_values;
}

static bool
is_name(const struct query_path *path, size_t i, const char *name)
{
	return i < path->n && !path->is_index[i] &&
	    strcasecmp(path->names[i], name) == 0;
}

/* How many names only say what is queried anyway: "devices.jobs". */
static size_t
skip_source(const struct query_compiler *c, const struct query_path *path)
{
	const char *prefix = sources[c->source].prefix;

	if (!is_name(path, 0, "devices"))
		return 0;
	return prefix != NULL && is_name(path, 1, prefix) ? 2 : 1;
}

/* How many names of the path the root has, or 0 if it is another root. */
static size_t
match_root(
    const struct query_root *root, const struct query_path *path, size_t from)
{
	const char *p = root->path;
	size_t i, len;

	for (i = from; *p != '\0'; i++) {
		len = strcspn(p, ".");
		if (i == path->n || path->is_index[i] ||
		    strlen(path->names[i]) != len ||
		    strncasecmp(path->names[i], p, len) != 0)
			return 0;
		p += len + (p[len] == '.');
	}
	return i;
}

/* SQLite's "$."name".…" cannot say a quote or a backslash. */
static int
add_json_path(struct query_compiler *c, const struct query_path *path,
    size_t from, struct query_field *field)
{
	struct strbuf sb = { 0 };
	size_t i;

	strbuf_putc(&sb, '$');
	for (i = from; i < path->n; i++) {
		if (strpbrk(path->names[i], "\"\\") != NULL) {
			strbuf_fini(&sb);
			return query_compiler_refuse(c, path, ERR_UNSUPPORTED,
			    "has a quote or backslash in a name, which queries "
			    "cannot reach");
		}
		strbuf_printf(&sb, path->is_index[i] ? "[%s]" : ".\"%s\"",
		    path->names[i]);
	}
	field->json_path = query_add_value(c, strbuf_str(&sb), 0);
	/* Modules have twins of their own. */
	if (c->source == QUERY_DEVICES)
		field->indexed = hub_query_index_find(
		    c->indexes, field->root->sql, strbuf_str(&sb));
	strbuf_fini(&sb);
	return 0;
}

/* NULL if there is none; n gets how many names it has. */
static const struct query_root *
find_root(const struct query_root *root, const struct query_path *path,
    size_t from, size_t *n)
{
	for (; root != NULL && root->path != NULL; root++)
		if ((*n = match_root(root, path, from)) > 0)
			return root;
	return NULL;
}

static bool
is_target_root(const struct query_root *root)
{
	return strcmp(root->path, "moduleId") == 0 ||
	    strcmp(root->path, "deviceId") == 0 ||
	    strcmp(root->path, "tags") == 0 ||
	    str_starts_with(root->path, "properties.reported");
}

int
query_resolve(struct query_compiler *c, const struct query_path *path,
    struct query_field *field)
{
	size_t n = 0, from = skip_source(c, path);
	const struct query_root *root =
	    find_root(sources[c->source].roots, path, from, &n);
	const char *dot;

	if (root == NULL)
		root = find_root(sources[c->source].others, path, from, &n);
	if (root == NULL)
		return query_compiler_refuse(
		    c, path, ERR_INVALID, sources[c->source].expected);
	if (c->is_target && !is_target_root(root))
		return query_compiler_refuse(c, path, ERR_UNSUPPORTED,
		    c->source == QUERY_MODULES
			? "is not for a target condition: it may look at "
			  "deviceId, moduleId, tags.… and "
			  "properties.reported.…"
			: "is not for a target condition: it may look at "
			  "deviceId, tags.… and properties.reported.…");
	*field = (struct query_field){ .root = root, .type = root->type };
	if (strcasecmp(root->path, "lastActivityTime") == 0)
		c->query->sees = HUB_LIVENESS_ALL;
	else if (strcasecmp(root->path, "connectionState") == 0 &&
	    c->query->sees == HUB_LIVENESS_NONE)
		c->query->sees = HUB_LIVENESS_CONNECTIONS;
	/* A root is written as IoT Hub writes it, however it was asked for. */
	dot = strrchr(root->path, '.');
	field->name = dot != NULL ? dot + 1 : root->path;
	if (field->type != QUERY_FIELD_JSON) {
		if (n < path->n)
			return query_compiler_refuse(
			    c, path, ERR_INVALID, "has nothing below it");
		return 0;
	}
	if (n < path->n)
		field->name = path->names[path->n - 1];
	if (n == path->n && (strcmp(root->sql, "twin.desired") == 0 ||
				strcmp(root->sql, "twin.reported") == 0)) {
		field->type = QUERY_FIELD_SECTION;
		return 0;
	}
	return add_json_path(c, path, n, field);
}

const struct query_flag *
query_flag_of(const struct query_field *field)
{
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(field->root->sql, flags[i].sql) == 0)
			return &flags[i];
	return NULL;
}

void
query_put_value(struct strbuf *sql, const struct query_field *field)
{
	if (field->type == QUERY_FIELD_JSON && field->indexed != NULL)
		strbuf_printf(sql, "json_extract(%s, %s)", field->root->sql,
		    field->indexed);
	else if (field->type == QUERY_FIELD_JSON)
		strbuf_printf(sql, "json_extract(%s, ?%zu)", field->root->sql,
		    field->json_path);
	else
		strbuf_puts(sql, field->root->sql);
}

void
query_put_type_is(struct strbuf *sql, const struct query_field *field,
    const char *types, bool not)
{
	strbuf_printf(sql, "json_type(%s, ?%zu)%s IN (%s)", field->root->sql,
	    field->json_path, not ? " NOT" : "", types);
}

/* As twins.c writes them: the members, $metadata and $version. */
#define SECTION_SQL(name) \
	"'{' || iif(twin." name " = '{}', '', substr(twin." name \
	", 2, length(twin." name ") - 2) || ',') || '\"$metadata\":' || " \
	"twin." name "_metadata || ',\"$version\":' || twin." name \
	"_version || '}'"

void
query_put_json(struct strbuf *sql, const struct query_field *field)
{
	const char *column = field->root->sql;

	switch (field->type) {
	case QUERY_FIELD_SECTION:
		strbuf_puts(sql,
		    strcmp(column, "twin.desired") == 0
			? SECTION_SQL("desired")
			: SECTION_SQL("reported"));
		break;
	case QUERY_FIELD_JSON:
		/* Empty tags are left out, as in a whole twin. */
		strbuf_printf(sql,
		    field->name == field->root->path
			? "nullif(%s -> ?%zu, '{}')"
			: "%s -> ?%zu",
		    column, field->json_path);
		break;
	case QUERY_FIELD_BOOL:
		strbuf_printf(sql, "iif(%s, 'true', 'false')", column);
		break;
	default:
		strbuf_printf(sql, "iif(%s IS NULL, NULL, json_quote(%s))",
		    column, column);
		break;
	}
}
