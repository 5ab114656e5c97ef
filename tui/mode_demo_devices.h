/*
 * The devices of a demo: registered and tagged with site, floor and building,
 * over REST, before the fleet that plays them starts.
 */
#ifndef TWINDECK_TUI_MODE_DEMO_DEVICES_H
#define TWINDECK_TUI_MODE_DEMO_DEVICES_H

#include <stddef.h>

struct client;
struct err;
struct mode_demo_devices;

/* err is NULL when all are there; it may be freed in here. */
typedef void (*mode_demo_devices_cb)(const struct err *err, void *arg);

/* client is borrowed.  cb comes once. */
struct mode_demo_devices *mode_demo_devices_new(struct client *client,
    size_t count, mode_demo_devices_cb cb, void *arg);
void mode_demo_devices_free(struct mode_demo_devices *devices);

#endif
