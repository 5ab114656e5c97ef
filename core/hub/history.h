/*
 * Which devices were called, with what, when, and what came of it: the last
 * HUB_HISTORY_MAX direct methods, in memory, for the assertions of tests.
 */
#ifndef TWINDECK_CORE_HUB_HISTORY_H
#define TWINDECK_CORE_HUB_HISTORY_H

#include <stddef.h>
#include <stdint.h>

struct hub_history;
struct strbuf;

#define HUB_HISTORY_MAX 1000
#define HUB_HISTORY_PAYLOAD_MAX ((size_t)4096) /* longer ones are left out */

struct hub_history *hub_history_new(void);
void hub_history_free(struct hub_history *history); /* NULL does nothing */
void hub_history_clear(struct hub_history *history);

/* A call begins; returns its number, which counts from 1 and never again. */
uint64_t hub_history_add(struct hub_history *history, const char *device_id,
    const char *method, const char *payload, size_t payload_len);
/* It ended; outcome is a word that lives on, status the device's or 0. */
void hub_history_end(struct hub_history *history, uint64_t number,
    const char *outcome, int status);

/*
 * Appends a JSON array, oldest first, of the calls with a number above after,
 * of one device unless device_id is NULL.
 */
void hub_history_format(const struct hub_history *history, uint64_t after,
    const char *device_id, struct strbuf *out);

#endif
