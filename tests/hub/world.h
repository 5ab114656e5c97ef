/*
 * A hub in this process, on free ports and a private state folder.
 */
#ifndef TWINDECK_TESTS_HUB_WORLD_H
#define TWINDECK_TESTS_HUB_WORLD_H

#include "core/hub/hub.h"

struct event_base;

struct world {
	struct event_base *base;
	struct hub *hub;
	char *state_dir;
};

void world_init(struct world *world);
/* Lets it go and starts it again on the same state. */
void world_restart(struct world *world);
void world_fini(struct world *world); /* its folder goes too */

/* cmocka's fixtures, with d1; *state is the world, said beforehand. */
int world_setup(void **state);
int world_teardown(void **state);
#define WORLD_CASE(test, world)                   \
	cmocka_unit_test_prestate_setup_teardown( \
	    test, world_setup, world_teardown, world)

/* Registers a device with these two keys, at once on disk. */
#define WORLD_KEY "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
#define WORLD_OTHER_KEY "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
void world_add_device(struct world *world, const char *device_id);
/* PATCH as a service; body is a whole one. */
void world_patch(struct world *world, const char *device_id, const char *body);
void
world_report(struct world *world, const char *device_id, const char *patch);
/* Runs the loop until nothing is ready. */
void world_settle(struct world *world);

#endif
