/* SPDX-License-Identifier: MIT */
/*
 * suite.h - the main() shared by every test program
 */
#ifndef KAN_TESTS_SUITE_H
#define KAN_TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>

#define RUN_SUITE(suite_fn)                                  \
	int main(void)                                       \
	{                                                    \
		SRunner *sr = srunner_create(suite_fn());    \
		int failed;                                  \
		srunner_run_all(sr, CK_ENV);                 \
		failed = srunner_ntests_failed(sr);          \
		srunner_free(sr);                            \
		return failed ? EXIT_FAILURE : EXIT_SUCCESS; \
	}

#endif
