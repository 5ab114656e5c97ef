/*
 * The sub-commands of "twindeck hub": they find the hub that runs on a state
 * folder by the line it left there, and ask it over REST like anybody else.
 */
#ifndef TWINDECK_TUI_MODE_HUB_DEVICE_H
#define TWINDECK_TUI_MODE_HUB_DEVICE_H

struct err;

/*
 * Each prints the device's connection string.  0, or -1 with err set:
 * ERR_UNREACHABLE (no hub runs there), or what the hub said.
 */
int mode_hub_add_device(
    const char *state_dir, const char *device_id, struct err *err);
int mode_hub_device_string(
    const char *state_dir, const char *device_id, struct err *err);

/* Sends a cloud-to-device message, and prints nothing. */
int mode_hub_send(const char *state_dir, const char *device_id,
    const char *text, struct err *err);

/*
 * Puts the faults of a list with commas, or of "none", in the place of all
 * there are, and prints a line for each; with NULL only prints them.  As above.
 */
int mode_hub_fault(const char *state_dir, const char *list, struct err *err);
/*
 * Prints each message that a device sends from now on, or any device if it is
 * NULL, a line of JSON each, until nobody reads them.  As above.
 */
int mode_hub_monitor(
    const char *state_dir, const char *device_id, struct err *err);
/* Prints the last direct methods, a line of JSON each; none is NULL. */
int mode_hub_calls(const char *state_dir, const char *none, struct err *err);

#endif
