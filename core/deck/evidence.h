/*
 * What a twin says of a device: its link, firmware phase, door and drift.
 * The table of progress paths knows where the firmware tutorials, old and
 * new, report.
 */
#ifndef TWINDECK_CORE_DECK_EVIDENCE_H
#define TWINDECK_CORE_DECK_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>

struct cJSON;

enum device_link { LINK_UNKNOWN, LINK_CONNECTED, LINK_DISCONNECTED };

enum firmware_phase {
	PHASE_NONE,        /* nothing reported */
	PHASE_WAITING,     /* standBy, waiting, current, … */
	PHASE_DOWNLOADING,
	PHASE_APPLYING,
	PHASE_COMPLETED,
	PHASE_FAILED,
	PHASE_OTHER        /* something that is in no table */
};

enum door_state { DOOR_NONE, DOOR_UNLOCKED, DOOR_LOCKED };

/* Everything that a row shows; strings borrowed from the twin, or NULL. */
struct evidence {
	enum device_link link;
	enum firmware_phase phase;
	const char *phase_text;   /* as reported: "downloading" */
	const char *phase_time;   /* when the phase was reported: its
				     $metadata.$lastUpdated */
	int percent;              /* within the phase, -1: not reported */
	const char *version;      /* of the firmware */
	const char *failure;      /* reason of a failed update */
	enum door_state door;
	const char *door_time;    /* when door.state was reported, likewise */
	int64_t door_until_us;    /* UTC; 0: no end */
	size_t drift;             /* desired leaves that reported lacks, or has
				     with another value */
	int64_t reported_version; /* $version; -1: none */
	int64_t desired_version;
};

void evidence_read(const struct cJSON *twin, struct evidence *evidence);

/* "waiting", "downloading", …; "" for PHASE_NONE. */
const char *firmware_phase_name(enum firmware_phase phase);

/*
 * How a desired leaf stands to reported at the same path: equal, different,
 * or not reported at all.
 */
enum drift { DRIFT_SAME, DRIFT_DIFFERS, DRIFT_MISSING };
enum drift evidence_drift(
    const struct cJSON *desired_leaf, const struct cJSON *reported_leaf);

#endif
