/* SPDX-License-Identifier: MIT */
/*
 * samples.h - evidence of others, and how to unpack it
 */
#ifndef KAN_TESTS_FS_SAMPLES_H
#define KAN_TESTS_FS_SAMPLES_H

#include "fs/oracle.h"

/* An image, and how to get it: a shell command that leaves $T/<name>, or none. */
struct sample {
	const char *name; /* a path below the fixtures, or a name in our folder */
	const char *make;
	size_t entries; /* lines of fls -r -p over all file systems */
	size_t deleted; /* of these, with a deleted name */
};

#define TSK    "sleuthkit+sleuthkit/test/data/"
#define DFVFS  "log2timeline+dfvfs/test_data/"
#define PLASO  "log2timeline+plaso/test_data/"
#define NTFS_T "$F/msuhanov+dfir_ntfs/test_data/"
#define DFTT   "$F/sleuthkit+sleuthkit_test_data/from_brian/"
#define DEBIAN "/usr/share/forensics-samples/"

static const struct sample samples[] = {
	{ TSK "image.dd", NULL, 9, 2 },
	{ TSK "image.E01", NULL, 9, 2 },
	{ TSK "image.iso", NULL, 6, 0 },
	{ TSK "imageformat_mmls_1.E01", NULL, 68, 0 },
	{ PLASO "image.E01", NULL, 10, 4 },
	{ PLASO "tsk_volume_system.raw", NULL, 2, 0 },
	{ DFVFS "ext2.E01", NULL, 7, 0 },
	{ DFVFS "ext2.split.E01", NULL, 7, 0 },
	{ DFVFS "hfsplus.raw", NULL, 17, 0 },
	{ DFVFS "iso9660.raw", NULL, 6, 0 },
	{ DFVFS "apfs.raw", NULL, 10, 0 },
	{ DFVFS "ímynd.dd", NULL, 9, 2 },
	{ "keramics+keramics/test_data/ewf/ext2.E01", NULL, 21, 0 },
	{ "Velocidex+go-ext4/tests/images/hierarchy_32.ext4", NULL, 17, 0 },
	{ "Velocidex+go-ext4/tests/images/tiny.ext4", NULL, 3, 0 },
	{ "exfat.raw", "gzip -dc " NTFS_T "exfat_lin_part.raw.gz > $T/exfat.raw", 26, 0 },
	{ "fat12.raw", "gzip -dc " NTFS_T "fat12.raw.gz > $T/fat12.raw", 1029, 0 },
	{ "fat32_full_test.raw", "tar xzf " NTFS_T "fat32_full_test.tgz -C $T", 276, 0 },
	{ "1-extend-part/ext-part-test-2.dd", "unzip -qo " DFTT "1-extend-part.zip -d $T", 31, 0 },
	{ "2-kwsrch-fat/fat-img-kw.dd", "unzip -qo " DFTT "2-kwsrch-fat.zip -d $T", 12, 0 },
	{ "5-fat-daylight/daylight.dd", "unzip -qo " DFTT "5-fat-daylight.zip -d $T", 6, 0 },
	{ "6-undel-fat/6-fat-undel.dd", "unzip -qo " DFTT "6-undel-fat.zip -d $T", 17, 0 },
	{ "14-iso9660-1/iso-dirtree1.iso", "unzip -qo " DFTT "14-iso9660-1.zip -d $T", 3, 0 },
	{ "14-iso9660-1/iso-dirtree2.iso", "unzip -qo " DFTT "14-iso9660-1.zip -d $T", 3, 0 },
	{ "14-iso9660-1/iso-endian.iso", "unzip -qo " DFTT "14-iso9660-1.zip -d $T", 2, 0 },
	{ "image.gen1.dmg",
	  "unzip -qo $F/sleuthkit+sleuthkit_test_data/nps-2009-hfsjtest1/image.gen1.zip -d $T", 16,
	  0 },
	{ "fs.ntfs", "xz -dc " DEBIAN "fs.ntfs.xz > $T/fs.ntfs", 72, 0 },
	{ "fs.ext4", "xz -dc " DEBIAN "fs.ext4.xz > $T/fs.ext4", 46, 0 },
	{ "fs.vfat", "xz -dc " DEBIAN "fs.vfat.xz > $T/fs.vfat", 48, 0 },
	{ "fs.multiple", "xz -dc " DEBIAN "fs.multiple.xz > $T/fs.multiple", 43, 0 },
};

enum { NSAMPLES = sizeof(samples) / sizeof(samples[0]) };

/* The path of a sample in @out; false, and said, if it cannot be had here. */
static inline bool get_sample(char *out, size_t room, const struct sample *s)
{
	struct stat st;

	snprintf(out, room, "%s/%s", s->make ? work_dir : KAN_FIXTURES, s->name);
	if (s->make && stat(out, &st) != 0 && !shell("%s", s->make))
		(void)unlink(out); /* half of it */
	if (stat(out, &st) == 0)
		return true;
	printf("SKIP: %s is not there\n", s->name);
	return false;
}

#endif
