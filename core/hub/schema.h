/*
 * The tables of a hub's database, as the list of steps that made them.
 */
#ifndef TWINDECK_CORE_HUB_SCHEMA_H
#define TWINDECK_CORE_HUB_SCHEMA_H

#include "core/store/store.h"

/* For store_open().  A step that has been released is never changed again. */
extern const struct store_migration hub_schema[];

#endif
