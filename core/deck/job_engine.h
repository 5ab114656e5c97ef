/*
 * Who calls the devices of a job: this process, or IoT Hub's own jobs, which
 * go on without us.
 */
#ifndef TWINDECK_CORE_DECK_JOB_ENGINE_H
#define TWINDECK_CORE_DECK_JOB_ENGINE_H

struct err;

enum job_engine { JOB_HERE, JOB_HUB, JOB_ENGINES };

const char *job_engine_name(enum job_engine engine); /* "here", "hub" */
/* 0, or -1 with err set (ERR_INVALID). */
int job_engine_parse(
    const char *name, enum job_engine *engine, struct err *err);

#endif
