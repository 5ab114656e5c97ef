/*
 * One line of an INI text changed, and all others left as they are: the user
 * who writes the file finds comments and spacing again.
 */
#ifndef TWINDECK_CORE_DECK_PROFILE_TEXT_H
#define TWINDECK_CORE_DECK_PROFILE_TEXT_H

/*
 * The text with KEY = VALUE put in place of the key's last line in the
 * section, behind the section's last line, or behind a new section; value NULL
 * takes the line out.  The caller's.
 */
char *profile_text_edit(const char *text, const char *section,
    const char *key, const char *value);

#endif
