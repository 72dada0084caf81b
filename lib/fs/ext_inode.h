/* SPDX-License-Identifier: MIT */
/*
 * ext_inode.h - where ext2/3/4 keeps an inode, and the times in it
 */
#ifndef KAN_FS_EXT_INODE_H
#define KAN_FS_EXT_INODE_H

#include "kanshiki/file.h"
#include "kanshiki/source.h"

/** What of the superblock it takes to find an inode.  inode_size 0: not known. */
struct kan_ext {
	uint64_t offset; /* of the file system in the source */
	uint64_t table;  /* of the group descriptors, in the source */
	uint32_t block_size;
	uint32_t inode_size;
	uint32_t inodes_per_group;
	uint32_t ninodes;
	uint32_t descriptor_size;
	uint32_t wide; /* 1: descriptors hold 64-bit addresses */
};

/** Read the superblock; *@out is all zero if it is not one that we understand. */
void kan_ext_open(struct kan_ext *out, struct kan_source *src, uint64_t offset);

/** A time of an inode: signed seconds and nanoseconds. */
struct kan_ext_time {
	int64_t seconds;
	uint32_t nanos;
	bool stored; /* the inode is large enough to hold it */
};

/**
 * The times of inode @number, indexed by enum kan_file_time; false if the inode
 * cannot be read.
 */
bool kan_ext_times(const struct kan_ext *e, struct kan_source *src, uint64_t number,
                   struct kan_ext_time out[KAN_FILE_NTIMES]);

#endif
