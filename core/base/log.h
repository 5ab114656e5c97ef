/*
 * One line per event to standard error or to a file, with a time stamp.  A
 * deck logs to no terminal: until log_open() nothing is written.
 */
#ifndef TWINDECK_CORE_BASE_LOG_H
#define TWINDECK_CORE_BASE_LOG_H

#include <stdio.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* file is borrowed and must outlive the log; NULL closes it again. */
void log_open(FILE *file, enum log_level least);

/* Control characters and invalid UTF-8 in the line are written escaped. */
void log_write(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)

#endif
