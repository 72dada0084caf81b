/* SPDX-License-Identifier: MIT */
/*
 * file.c - names of the values in a file record
 */
#include "kanshiki/file.h"

static const char *const time_names[KAN_FILE_NTIMES] = {
	[KAN_TIME_MODIFIED] = "modified", [KAN_TIME_ACCESSED] = "accessed",
	[KAN_TIME_CHANGED] = "changed",   [KAN_TIME_CREATED] = "created",
	[KAN_TIME_DELETED] = "deleted",   [KAN_TIME_BACKUP] = "backup",
};

static const char type_letters[KAN_FILE_NTYPES] = {
	[KAN_FILE_UNKNOWN] = '-',  [KAN_FILE_REGULAR] = 'r', [KAN_FILE_DIRECTORY] = 'd',
	[KAN_FILE_SYMLINK] = 'l',  [KAN_FILE_CHARDEV] = 'c', [KAN_FILE_BLOCKDEV] = 'b',
	[KAN_FILE_FIFO] = 'p',     [KAN_FILE_SOCKET] = 's',  [KAN_FILE_SHADOW] = 'h',
	[KAN_FILE_WHITEOUT] = 'w', [KAN_FILE_VIRTUAL] = 'v', [KAN_FILE_VIRTUAL_DIR] = 'V',
};

const char *kan_file_time_name(enum kan_file_time which)
{
	return (unsigned)which < KAN_FILE_NTIMES ? time_names[which] : "unknown";
}

char kan_file_type_letter(enum kan_file_type type)
{
	return (unsigned)type < KAN_FILE_NTYPES ? type_letters[type] : '-';
}
