/*
 * Automatic device management: each configuration targets the devices of its
 * condition, and of those that target a device the one of the highest
 * priority (among equals the newest) is applied to it once, as a service's
 * patch of its desired properties.  Those with modulesContent compete apart,
 * target edge devices only, and patch the modules they name, of those that the
 * device has.  Those with moduleContent target modules of any device, by the
 * modules' own twins, in the same way.
 *
 * That is looked at for the devices and modules whose tags or reported
 * properties have changed, for all of them when a configuration has, and for
 * all every now and then; a range of devices, or of modules, in one turn of
 * the loop, and the next one when that is on disk.
 */
#ifndef TWINDECK_CORE_HUB_CONFIGURATIONS_H
#define TWINDECK_CORE_HUB_CONFIGURATIONS_H

#include <stdint.h>

struct err;
struct hub;
struct hub_configurations;

#define HUB_CONFIGURATION_RANGE 64   /* devices, or modules, in one turn */
#define HUB_CONFIGURATION_TURN_MS 10 /* of one turn, for touched devices */
#define HUB_CONFIGURATION_AGAIN_S 60 /* from one look at all to the next */
/* Devices that are remembered to be touched; with more, all are looked at. */
#define HUB_CONFIGURATION_TOUCHED 1024

/* Begins with a look at all.  NULL with err set (ERR_IO, ERR_INTERNAL). */
struct hub_configurations *
hub_configurations_new(struct hub *hub, struct err *err);
/* From now on nothing is applied.  NULL does nothing, here and below. */
void hub_configurations_stop(struct hub_configurations *configurations);
/* After every commit has ended. */
void hub_configurations_free(struct hub_configurations *configurations);

/* Reads them anew when what has been changed is on disk. */
void hub_configurations_reload(struct hub_configurations *configurations);
/* A device or a module is new, or its tags or reported properties are. */
void hub_configurations_touch(
    struct hub_configurations *configurations, const char *device_id);

/*
 * The results of a configuration's metrics as they were counted last, kept
 * until it changes: JSON, {"name":3}, borrowed; "{}" before that.
 */
const char *hub_configurations_counted(
    const struct hub_configurations *configurations, int64_t id);
void hub_configurations_keep(
    struct hub_configurations *configurations, int64_t id, const char *results);
/* The one that was counted longest ago, or never; 0: all are younger. */
int64_t hub_configurations_stalest(
    const struct hub_configurations *configurations, int64_t age_ms);

#endif
