#include "config.h"

#include "tui/job_text.h"

#include <stdio.h>

#include "tui/widget.h"

int
job_bar_draw(
    struct area a, int y, int x, int width, const struct job_counts *counts)
{
	size_t gone = counts->by_state[JOB_DEVICE_SKIPPED] +
	    counts->by_state[JOB_DEVICE_CANCELLED] + counts->let_go;
	const struct bar_part parts[] = {
		{ counts->done, 0x2588, STYLE_GOOD },    /* █ */
		{ counts->running, 0x2593, STYLE_BUSY }, /* ▓ */
		{ counts->failed, 0x00d7, STYLE_BAD },   /* × */
		{ counts->waiting, 0x2591, STYLE_DIM },  /* ░ */
		{ gone, ' ', STYLE_TEXT },
	};

	return bar_draw(a, y, x, width, parts, sizeof(parts) / sizeof(*parts));
}

enum style
job_device_style(enum job_device_state state)
{
	switch (state) {
	case JOB_DEVICE_CALLING:
	case JOB_DEVICE_ACKNOWLEDGED:
		return STYLE_BUSY;
	case JOB_DEVICE_CONFIRMED:
		return STYLE_GOOD;
	case JOB_DEVICE_FAILED:
	case JOB_DEVICE_UNKNOWN:
		return STYLE_BAD;
	case JOB_DEVICE_WAITING:
	case JOB_DEVICE_SKIPPED:
	case JOB_DEVICE_CANCELLED:
	case JOB_DEVICE_STATES:
		break;
	}
	return STYLE_TEXT;
}

void
job_answer_write(const struct job_device *d, char *out, size_t size)
{
	out[0] = '\0';
	if (d->status != 0)
		snprintf(out, size, "%d  %s", d->status,
		    d->answer != NULL ? d->answer : "");
	else if (d->answer != NULL)
		snprintf(out, size, "%s", d->answer);
}
