/*
 * A job as the line that does the same without a screen: twindeck run ….
 */
#ifndef TWINDECK_CORE_DECK_JOB_LINE_H
#define TWINDECK_CORE_DECK_JOB_LINE_H

struct job;

#define JOB_LINE_DEVICES_MAX 100

/*
 * For a POSIX shell; the caller's.  hub is the name that --hub takes, or NULL.
 * NULL where no line does the same: an undo, more than JOB_LINE_DEVICES_MAX
 * devices, an id with a comma in it.
 */
char *job_line(const struct job *job, const char *hub);

#endif
