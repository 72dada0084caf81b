/* SPDX-License-Identifier: MIT */
/*
 * schema.h - the tables and indices of case.db, as text
 *
 * docs/formats/case-db.md describes them.  A store is read only if its schema is
 * this one, letter for letter: a view, a trigger or a generated column in a file
 * that somebody else made is never run.
 */
#ifndef KAN_CASE_SCHEMA_H
#define KAN_CASE_SCHEMA_H

#define KAN_STORE_SCHEMA 1 /* meta.schema and PRAGMA user_version */

/** Statements that make the tables; ends with NULL. */
extern const char *const kan_store_tables[];

/** Statements that make the indices, once all rows are in; ends with NULL. */
extern const char *const kan_store_indices[];

#endif
