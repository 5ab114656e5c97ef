/*
 * What `twindeck run` prints on standard output: one line a device, for people
 * or as JSON.  Text from far away is escaped.
 */
#ifndef TWINDECK_TUI_MODE_RUN_PRINT_H
#define TWINDECK_TUI_MODE_RUN_PRINT_H

#include <stdbool.h>

struct cJSON;
struct fleet;
struct fleet_row;
struct job;
struct job_device;

/* As wide as the longest id of the job, within reason. */
int mode_run_id_width(const struct job *job);

/* Its last state; flushed, for somebody waits. */
void mode_run_print_device(
    const struct job_device *device, int width, bool json);
void mode_run_print_row(
    const struct fleet *fleet, const struct fleet_row *row, bool json);
void mode_run_print_twin(const struct cJSON *twin); /* a line a leaf */
void mode_run_print_json(const struct cJSON *json); /* compact, a line */

#endif
