/*
 * cmocka, with the headers that it wants before itself.
 */
#ifndef TWINDECK_TESTS_SUPPORT_TEST_H
#define TWINDECK_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N_ROWS(table) (sizeof(table) / sizeof((table)[0]))

#endif
