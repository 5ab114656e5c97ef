#include "config.h"

#include "core/hub/tier.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <event2/http.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/hub/choices.h"

#define KB 1024
#define METHOD_METER ((size_t)4 * KB)
#define CONFIGURATIONS_MAX 100
#define CONFIGURATIONS_MAX_FREE 20 /* F1 */
#define JOBS_MAX_DEF 10 /* without a tier: as S3 */
#define US_PER_DAY (INT64_C(86400) * 1000000)

/* F1 has the quotas of S1; they are columns of the table below. */
enum column { COLUMN_S1, COLUMN_S2, COLUMN_S3, COLUMNS };

static const struct tier {
	const char *name;
	enum column column;
	int64_t units_max;
	int jobs_max;
	int64_t identities_max;
	int64_t messages; /* of a unit in a day */
	size_t meter;     /* bytes of one of them */
} tiers[] = {
	{ "F1", COLUMN_S1, 1, 1, HUB_CHOICE_F1_DEVICES, 8000, KB / 2 },
	{ "S1", COLUMN_S1, 200, 1, 1000000, 400000, 4 * KB },
	{ "S2", COLUMN_S2, 200, 5, 1000000, 6000000, 4 * KB },
	{ "S3", COLUMN_S3, 10, 10, 1000000, 300000000, 4 * KB },
};

/* The larger of the two counts: of a hub, and of a unit times the units. */
struct quota {
	int hub;
	int unit;
};

/* iot-hub-devguide-quotas-throttling.  A bucket holds one period's worth. */
static const struct class {
	const char *name; /* as a refusal calls it; the words are ours */
	int period_s;
	struct quota quota[COLUMNS];
	bool is_metered; /* iot-hub-devguide-pricing */
} classes[HUB_OPS] = {
	[HUB_OP_REGISTRY] = { "IdentityRegistryOperations", 60,
	    { { 0, 100 }, { 0, 100 }, { 0, 5000 } }, false },
	[HUB_OP_CONNECT] = { "DeviceConnections", 1,
	    { { 100, 12 }, { 0, 120 }, { 0, 6000 } }, false },
	[HUB_OP_TELEMETRY] = { "DeviceToCloudSends", 1,
	    { { 100, 12 }, { 0, 120 }, { 0, 6000 } }, true },
	[HUB_OP_C2D] = { "CloudToDeviceSends", 60,
	    { { 0, 100 }, { 0, 100 }, { 0, 5000 } }, true },
	[HUB_OP_METHOD] = { "DirectMethods", 1,
	    { { 0, 160 * KB }, { 0, 480 * KB }, { 0, 24 * KB * KB } }, true },
	[HUB_OP_QUERY] = { "Queries", 60,
	    { { 0, 20 }, { 0, 20 }, { 0, 1000 } }, true },
	[HUB_OP_TWIN_READ] = { "TwinReads", 1,
	    { { 100, 0 }, { 100, 10 }, { 0, 500 } }, true },
	[HUB_OP_TWIN_WRITE] = { "TwinUpdates", 1,
	    { { 50, 0 }, { 50, 5 }, { 0, 250 } }, true },
	[HUB_OP_JOB] = { "JobOperations", 60,
	    { { 0, 100 }, { 0, 100 }, { 0, 5000 } }, false },
	[HUB_OP_JOB_DEVICE] = { "JobDeviceOperations", 1,
	    { { 10, 0 }, { 10, 1 }, { 0, 50 } }, false },
	[HUB_OP_CONFIGURATION] = { "Configurations", 60,
	    { { 0, 20 }, { 0, 20 }, { 0, 20 } }, false },
};

/* The first row whose words the pattern begins with; method 0 is any. */
static const struct {
	int method;
	const char *pattern;
	enum hub_op op;
} routes[] = {
	{ 0, "devices/query", HUB_OP_QUERY },
	{ 0, "devices/*/messages", HUB_OP_C2D },
	{ 0, "devices/*/applyConfigurationContent", HUB_OP_CONFIGURATION },
	{ 0, "devices", HUB_OP_REGISTRY },
	{ 0, "statistics", HUB_OP_REGISTRY },
	{ 0, "twins/*/methods", HUB_OP_METHOD },
	{ 0, "twins/*/modules/*/methods", HUB_OP_METHOD },
	{ EVHTTP_REQ_GET, "twins", HUB_OP_TWIN_READ },
	{ 0, "twins", HUB_OP_TWIN_WRITE },
	{ 0, "jobs", HUB_OP_JOB },
	{ 0, "configurations", HUB_OP_CONFIGURATION },
};

/* What may be taken now; less than nothing while operations are put off. */
struct bucket {
	double tokens;
	double size;
	double per_ms;
	int64_t filled_ms; /* monotonic */
};

struct hub_tier {
	const struct tier *tier;
	int64_t messages_max; /* of all units in a day */
	int64_t messages;     /* of this day */
	int64_t day;          /* since 1970, UTC */
	void (*on_bill)(void *arg); /* or NULL */
	void *on_bill_arg;
	struct bucket buckets[HUB_OPS];
};

static const struct tier *
find_tier(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(tiers) / sizeof(tiers[0]); i++)
		if (strcasecmp(name, tiers[i].name) == 0)
			return &tiers[i];
	return NULL;
}

