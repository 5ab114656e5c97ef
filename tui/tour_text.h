/*
 * The tours that the program has in itself: tui/demo.tour, made into a text
 * when the program is built.
 */
#ifndef TWINDECK_TUI_TOUR_TEXT_H
#define TWINDECK_TUI_TOUR_TEXT_H

extern const char tour_text_demo[];

#endif
