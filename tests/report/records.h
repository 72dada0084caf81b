/* SPDX-License-Identifier: MIT */
/*
 * records.h - file records and events to print, hostile ones among them
 */
#ifndef KAN_TESTS_REPORT_RECORDS_H
#define KAN_TESTS_REPORT_RECORDS_H

#include "core/cleanup.h"
#include "kanshiki/output.h"
#include "suite.h"

/** A plain file without times. */
static inline struct kan_file plain_file(void)
{
	struct kan_file f = {
		.evidence = 1,
		.fs = 2,
		.addr = 64,
		.seq = 3,
		.parent = 5,
		.name_type = KAN_FILE_REGULAR,
		.meta_type = KAN_FILE_REGULAR,
		.mode = 0644,
		.uid = 1000,
		.gid = 100,
		.nlink = 1,
		.size = 1234,
		.path = "/docs/a.txt",
		.stream = "",
		.link = "",
	};

	for (size_t i = 0; i < KAN_FILE_NTIMES; i++) {
		f.time_ns[i] = f.fn_ns[i] = KAN_NO_TIME;
		f.time_unit_ns[i] = 1;
	}
	return f;
}

static inline struct kan_event plain_event(void)
{
	return (struct kan_event){
		.time_ns = 1526479317123456700,
		.unit_ns = 100,
		.source = "ntfs:si",
		.meaning = "modified",
		.evidence = 1,
		.fs = 2,
		.addr = 64,
		.seq = 3,
		.attr_type = 128,
		.attr_id = 1,
		.type = KAN_FILE_REGULAR,
		.mode = 0644,
		.uid = 1000,
		.gid = 100,
		.size = 1234,
		.path = "/docs/a.txt",
		.count = 1,
	};
}

/** Names that break careless formats; each begins with "/". */
static const char *const hostile_names[] = {
	"/",
	"/a b",
	"/a\nb",
	"/a\r\nb",
	"/a\tb",
	"/a|b",
	"/a\\|b",
	"/a\\x7cb",
	"/a\\nb",
	"/a,b",
	"/a;b",
	"/\"",
	"/a\"b\",\"c",
	"/'",
	"/=cmd|' /C calc'!A0",
	"/\x1b[31mred\x1b[0m",
	"/\x1b]0;title\x07",
	"/\x7f",
	"/\xc2\x9b"
	"31m",
	"/\x9b"
	"31m",
	"/invoice\xe2\x80\xaetxt.exe",
	"/\xe2\x80\xa8line",
	"/\xef\xbb\xbf"
	"bom",
	"/\xed\xa0\x80 lone high",
	"/\xed\xb0\x80 lone low",
	"/\xed\xa0\xbd\xed\xb8\x80 pair",
	"/\xf0\x9f\x98\x80",
	"/\xff\xfe",
	"/\x83\x65\x83\x58\x83\x67 shift-jis",
	"/\xe9\x91\x91\xe8\xad\x98/\xe8\xa8\xbc\xe6\x8b\xa0.txt",
	"/\xe3\x81\x8b\xe3\x82\x99 decomposed",
	"/\xe3\x81\x8c composed",
	"/%41%0a%n%s",
	"/a -> b",
	"/a (deleted)",
	"/a (deleted-realloc)",
	"/a ($FILE_NAME)",
	"/a:b",
	"/ leading",
	"/trailing ",
	"/<script>alert(1)</script>",
	"/\xef\xbc\x9d"
	"1+1",
	"/\xf4\x8f\xbf\xbf",
	"/\xc0\xaf",
	"/a/../../b",
};

enum { NHOSTILE = sizeof(hostile_names) / sizeof(hostile_names[0]) };

#endif