struct hub_tier *
hub_tier_new(const char *name, int64_t n_units, struct err *err)
{
	const struct tier *row = find_tier(name);
	const struct quota *quota;
	struct hub_tier *tier;
	struct bucket *b;
	double of_units;
	int i;

	if (row == NULL) {
		err_set(err, ERR_INVALID,
		    "the tier must be F1, S1, S2 or S3, not \"%.20s\"", name);
		return NULL;
	}
	if (n_units < 1 || n_units > row->units_max) {
		err_set(err, ERR_INVALID,
		    "tier %s has 1 to %" PRId64 " units", row->name,
		    row->units_max);
		return NULL;
	}
	tier = xcalloc(1, sizeof(*tier));
	tier->tier = row;
	tier->messages_max = row->messages * n_units;
	for (i = HUB_OP_FREE + 1; i < HUB_OPS; i++) {
		b = &tier->buckets[i];
		quota = &classes[i].quota[row->column];
		of_units = (double)quota->unit * (double)n_units;
		b->size = fmax(quota->hub, of_units);
		b->per_ms = b->size / (classes[i].period_s * 1000.0);
		b->tokens = b->size;
		b->filled_ms = clock_mono_ms();
	}
	return tier;
}

void
hub_tier_free(struct hub_tier *tier)
{
	free(tier);
}

int64_t
hub_tier_take(struct hub_tier *tier, enum hub_op op, size_t amount)
{
	int64_t now_ms, delay_ms = 0;
	struct bucket *b;

	if (tier == NULL || op == HUB_OP_FREE)
		return 0;
	b = &tier->buckets[op];
	now_ms = clock_mono_ms();
	b->tokens += (double)(now_ms - b->filled_ms) * b->per_ms;
	b->tokens = fmin(b->tokens, b->size);
	b->filled_ms = now_ms;
	if (b->tokens < (double)amount)
		delay_ms = (int64_t)ceil(
		    ((double)amount - b->tokens) / b->per_ms);
	if (delay_ms > HUB_TIER_DELAY_MAX_MS)
		return HUB_TIER_REFUSED;
	b->tokens -= (double)amount;
	return delay_ms;
}

size_t
hub_tier_method_size(size_t len)
{
	size_t n = (len + METHOD_METER - 1) / METHOD_METER;

	return (n > 0 ? n : 1) * METHOD_METER;
}

bool
hub_tier_is_metered(enum hub_op op)
{
	return classes[op].is_metered;
}

static void
begin_day(struct hub_tier *tier)
{
	int64_t day = clock_utc_us() / US_PER_DAY;

	if (day == tier->day)
		return;
	tier->day = day;
	tier->messages = 0;
}

void
hub_tier_bill(struct hub_tier *tier, size_t len)
{
	if (tier == NULL)
		return;
	begin_day(tier);
	tier->messages += len == 0
	    ? 1
	    : (int64_t)((len - 1) / tier->tier->meter + 1);
	if (tier->on_bill != NULL)
		tier->on_bill(tier->on_bill_arg);
}

void
hub_tier_resume(struct hub_tier *tier, int64_t day, int64_t messages)
{
	if (tier == NULL)
		return;
	tier->day = day;
	tier->messages = messages;
}

int64_t
hub_tier_messages(struct hub_tier *tier, int64_t *day)
{
	begin_day(tier);
	*day = tier->day;
	return tier->messages;
}

void
hub_tier_on_bill(struct hub_tier *tier, void (*cb)(void *arg), void *arg)
{
	tier->on_bill = cb;
	tier->on_bill_arg = arg;
}

bool
hub_tier_is_spent(struct hub_tier *tier)
{
	if (tier == NULL)
		return false;
	begin_day(tier);
	return tier->messages >= tier->messages_max;
}

char *
hub_tier_spent_text(const struct hub_tier *tier)
{
	return xasprintf("Total number of messages on IotHub exceeded the "
			 "allocated quota of %" PRId64 " a day",
	    tier->messages_max);
}

char *
hub_tier_refusal(enum hub_op op)
{
	return xasprintf("The request has been throttled. Wait %d seconds and "
			 "try again. Operation type: %s",
	    HUB_TIER_RETRY_AFTER_S, classes[op].name);
}

int
hub_tier_jobs_max(const struct hub_tier *tier)
{
	return tier != NULL ? tier->tier->jobs_max : JOBS_MAX_DEF;
}

int64_t
hub_tier_identities_max(const struct hub_tier *tier)
{
	return tier != NULL ? tier->tier->identities_max : INT64_MAX;
}

int
hub_tier_configurations_max(const struct hub_tier *tier)
{
	return tier != NULL && strcmp(tier->tier->name, "F1") == 0
	    ? CONFIGURATIONS_MAX_FREE
	    : CONFIGURATIONS_MAX;
}

enum hub_op
hub_tier_op_of(int method, const char *pattern)
{
	size_t i, len;

	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		len = strlen(routes[i].pattern);
		if (str_starts_with(pattern, routes[i].pattern) &&
		    (pattern[len] == '\0' || pattern[len] == '/') &&
		    (routes[i].method == 0 || routes[i].method == method))
			return routes[i].op;
	}
	return HUB_OP_FREE;
}
