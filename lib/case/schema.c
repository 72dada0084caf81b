/* SPDX-License-Identifier: MIT */
/*
 * schema.c - the tables and indices of case.db
 *
 * Columns of type ANY are unsigned 64-bit numbers: SQLite's integers end at
 * 2^63 - 1, and what is above that stands as decimal text, which SQLite sorts
 * behind every integer.  SQLite keeps these statements as they are written here.
 */
#include "case/schema.h"

#include <sqlite3.h>
#include <stddef.h>

#if SQLITE_VERSION_NUMBER < 3037000
#error "STRICT tables need SQLite 3.37"
#endif

const char *const kan_store_tables[] = {
	"CREATE TABLE meta(key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT "
	"ROWID",

	"CREATE TABLE evidence(number INTEGER PRIMARY KEY, name TEXT NOT NULL, format TEXT NOT "
	"NULL,"
	" variant TEXT NOT NULL, size ANY NOT NULL, sector_size INTEGER NOT NULL,"
	" chunk_size INTEGER NOT NULL, segments INTEGER NOT NULL, verdict TEXT, bytes_read ANY,"
	" bytes_unreadable ANY) STRICT",

	"CREATE TABLE segment(evidence INTEGER NOT NULL, number INTEGER NOT NULL,"
	" name TEXT NOT NULL, size ANY NOT NULL, missing INTEGER NOT NULL) STRICT",

	"CREATE TABLE header_value(evidence INTEGER NOT NULL, name TEXT NOT NULL,"
	" value TEXT NOT NULL) STRICT",

	"CREATE TABLE digest(evidence INTEGER NOT NULL, algorithm TEXT NOT NULL, computed TEXT,"
	" stored TEXT, verdict TEXT NOT NULL) STRICT",

	"CREATE TABLE volume(evidence INTEGER NOT NULL, number INTEGER NOT NULL,"
	" offset ANY NOT NULL, length ANY NOT NULL, table_type TEXT NOT NULL, kind TEXT NOT NULL,"
	" description TEXT NOT NULL) STRICT",

	"CREATE TABLE filesystem(evidence INTEGER NOT NULL, number INTEGER NOT NULL,"
	" volume INTEGER NOT NULL, state TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,"
	" label TEXT NOT NULL, offset ANY NOT NULL, size ANY NOT NULL, block_size INTEGER NOT NULL,"
	" first_block ANY NOT NULL, last_block ANY NOT NULL, first_addr ANY NOT NULL,"
	" last_addr ANY NOT NULL, root_addr ANY NOT NULL, pool_block ANY NOT NULL) STRICT",

	"CREATE TABLE file(id INTEGER PRIMARY KEY, evidence INTEGER NOT NULL, fs INTEGER NOT NULL,"
	" addr ANY NOT NULL, seq ANY NOT NULL, parent ANY NOT NULL, path TEXT NOT NULL,"
	" name_type TEXT NOT NULL, meta_type TEXT NOT NULL, flags INTEGER NOT NULL,"
	" deleted INTEGER NOT NULL, mode INTEGER NOT NULL, uid INTEGER NOT NULL,"
	" gid INTEGER NOT NULL, nlink INTEGER NOT NULL, link TEXT NOT NULL, modified_ns INTEGER,"
	" accessed_ns INTEGER, changed_ns INTEGER, created_ns INTEGER, deleted_ns INTEGER,"
	" backup_ns INTEGER, fn_modified_ns INTEGER, fn_accessed_ns INTEGER, fn_changed_ns INTEGER,"
	" fn_created_ns INTEGER, units TEXT NOT NULL) STRICT",

	"CREATE TABLE stream(file INTEGER PRIMARY KEY, name TEXT NOT NULL,"
	" attr_type INTEGER NOT NULL, attr_id INTEGER NOT NULL, size ANY NOT NULL, md5 TEXT,"
	" sha1 TEXT, sha256 TEXT, sha512 TEXT) STRICT",

	"CREATE TABLE event(id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL,"
	" unit_ns INTEGER NOT NULL, local INTEGER NOT NULL, source TEXT NOT NULL,"
	" meaning TEXT NOT NULL, evidence INTEGER NOT NULL, fs INTEGER NOT NULL, addr ANY NOT NULL,"
	" seq ANY NOT NULL, attr_type INTEGER NOT NULL, attr_id INTEGER NOT NULL,"
	" flags INTEGER NOT NULL, type TEXT NOT NULL, mode INTEGER NOT NULL, uid INTEGER NOT NULL,"
	" gid INTEGER NOT NULL, size ANY NOT NULL, path TEXT NOT NULL, count INTEGER NOT NULL)"
	" STRICT",

	"CREATE TABLE finding(id INTEGER PRIMARY KEY, evidence INTEGER NOT NULL,"
	" stage TEXT NOT NULL, kind TEXT NOT NULL, problem INTEGER NOT NULL, offset ANY, length "
	"ANY,"
	" subject TEXT NOT NULL, detail TEXT NOT NULL) STRICT",

	"CREATE TABLE coverage(id INTEGER PRIMARY KEY, evidence INTEGER NOT NULL,"
	" stage TEXT NOT NULL, subject TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,"
	" detail TEXT NOT NULL, offset ANY, length ANY, count ANY) STRICT",

	NULL
};

const char *const kan_store_indices[] = {
	"CREATE INDEX file_path ON file(path)",
	"CREATE INDEX file_addr ON file(evidence, fs, addr)",
	"CREATE INDEX stream_md5 ON stream(md5) WHERE md5 IS NOT NULL",
	"CREATE INDEX stream_sha1 ON stream(sha1) WHERE sha1 IS NOT NULL",
	"CREATE INDEX stream_sha256 ON stream(sha256) WHERE sha256 IS NOT NULL",
	"CREATE INDEX event_time ON event(time_ns)",
	"CREATE INDEX event_addr ON event(evidence, fs, addr)",
	"CREATE INDEX finding_evidence ON finding(evidence, stage)",
	NULL
};
