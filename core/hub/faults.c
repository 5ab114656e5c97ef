#include "config.h"

#include "core/hub/faults.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"

enum effect { LATENCY, HIT, OFFLINE, CLOCK_SKEW };
enum value { NO_VALUE, DURATION, SIGNED_DURATION, PERCENT };

/* Read by the parser, the help and the man-page test; of several that hit, the
 * first row's is what happens. */
static const struct kind {
	const char *name;
	const char *usage;
	enum effect effect;
	enum value value;
	enum hub_fault fault;
	enum iothub_error_id error;
	const char *help;
} kinds[] = {
	{ "latency", "latency=TIME", LATENCY, DURATION, HUB_FAULT_NONE, 0,
	    "Answer that much later: 200ms, 5s, 1m." },
	{ "loss", "loss=PERCENT", HIT, PERCENT, HUB_FAULT_LOSS, 0,
	    "Close the connection once a request was read; it is not acted "
	    "on." },
	{ "answer-loss", "answer-loss=PERCENT", HIT, PERCENT,
	    HUB_FAULT_ANSWER_LOSS, 0,
	    "Act on a request, then close the connection without an answer." },
	{ "429", "429=PERCENT", HIT, PERCENT, HUB_FAULT_ERROR,
	    IOTHUB_THROTTLING, "Answer 429, ThrottlingException." },
	{ "500", "500=PERCENT", HIT, PERCENT, HUB_FAULT_ERROR,
	    IOTHUB_SERVER_ERROR, "Answer 500, ServerError." },
	{ "503", "503=PERCENT", HIT, PERCENT, HUB_FAULT_ERROR,
	    IOTHUB_SERVICE_UNAVAILABLE, "Answer 503, ServiceUnavailable." },
	{ "504", "504=PERCENT", HIT, PERCENT, HUB_FAULT_ERROR,
	    IOTHUB_GATEWAY_TIMEOUT, "Answer 504, GatewayTimeout." },
	{ "offline", "offline", OFFLINE, NO_VALUE, HUB_FAULT_NONE, 0,
	    "Close the connections of devices, and take no new ones." },
	{ "clock-skew", "clock-skew=TIME", CLOCK_SKEW, SIGNED_DURATION,
	    HUB_FAULT_NONE, 0,
	    "Judge tokens and date answers by a clock that is that much ahead, "
	    "or behind with a minus: 10m, -1h." },
	{ NULL, NULL, 0, 0, 0, 0, NULL },
};

struct rule {
	const struct kind *kind;
	char *text;            /* as it was written; owned */
	const char *device_id; /* points into text; NULL: the hub */
	int64_t value;         /* ms, or percent */
};

struct hub_faults {
	struct rule *rules; /* owned */
	size_t n;
	uint64_t random;
};

struct hub_faults *
hub_faults_new(void)
{
	struct hub_faults *faults = xcalloc(1, sizeof(*faults));

	RAND_bytes((unsigned char *)&faults->random, sizeof(faults->random));
	faults->random |= 1;
	return faults;
}

static void
rules_free(struct rule *rules, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(rules[i].text);
	free(rules);
}

void
hub_faults_free(struct hub_faults *faults)
{
	if (faults == NULL)
		return;
	rules_free(faults->rules, faults->n);
	free(faults);
}

static const struct kind *
find_kind(const char *s, size_t len)
{
	const struct kind *k;

	for (k = kinds; k->name != NULL; k++)
		if (strlen(k->name) == len && memcmp(k->name, s, len) == 0)
			return k;
	return NULL;
}

/* 0, or -1 when that is no value of this kind; value "" is none given. */
static int
read_value(enum value type, const char *value, int64_t *number)
{
	bool is_behind = type == SIGNED_DURATION && value[0] == '-';
	char percent[8];
	size_t len;

	switch (type) {
	case NO_VALUE:
		return *value == '\0' ? 0 : -1;
	case DURATION:
	case SIGNED_DURATION:
		if (type == SIGNED_DURATION && (is_behind || *value == '+'))
			value++;
		if (clock_parse_duration(value, number) == -1)
			return -1;
		if (type == DURATION && *number > HUB_FAULTS_LATENCY_MAX_MS)
			return -1;
		*number = is_behind ? -*number : *number;
		return 0;
	case PERCENT:
		*number = 100;
		len = strlen(value);
		if (len == 0)
			return 0;
		if (len >= sizeof(percent))
			return -1;
		len -= value[len - 1] == '%';
		memcpy(percent, value, len);
		percent[len] = '\0';
		return str_to_int64(percent, 0, 100, number);
	}
	return -1;
}

static int
no_fault(const char *text, const char *how, struct err *err)
{
	return err_set(
	    err, ERR_INVALID, "\"%.60s\" is no fault; %s", text, how);
}

static int
no_kind(const char *text, struct err *err)
{
	struct strbuf how = { 0 };
	const struct kind *k;

	strbuf_puts(&how, "there are");
	for (k = kinds; k->name != NULL; k++)
		strbuf_printf(&how, "%s %s", k == kinds ? "" : ",", k->usage);
	no_fault(text, strbuf_str(&how), err);
	strbuf_fini(&how);
	return -1;
}

