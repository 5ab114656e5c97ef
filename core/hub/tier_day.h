/*
 * The messages of the day that a tier counts, kept in the store: a hub that
 * starts again goes on where it was, also after a kill -9, but for what came
 * within HUB_TIER_DAY_SAVE_MS before.
 */
#ifndef TWINDECK_CORE_HUB_TIER_DAY_H
#define TWINDECK_CORE_HUB_TIER_DAY_H

struct err;
struct hub;
struct hub_tier_day;

#define HUB_TIER_DAY_SAVE_MS 500

/* Takes up what hub->tier has counted before today.  NULL with err set
 * (ERR_IO, ERR_INTERNAL). */
struct hub_tier_day *hub_tier_day_new(struct hub *hub, struct err *err);
/* The commit goes first, and hub->tier counts no more.  NULL does nothing. */
void hub_tier_day_free(struct hub_tier_day *day);

/* Writes what is not written yet; opens a batch for that.  NULL does
 * nothing. */
void hub_tier_day_flush(struct hub_tier_day *day);

#endif
