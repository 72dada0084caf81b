/* SPDX-License-Identifier: MIT */
/*
 * report_case.h - a complete case filled by SQL, and its report as text
 *
 * The case is made by the library, so that its store has the true schema; what is
 * in it comes from the tests, so that it can also be what no evidence should be.
 */
#ifndef KAN_TESTS_REPORT_CASE_H
#define KAN_TESTS_REPORT_CASE_H

#include "core/cleanup.h"
#include "kanshiki/report.h"

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

KAN_DEFINE_DROP(case, struct kan_case *, kan_case_close)

static char report_dir[64];

static inline void report_setup(void)
{
	snprintf(report_dir, sizeof(report_dir), "/tmp/kan-report-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(report_dir));
	ck_assert_int_eq(chdir(report_dir), 0);
}

static inline void report_teardown(void)
{
	char command[128];

	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", report_dir);
	ck_assert_int_eq(system(command), 0);
}

/* Run @sql on the store of the case in the folder @name. */
static inline void report_sql(const char *name, const char *sql)
{
	char path[128], *why = NULL;
	sqlite3 *db = NULL;

	snprintf(path, sizeof(path), "%s/case.db", name);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	/* A test need not survive a power loss; syncing took most of its time. */
	(void)sqlite3_exec(db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY", NULL, NULL,
	                   NULL);
	(void)sqlite3_exec(db, sql, NULL, NULL, &why); /* looked at in the next line */
	ck_assert_msg(!why, "%s: %s", why, sql);
	sqlite3_close(db);
}

/* A complete case in the folder @name, then @sql on its store. */
static inline void report_make(const char *name, const char *sql)
{
	KAN_AUTO(case) struct kan_case *c = NULL;
	struct kan_err err = { 0 };

	ck_assert_msg(kan_case_create(&c, name, &err) == KAN_OK, "%s", err.msg);
	ck_assert_msg(kan_case_finish(c, false, &err) == KAN_OK, "%s", err.msg);
	report_sql(name, sql);
}

/* The report of the case @name; released by the caller. */
static inline char *report_html(const char *name, const char *lang, const char *zone)
{
	const struct kan_report_opts opts = { .lang = lang, .zone = zone };
	KAN_AUTO(case) struct kan_case *c = NULL;
	struct kan_buf out = { 0 };
	struct kan_err err = { 0 };

	ck_assert_msg(kan_case_open(&c, name, &err) == KAN_OK, "%s", err.msg);
	ck_assert_msg(kan_report_html(c, &opts, &out, &err) == KAN_OK, "%s", err.msg);
	return out.data;
}

/* The status of a report that is expected to fail; @err may be NULL. */
static inline int report_fails(const char *name, const struct kan_report_opts *opts,
                               struct kan_err *err)
{
	KAN_AUTO(case) struct kan_case *c = NULL;
	struct kan_buf out = { 0 };
	int rc;

	ck_assert_int_eq(kan_case_open(&c, name, NULL), KAN_OK);
	kan_buf_puts(&out, "before");
	rc = kan_report_html(c, opts, &out, err);
	ck_assert_str_eq(out.data, "before");
	kan_buf_done(&out);
	return rc;
}

/* The digits of the one number that @sql gives, with separators; a fixed buffer. */
static inline const char *report_number(const char *name, const char *sql)
{
	static char text[64];
	char path[128];
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;

	snprintf(path, sizeof(path), "%s/case.db", name);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	snprintf(text, sizeof(text), "%s", (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	sqlite3_close(db);
	return text;
}

static inline void report_says(const char *html, const char *expected)
{
	ck_assert_msg(strstr(html, expected) != NULL, "not in the report: %s", expected);
}

static inline void report_silent(const char *html, const char *unexpected)
{
	ck_assert_msg(strstr(html, unexpected) == NULL, "in the report: %s", unexpected);
}

/* A piece of evidence, examined in full. */
#define REPORT_EVIDENCE                                                                          \
	"INSERT INTO evidence VALUES(1,'disk.E01','ewf','EnCase 6',1048576,512,32768,1,'match'," \
	"1048576,0);"                                                                            \
	"INSERT INTO segment VALUES(1,1,'disk.E01',500000,0);"                                   \
	"INSERT INTO coverage VALUES(1,1,'files','ntfs @ 65536','complete','','',65536,983040,7);"

/* A file record called @path with one stream. */
#define REPORT_FILE(id, path, type, deleted, stream, size)                                 \
	"INSERT INTO file VALUES(" #id ",1,1," #id ",1,5,'" path "','" type "','" type     \
	"',0," #deleted ",511,0,0,1,'',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL," \
	"'100,100,100,100,1,1');"                                                          \
	"INSERT INTO stream VALUES(" #id ",'" stream "',128,0," #size ",NULL,NULL,NULL,NULL);"

/* Events @seconds after 1970-01-01, of @unit nanoseconds; @local is 0 or 1. */
#define REPORT_EVENT(seconds, unit, local, path)                                                 \
	"INSERT INTO event(time_ns,unit_ns,local,source,meaning,evidence,fs,addr,seq,attr_type," \
	"attr_id,flags,type,mode,uid,gid,size,path,count) VALUES(" #seconds "*1000000000," #unit \
	"," #local ",'ntfs:si','modified',1,1,5,1,128,0,0,'r',511,0,0,10,'" path "',1);"

#endif
