/*
 * A text of an editor from the inside: kept.c writes it, kept_left.c finds what
 * others have left.  Everybody else includes kept.h.
 */
#ifndef TWINDECK_TUI_KEPT_STATE_H
#define TWINDECK_TUI_KEPT_STATE_H

#include <stdint.h>

struct cJSON;
struct claim;
struct kept_of;

#define KEPT_ABOUT "about.json"

struct kept {
	struct cJSON *about; /* {"hub":…,"section":…,"devices":[…],"base":{…}};
				without base until it is written */
	char *place;         /* the hub's, as about has it; NULL: none */
	char *name;          /* of the text's file */
	struct claim *claim; /* NULL: no folder yet, or not held any more */
	char *path;          /* of the text; NULL: no file yet */
	char *beside;        /* NULL: nothing */
	int64_t at_us;       /* of one that was found; 0: written since */
};

/* The devices in one order, as marks come in any. */
struct cJSON *kept_about(const struct kept_of *of);
char *kept_name(const struct kept_of *of);
/* The folder of all texts; NULL: there is no home. */
char *kept_root(void);
/* That of the texts of one hub; likewise. */
char *kept_folder(const char *place);

#endif
