/*
 * Whoever has an identity is known by one text: a device by its id, a module
 * by "device/module", its Client Identifier.  No id has a slash.  Registry,
 * twins, methods and sessions take either where they say device_id; each
 * keeps modules in tables of their own, with the same columns.
 */
#ifndef TWINDECK_CORE_HUB_WHO_H
#define TWINDECK_CORE_HUB_WHO_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct strbuf;

enum hub_kind { HUB_DEVICE, HUB_MODULE, HUB_KINDS };

enum hub_kind hub_who_kind(const char *who);
/* Of two ids; the caller's.  module_id NULL: a device. */
char *hub_who_new(const char *device_id, const char *module_id);
/* The device's id, which is who's own or a module's owner; the caller's. */
char *hub_who_device(const char *who);
const char *hub_who_module(const char *who); /* borrowed; NULL: a device */

/* Whether it is these two; the second is NULL for a device. */
bool hub_who_is(const char *who, const char *device_id, size_t device_len,
    const char *module_id, size_t module_len);

/* Appends {"deviceId":"d1" or {"deviceId":"d1","moduleId":"m1", of JSON. */
void hub_who_put_json(struct strbuf *out, const char *who);

/* The rules for both ids: 0, or -1 with err set (ERR_INVALID). */
int hub_who_check(const char *who, struct err *err);

#endif
