/*
 * The rows of the key table that lead through the program, and that write
 * down what is done.
 */
#ifndef TWINDECK_TUI_ACTIONS_TOUR_H
#define TWINDECK_TUI_ACTIONS_TOUR_H

struct app;

void action_tour(struct app *app, const char *arg);
void action_record(struct app *app, const char *arg);

#endif
