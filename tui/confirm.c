#include "config.h"

#include "tui/confirm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/xalloc.h"
#include "core/deck/profile.h"
#include "tui/app.h"
#include "tui/dialog.h"

#define WORD_WIDTH 20

/* What is to be typed, and why; NULL: nothing.  The caller's. */
static char *
word_of(const struct app *app, size_t n, const char **why)
{
	const char *name = profile_name(app_profile(app));

	if (profile_is_yes(app_profile(app), "danger")) {
		*why = "the hub's name";
		return xstrdup(name != NULL ? name : app_title(app));
	}
	if (n > CONFIRM_MANY) {
		*why = "the number of devices";
		return xasprintf("%zu", n);
	}
	return NULL;
}

bool
confirm_is_asked(const struct app *app, size_t n)
{
	const char *why;
	char *word = word_of(app, n, &why);
	bool asked = word != NULL;

	free(word);
	return asked;
}

void
confirm_field(struct dialog *d, const struct app *app, int id, size_t n)
{
	const char *why;
	char *word = word_of(app, n, &why), *hint;

	if (word == NULL)
		return;
	hint = xasprintf("type %s here, %s", word, why);
	dialog_question(d, id, "to confirm", WORD_WIDTH, hint);
	free(hint);
	free(word);
}

bool
confirm_is_given(struct dialog *d, const struct app *app, int id, size_t n)
{
	const char *why, *typed = dialog_value(d, id);
	char *word = word_of(app, n, &why), *fault;
	bool given;
	size_t len;

	if (word == NULL)
		return true;
	typed += strspn(typed, " ");
	len = strlen(typed);
	while (len > 0 && typed[len - 1] == ' ')
		len--;
	given = len == strlen(word) && strncmp(typed, word, len) == 0;
	if (!given) {
		fault = xasprintf("first type %s, %s", word, why);
		dialog_focus(d, id);
		dialog_fault(d, fault);
		free(fault);
	}
	free(word);
	return given;
}
