#include "config.h"

#include "tui/hub_words.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/deck/deck.h"
#include "core/deck/jobs.h"
#include "core/deck/watch.h"
#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/target_text.h"
#include "tui/widget.h"

#define RETRY_MIN (JOBS_RETRY_MS_DEF / 60000)

/* One that throttles is there, and has a queue of its own in each job. */
static bool
is_lost(const struct watch_health *health)
{
	return !health->ok && health->err.code != ERR_NONE &&
	    health->err.code != ERR_UNAUTHORIZED &&
	    health->err.code != ERR_THROTTLED;
}

bool
hub_takes(struct app *app, const char *name, bool must_answer)
{
	const struct watch_health *health =
	    watch_health(deck_watch(app_deck(app)));
	bool refuses = !health->ok && health->err.code == ERR_UNAUTHORIZED;
	int64_t next_s;

	if (!refuses && !(must_answer && is_lost(health)))
		return true;
	next_s = (health->next_try_ms - clock_mono_ms() + 999) / 1000;
	app_say(app, true, "%s: %s; next try in %" PRId64 " s", name,
	    refuses ? "not authorized" : "the hub does not answer",
	    next_s > 0 ? next_s : 0);
	return false;
}

void
hub_lost_row(struct dialog *d, struct app *app)
{
	if (is_lost(watch_health(deck_watch(app_deck(app)))))
		dialog_text(d, STYLE_BAD,
		    "The hub does not answer: what is begun now is tried for "
		    "%" PRId64 " min.",
		    RETRY_MIN);
}

void
hub_say_job(struct app *app, const struct job *job, const char *when)
{
	int64_t delay_ms = job_request(job)->delay_ms;
	char count[32], in[TIME_SIZE + 4] = "in ";

	countdown_format(in + strlen(in), delay_ms);
	target_count(job_size(job), count, sizeof(count));
	/* The hub's own jobs say themselves what they wait for. */
	if (delay_ms <= 0 && job_request(job)->engine == JOB_HERE &&
	    is_lost(watch_health(deck_watch(app_deck(app)))))
		app_say(app, false,
		    "job %d: %s on %s; the hub does not answer, tried for "
		    "%" PRId64 " min",
		    job_number(job), job_title(job), count, RETRY_MIN);
	else
		app_say(app, false, "job %d: %s on %s%s%s", job_number(job),
		    job_title(job), count, delay_ms > 0 ? ", " : "",
		    delay_ms <= 0      ? ""
			: when != NULL ? when
				       : in);
}
