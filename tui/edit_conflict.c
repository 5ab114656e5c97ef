/* Somebody else wrote first: three versions side by side. */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/xalloc.h"
#include "core/deck/form.h"
#include "core/deck/merge3.h"
#include "core/deck/section.h"
#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/edit.h"

enum button { B_KEEP, B_TAKE, B_AGAIN, B_CANCEL };

static void
put_row(enum merge3_kind kind, const char *path, const char *base,
    const char *theirs, const char *mine, void *arg)
{
	static const char *const signs[] = { "", "theirs", "both", "≠" };
	static const enum style styles[] = { STYLE_TEXT, STYLE_DIM, STYLE_DIM,
		STYLE_BAD };
	const char *const cells[] = { path, base != NULL ? base : "-",
		theirs != NULL ? theirs : "-", mine != NULL ? mine : "-",
		signs[kind] };
	struct dialog *d = arg;

	dialog_cells(d, styles[kind], cells, 5);
}

void
edit_conflict_show(struct dialog *d, struct app *app, struct edit *e)
{
	static const char *const buttons[] = { "Keep mine on top",
		"Take theirs", "Edit again", "Cancel" };
	static const char *const head[] = { "", "when opened", "now", "yours",
		"" };

	(void)app;
	dialog_reset(d, "Conflict", "412");
	dialog_text(d, STYLE_BAD,
	    "Somebody else wrote first: etag %s is now %s. Nothing was sent.",
	    e->etag, e->their_etag);
	dialog_gap(d);
	dialog_text(
	    d, STYLE_DIM, "%s of %s", section_word(e->section), e->ids[0]);
	dialog_cells(d, STYLE_DIM, head, 5);
	merge3_walk(e->opened, e->theirs, e->mine, put_row, d);
	dialog_gap(d);
	dialog_buttons(d, buttons, 4);
	dialog_focus_buttons(d, B_CANCEL);
	e->step = EDIT_CONFLICT;
}

/* From now on it is an edit of what is there now. */
static void
rebase(struct edit *e, bool prefer_theirs)
{
	edit_set_json(
	    &e->mine, merge3(e->opened, e->theirs, e->mine, prefer_theirs));
	edit_set_json(&e->opened, e->theirs);
	e->theirs = NULL;
	e->opened_version = e->their_version;
	edit_set_text(&e->etag, e->their_etag);
	free(e->original);
	e->original = form_format(e->opened);
	free(e->typed);
	e->typed = form_format(e->mine);
	edit_set_text(&e->note, NULL);
}

static void
go_on(struct dialog *d, struct app *app, struct edit *e, bool prefer_theirs)
{
	rebase(e, prefer_theirs);
	if (!json_equal(e->mine, e->opened))
		edit_compare(d, app, e);
	else
		edit_close(app, e,
		    prefer_theirs
			? "theirs stands, and nothing of yours is left to send"
			: "the twin has what you typed already");
}

void
edit_conflict_button(struct dialog *d, struct app *app, int button)
{
	struct edit *e = dialog_state(d);

	switch (button) {
	case B_KEEP:
	case B_TAKE:
		go_on(d, app, e, button == B_TAKE);
		break;
	case B_CANCEL:
		edit_close(app, e,
		    "what somebody else wrote stands; what you "
		    "typed was given up");
		break;
	default: /* Esc too: nothing is lost by it */
		rebase(e, false);
		edit_set_text(&e->note,
		    "What you changed stands on top of the new twin; nothing "
		    "was sent.");
		edit_form_show(d, app, e);
	}
}
