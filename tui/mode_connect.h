/*
 * Where the operator's modes find their hub: the connection string from a
 * file, standard input, a profile or the environment, and whom to trust.
 */
#ifndef TWINDECK_TUI_MODE_CONNECT_H
#define TWINDECK_TUI_MODE_CONNECT_H

#include "core/iothub/connstr.h"

struct err;
struct options;
struct profile;

/* Rows of every such mode's option table. */
#define MODE_CONNECT_OPTIONS \
	{ .name = "hub", .type = OPTION_STRING, .arg = "NAME", \
	    .help = "The hub of the section [hub NAME] in the configuration " \
		    "file." }, \
	{ .name = "connection-string-file", .type = OPTION_STRING, \
	    .arg = "FILE", \
	    .help = "Read the connection string of a service policy from " \
		    "FILE, - is standard input; else " \
		    "IOTHUB_CONNECTION_STRING holds it." }, \
	{ .name = "ca-file", .type = OPTION_STRING, .arg = "FILE", \
	    .help = "Trust the CA certificates in FILE (PEM) for the hub, " \
		    "instead of the system's." }

/* A hub that was found.  Start from { 0 }. */
struct mode_connect {
	struct profile *profile; /* with the settings of this hub */
	struct connstr cs;       /* of a service policy */
	char *ca_file;           /* or NULL */
};

/*
 * The file of --connection-string-file, else the hub of --hub, else what the
 * environment holds, else the configuration's own hub.  A file that others can
 * read is refused: it holds a key.  0, or -1 with err set: ERR_INVALID is that
 * no hub was named.  Either way mode_connect_fini() follows.
 */
int mode_connect_find(
    const struct options *options, struct mode_connect *to, struct err *err);
/* Another hub of the same configuration.  0, or -1 with err set and nothing
 * changed. */
int mode_connect_switch(
    struct mode_connect *to, const char *name, struct err *err);
void mode_connect_fini(struct mode_connect *to);

/* What the user calls this hub: the profile's name, or the host's. */
const char *mode_connect_title(const struct mode_connect *to);

/*
 * What things of this hub are kept under: its host and port, and the CA that
 * says so, where that is a file's.  The caller's.
 */
char *mode_connect_place(const struct mode_connect *to);

/*
 * Reads a file that holds a connection string, - is standard input.  The
 * caller's, and a secret; NULL with err set, also for a file that others can
 * read.
 */
char *mode_connect_read(const char *file, struct err *err);

#endif
