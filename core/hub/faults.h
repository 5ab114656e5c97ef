/*
 * Faults on purpose, for rehearsals and tests: a list of rules, each for one
 * device or for the whole hub.  What comes of a rule is the gate's work.
 *
 * A rule is written KIND, KIND=VALUE, KIND@DEVICE or KIND=VALUE@DEVICE.
 */
#ifndef TWINDECK_CORE_HUB_FAULTS_H
#define TWINDECK_CORE_HUB_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/iothub/error.h"

struct err;
struct hub_faults;
struct strbuf;

#define HUB_FAULTS_MAX 1000                        /* rules */
#define HUB_FAULTS_LATENCY_MAX_MS ((int64_t)600000) /* of one rule */

struct hub_faults *hub_faults_new(void);
void hub_faults_free(struct hub_faults *faults); /* NULL does nothing */

/*
 * Puts n rules in the place of all that are there.  0, or -1 with err set
 * (ERR_INVALID, ERR_LIMIT) and the rules unchanged.
 */
int hub_faults_set(struct hub_faults *faults, const char *const *rules,
    size_t n, struct err *err);
/* The same for a list with commas; an id with a comma cannot stand in it. */
int hub_faults_set_list(
    struct hub_faults *faults, const char *list, struct err *err);
bool hub_faults_is_empty(const struct hub_faults *faults);
/* Appends a JSON array of the rules, as they were written. */
void hub_faults_format(const struct hub_faults *faults, struct strbuf *out);

enum hub_fault {
	HUB_FAULT_NONE,
	HUB_FAULT_LOSS,        /* read, not acted on, connection closed */
	HUB_FAULT_ANSWER_LOSS, /* acted on, connection closed */
	HUB_FAULT_ERROR        /* answered with an error, not acted on */
};

struct hub_fault_hit {
	enum hub_fault fault;
	enum iothub_error_id error;
	int64_t delay_ms; /* in any case */
};

/* What befalls one request; device_id NULL: it is about no device. */
struct hub_fault_hit
hub_faults_roll(struct hub_faults *faults, const char *device_id);
bool hub_faults_is_offline(
    const struct hub_faults *faults, const char *device_id);
/* How far the hub's clock is off when it looks at a token. */
int64_t hub_faults_skew_s(
    const struct hub_faults *faults, const char *device_id);

/* Row i of the kinds, for the help: "loss=PERCENT" and a sentence; or NULL. */
const char *hub_faults_kind(size_t i, const char **help);

#endif
