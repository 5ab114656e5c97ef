#include "config.h"

#include "tests/support/outlet.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "core/base/json.h"
#include "core/base/str.h"

static struct strbuf reports, said;
static char *shown;

static void
on_report(cJSON *patch, void *arg)
{
	char *text = json_print(patch);

	(void)arg;
	strbuf_puts(&reports, text);
	strbuf_putc(&reports, '\n');
	cJSON_free(text);
	cJSON_Delete(patch);
}

static void
on_say(const char *text, void *arg)
{
	(void)arg;
	strbuf_puts(&said, text);
	strbuf_putc(&said, '\n');
}

void
test_outlet_reset(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	strbuf_fini(&reports);
	strbuf_fini(&said);
	free(shown);
	shown = NULL;
}

const struct device_outlet *
test_outlet(void)
{
	static const struct device_outlet outlet = { on_report, on_say, NULL };

	return &outlet;
}

static const char *
take(struct strbuf *from)
{
	free(shown);
	shown = strbuf_take(from);
	return shown;
}

const char *
test_outlet_reports(void)
{
	return take(&reports);
}

const char *
test_outlet_said(void)
{
	return take(&said);
}

struct device_now
test_now(int64_t ms)
{
	/* The monotonic clock starts anywhere. */
	return (struct device_now){ 777000 + ms, TEST_START_US + ms * 1000 };
}
