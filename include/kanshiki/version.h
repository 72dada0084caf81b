/* SPDX-License-Identifier: MIT */
/*
 * version.h - the one place where the version stands; the build reads it here
 */
#ifndef KAN_VERSION_H
#define KAN_VERSION_H

#define KAN_VERSION "0.1.0"

#endif
