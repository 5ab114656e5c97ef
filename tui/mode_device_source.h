/*
 * Where the devices of `twindeck device` belong: the connection string from a
 * file, the environment or a hub's ready line, and what it means for them.
 */
#ifndef TWINDECK_TUI_MODE_DEVICE_SOURCE_H
#define TWINDECK_TUI_MODE_DEVICE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "core/iothub/connstr.h"

struct err;
struct options;

struct mode_device_source {
	struct connstr cs; /* of one device, or of a service policy */
	char *ca_file;     /* or NULL; owned */
	char *host;        /* to connect to, without brackets; owned */
	uint16_t port;     /* of its MQTT */
};

/*
 * For n devices.  A service string is for fleets, a device string for one
 * device; the error explains which is which.  0, or -1 with err set; fini in
 * either case.
 */
int mode_device_source_read(const struct options *options, size_t n,
    struct mode_device_source *source, struct err *err);
void mode_device_source_fini(struct mode_device_source *source);

#endif
