/* SPDX-License-Identifier: MIT */
/*
 * label.h - name and serial number of an open file system
 */
#ifndef KAN_FS_LABEL_H
#define KAN_FS_LABEL_H

#include "fs/session.h"

/** Fill in the label and id of @out, whose type is set; "" what is not known. */
void kan_fs_label(struct kan_fs_session *s, const struct kan_fs_handle *h,
                  struct kan_filesystem *out);

#endif