/* rule->text may be set even on failure. */
static int
rule_parse(const char *text, struct rule *rule, struct err *err)
{
	size_t head = strcspn(text, "@"), name = strcspn(text, "=@");
	char *value;
	int rc;

	rule->kind = find_kind(text, name);
	if (rule->kind == NULL)
		return no_kind(text, err);
	value = name < head ? xstrndup(text + name + 1, head - name - 1)
			    : xstrdup("");
	rc = read_value(rule->kind->value, value, &rule->value);
	free(value);
	if (rc == -1)
		return no_fault(text, rule->kind->usage, err);
	rule->text = xstrdup(text);
	if (text[head] == '@')
		rule->device_id = rule->text + head + 1;
	if (rule->device_id != NULL && *rule->device_id == '\0')
		return no_fault(text, "a device id stands behind @", err);
	return 0;
}

int
hub_faults_set(struct hub_faults *faults, const char *const *texts, size_t n,
    struct err *err)
{
	struct rule *rules;
	size_t i;

	if (n > HUB_FAULTS_MAX)
		return err_set(err, ERR_LIMIT, "%zu faults, %d are allowed", n,
		    HUB_FAULTS_MAX);
	rules = xcalloc(n + 1, sizeof(*rules));
	for (i = 0; i < n; i++)
		if (rule_parse(texts[i], &rules[i], err) == -1) {
			rules_free(rules, i + 1);
			return -1;
		}
	rules_free(faults->rules, faults->n);
	faults->rules = rules;
	faults->n = n;
	return 0;
}

int
hub_faults_set_list(
    struct hub_faults *faults, const char *list, struct err *err)
{
	char *copy = xstrdup(list), *rest = copy;
	const char **texts = NULL;
	size_t n = 0;
	int rc;

	while (rest != NULL && *rest != '\0') {
		texts = xreallocarray(texts, n + 1, sizeof(*texts));
		texts[n++] = strsep(&rest, ",");
	}
	rc = hub_faults_set(faults, texts, n, err);
	free(texts);
	free(copy);
	return rc;
}

bool
hub_faults_is_empty(const struct hub_faults *faults)
{
	return faults->n == 0;
}

void
hub_faults_format(const struct hub_faults *faults, struct strbuf *out)
{
	size_t i;

	strbuf_putc(out, '[');
	for (i = 0; i < faults->n; i++) {
		if (i > 0)
			strbuf_putc(out, ',');
		json_put_string(out, faults->rules[i].text);
	}
	strbuf_putc(out, ']');
}

/* A device's modules share its fate. */
static bool
is_for(const struct rule *rule, const char *device_id)
{
	size_t len;

	if (rule->device_id == NULL || device_id == NULL)
		return rule->device_id == NULL;
	len = strcspn(device_id, "/");
	return strlen(rule->device_id) == len &&
	    memcmp(rule->device_id, device_id, len) == 0;
}

/* xorshift64*, then a number below 100. */
static int64_t
roll(struct hub_faults *faults)
{
	faults->random ^= faults->random >> 12;
	faults->random ^= faults->random << 25;
	faults->random ^= faults->random >> 27;
	return (int64_t)((faults->random * UINT64_C(0x2545f4914f6cdd1d) >> 33) %
	    100);
}

struct hub_fault_hit
hub_faults_roll(struct hub_faults *faults, const char *device_id)
{
	struct hub_fault_hit hit = { .fault = HUB_FAULT_NONE };
	const struct kind *first = NULL;
	const struct rule *rule;
	size_t i;

	for (i = 0; i < faults->n; i++) {
		rule = &faults->rules[i];
		if (!is_for(rule, device_id))
			continue;
		if (rule->kind->effect == LATENCY)
			hit.delay_ms += rule->value;
		else if (rule->kind->effect == HIT &&
		    roll(faults) < rule->value &&
		    (first == NULL || rule->kind < first))
			first = rule->kind;
	}
	if (first != NULL) {
		hit.fault = first->fault;
		hit.error = first->error;
	}
	if (hit.delay_ms > HUB_FAULTS_LATENCY_MAX_MS)
		hit.delay_ms = HUB_FAULTS_LATENCY_MAX_MS;
	return hit;
}

bool
hub_faults_is_offline(const struct hub_faults *faults, const char *device_id)
{
	size_t i;

	for (i = 0; i < faults->n; i++)
		if (faults->rules[i].kind->effect == OFFLINE &&
		    is_for(&faults->rules[i], device_id))
			return true;
	return false;
}

int64_t
hub_faults_skew_s(const struct hub_faults *faults, const char *device_id)
{
	int64_t skew_ms = 0;
	size_t i;

	for (i = 0; i < faults->n; i++)
		if (faults->rules[i].kind->effect == CLOCK_SKEW &&
		    is_for(&faults->rules[i], device_id))
			skew_ms += faults->rules[i].value;
	return skew_ms / 1000;
}

const char *
hub_faults_kind(size_t i, const char **help)
{
	if (i >= sizeof(kinds) / sizeof(kinds[0]) || kinds[i].name == NULL)
		return NULL;
	*help = kinds[i].help;
	return kinds[i].usage;
}
