#include "config.h"

#include "tests/deck/job_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/events.h"
#include "core/base/xalloc.h"
#include "core/deck/deck.h"
#include "core/deck/jobs.h"
#include "tests/support/test.h"

static void
on_event(int kind, const void *news, void *arg)
{
	const struct deck_message *message = news;
	struct job_fixture *f = arg;
	size_t len = strlen(f->messages);

	if (kind == DECK_MESSAGE)
		snprintf(f->messages + len, sizeof(f->messages) - len, "%s%s\n",
		    message->is_error ? "!" : "", message->text);
}

int
job_fixture_setup(void **state)
{
	struct job_fixture *f = xcalloc(1, sizeof(*f));
	struct deck *deck;

	f->hub = fake_hub_new();
	deck = fake_hub_deck(f->hub);
	f->jobs = deck_jobs(deck);
	f->edits = deck_edits(deck);
	events_subscribe(deck_events(deck), on_event, f);
	*state = f;
	return 0;
}

int
job_fixture_teardown(void **state)
{
	struct job_fixture *f = *state;

	fake_hub_free(f->hub);
	free(f);
	return 0;
}

struct job *
job_fixture_add(struct job_fixture *f, const struct job_request *request)
{
	struct err err = { 0 };

	f->job = jobs_add(f->jobs, request, &err);
	if (f->job == NULL)
		fail_msg("%s", err.text);
	return f->job;
}

static bool
is_done(void *arg)
{
	struct job_fixture *f = arg;

	return job_state(f->job) == JOB_DONE;
}

void
job_fixture_finish(struct job_fixture *f)
{
	fake_hub_until(f->hub, is_done, f);
}
