#include "config.h"

#include "core/deck/job_engine.h"

#include <string.h>

#include "core/base/err.h"

static const char *const names[JOB_ENGINES] = {
	[JOB_HERE] = "here",
	[JOB_HUB] = "hub",
};

const char *
job_engine_name(enum job_engine engine)
{
	return names[engine];
}

int
job_engine_parse(const char *name, enum job_engine *engine, struct err *err)
{
	int i;

	for (i = 0; i < JOB_ENGINES; i++)
		if (strcmp(names[i], name) == 0) {
			*engine = (enum job_engine)i;
			return 0;
		}
	return err_set(err, ERR_INVALID,
	    "a job runs here, or as a job of the hub: say here or hub");
}
