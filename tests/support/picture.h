/*
 * A picture of a terminal's screen, as SVG: text where there is text, so that
 * it can be read, searched and compared, and no font in it.  It is dark or
 * light as its reader's own screen is.
 */
#ifndef TWINDECK_TESTS_SUPPORT_PICTURE_H
#define TWINDECK_TESTS_SUPPORT_PICTURE_H

struct strbuf;
struct terminal;

/* title is what a screen reader says of it. */
void picture_put(
    const struct terminal *t, const char *title, struct strbuf *out);

#endif
