/*
 * What a behaviour of a device says and reports, kept for a test to look at.
 */
#ifndef TWINDECK_TESTS_SUPPORT_OUTLET_H
#define TWINDECK_TESTS_SUPPORT_OUTLET_H

#include "core/device/behaviour.h"

/* Start of every test's time: 2026-11-22T10:00:00Z, local time is UTC. */
#define TEST_START_US (INT64_C(1795341600) * 1000000)

void test_outlet_reset(void);
const struct device_outlet *test_outlet(void);

/* The reports since the last call, one a line; borrowed until the next. */
const char *test_outlet_reports(void);
const char *test_outlet_said(void);

/* ms after the start. */
struct device_now test_now(int64_t ms);

#endif
