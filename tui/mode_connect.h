/*
 * Where the operator's modes find their hub: the connection string from a
 * file, standard input or the environment, and whom to trust.
 */
#ifndef TWINDECK_TUI_MODE_CONNECT_H
#define TWINDECK_TUI_MODE_CONNECT_H

struct connstr;
struct err;
struct options;

/* Rows of every such mode's option table. */
#define MODE_CONNECT_OPTIONS \
	{ .name = "connection-string-file", .type = OPTION_STRING, \
	    .arg = "FILE", \
	    .help = "Read the connection string of a service policy from " \
		    "FILE, - is standard input; else " \
		    "IOTHUB_CONNECTION_STRING holds it." }, \
	{ .name = "ca-file", .type = OPTION_STRING, .arg = "FILE", \
	    .help = "Trust the CA certificates in FILE (PEM) for the hub, " \
		    "instead of the system's." }

/*
 * Fills cs, for connstr_fini().  A file that others can read is refused: it
 * holds a key.  0, or -1 with err set and cs empty.
 */
int mode_connect_find(
    const struct options *options, struct connstr *cs, struct err *err);

/*
 * Reads a file that holds a connection string, - is standard input.  The
 * caller's, and a secret; NULL with err set, also for a file that others can
 * read.
 */
char *mode_connect_read(const char *file, struct err *err);

#endif
