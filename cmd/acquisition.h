/* SPDX-License-Identifier: MIT */
/*
 * acquisition.h - run an acquisition for a person: progress, summary, exit code
 */
#ifndef KAN_CMD_ACQUISITION_H
#define KAN_CMD_ACQUISITION_H

#include "cli.h"

#include "kanshiki/acquire.h"

/**
 * Copy @source as @asked says, show how far it is, print what was copied to stdout in
 * the format of @common; with @log_json everything on stderr is JSON Lines.  Returns
 * the exit code: a destination that failed is CLI_FAILED, damage of the source
 * CLI_PROBLEM.
 */
int acquisition_run(const char *source, const struct kan_acquire_opts *asked,
                    const struct cli_common *common, bool log_json);

#endif
