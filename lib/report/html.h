/* SPDX-License-Identifier: MIT */
/*
 * html.h - building the HTML report: markup, words, numbers, tables, sections
 *
 * Markup of ours is written with kan_html_raw(); everything else goes through
 * kan_html_text() or the functions above it, which escape.  A text in English is
 * the key of its translation, so each is written out where it is used.  Appends
 * cannot fail (kanshiki/buf.h); queries can.
 */
#ifndef KAN_REPORT_HTML_H
#define KAN_REPORT_HTML_H

#include "kanshiki/report.h"
#include "report/catalogue.h"
#include "core/zone.h"

/* Limits of what is shown; what is beyond is counted and said, never dropped silently. */
#define KAN_REPORT_ROWS_MAX     500u  /* rows of a table: about ten printed pages */
#define KAN_REPORT_TOP_ROWS     20u   /* rows of a "largest" or "latest" table */
#define KAN_REPORT_FEW_ROWS     5u    /* rows of a table on the first page */
#define KAN_REPORT_TEXT_MAX     4096u /* bytes of a text in a table; more than a real path has */
#define KAN_REPORT_EVIDENCE_MAX 1000u /* pieces of evidence */

/* Names of files themselves, not of their alternate streams. */
#define KAN_SQL_FILES                                                             \
	" FROM file f LEFT JOIN stream s ON s.file = f.id"                        \
	" WHERE (f.name_type = 'r' OR (f.name_type = '-' AND f.meta_type = 'r'))" \
	" AND ifnull(s.name, '') = ''"

/* Marks a text for translation where it is not used yet. */
#define KAN_WORD(english) english

/** A row of `evidence`; numbers are -1 where the store has none. */
struct kan_html_evidence {
	int64_t number;
	int64_t size; /* bytes */
	int64_t sector_size;
	int64_t chunk_size;
	int64_t segments;
	int64_t bytes_read;
	int64_t bytes_unreadable;
	char *name;
	char *format;
	char *variant;
	char *verdict; /* "" if it was not verified */
};

struct kan_activity;

/** The style sheet, made from assets/report.css by the build. */
extern const char kan_report_css[];
extern const char kan_report_css_hash[]; /* "sha256-...", as a policy names it */

struct kan_html {
	struct kan_buf *out;
	struct kan_case *c;
	const struct kan_catalogue *words; /* NULL: English */
	const struct kan_zone *zone;       /* NULL: UTC */
	const char *zone_name;
	bool complete;                      /* the case came to its end */
	struct kan_html_evidence *evidence; /* owned */
	size_t nevidence;
	uint64_t evidence_total;
	struct kan_activity *activity; /* owned */
};

/* ---- html_build.c: markup and text ------------------------------------------ */

/** Append markup of ours. */
void kan_html_raw(struct kan_html *h, const char *markup);

/** Append any text from anywhere, escaped; control characters become visible. */
void kan_html_text(struct kan_html *h, const char *s);

/** @english in the language of the report. */
const char *kan_html_tr(const struct kan_html *h, const char *english)
	__attribute__((format_arg(2)));

/** Append @english, translated and escaped. */
void kan_html_say(struct kan_html *h, const char *english);

/** The same with arguments, which are escaped too. */
void kan_html_sayf(struct kan_html *h, const char *english, ...) KAN_PRINTF(2, 3);

/** The paragraph "<p class=...>" of @english; @css may be NULL. */
void kan_html_para(struct kan_html *h, const char *css, const char *english);

void kan_html_subheading(struct kan_html *h, const char *english);

/** A digest in groups of eight; groups that differ from @other (may be NULL) are marked. */
void kan_html_hash(struct kan_html *h, const char *hex, const char *other);

/** The verdict with its mark, in html_verdict.c; "" is not verified. */
void kan_html_badge(struct kan_html *h, const char *verdict);

/** A row of a list of terms: "<dt>term</dt><dd>" and what ends it. */
void kan_html_term(struct kan_html *h, const char *english);
void kan_html_term_end(struct kan_html *h);

/* ---- html_format.c: numbers and times ------------------------------------------ */

/** A short text by value, for use as an argument: kan_html_count(n).s */
struct kan_html_str {
	char s[96];
};

struct kan_html_str kan_html_count(uint64_t n);    /* "1,234,567" */
struct kan_html_str kan_html_size(uint64_t bytes); /* "1.2 MiB" */
struct kan_html_str kan_html_bytes(const struct kan_html *h, int64_t bytes);
/* "1.2 MiB (1,234,567 bytes)" */

/** "2012-04-05 12:34:56 UTC", "... +09:00"; without a zone if @local. */
struct kan_html_str kan_html_time(const struct kan_html *h, int64_t ns, int64_t unit, bool local);

/** The same with the weekday, for sentences. */
struct kan_html_str kan_html_long_time(const struct kan_html *h, int64_t ns, int64_t unit,
                                       bool local);

/** The first nanosecond of @day since 1970-01-01, or the nearest that there is. */
int64_t kan_html_day_ns(int64_t day);

/** @time_ns moved into the zone of the report; stays where it is at the ends of the range. */
int64_t kan_html_shift(const struct kan_html *h, int64_t time_ns);

/** A whole decimal number; false for NULL and anything else. */
bool kan_html_number(const char *s, int64_t *out);

/** @a x @b / @c without overflow, at most @c's worth of @b; 0 if @c is 0. */
uint64_t kan_html_scale(uint64_t a, uint64_t b, uint64_t c);

/** 65536 x log2(@n) for @n >= 1, the same on every machine. */
uint32_t kan_html_log2(uint64_t n);

/* ---- html_words.c: codes of the store as words ------------------------------------ */

enum kan_html_words {
	KAN_WORDS_NONE,
	KAN_WORDS_VERDICT,
	KAN_WORDS_FINDING,
	KAN_WORDS_STATE,
	KAN_WORDS_COVERAGE,
	KAN_WORDS_STAGE,
	KAN_WORDS_TABLE,
	KAN_WORDS_VOLUME,
	KAN_WORDS_VALUE,
	KAN_WORDS_MEANING,
	KAN_WORDS_FORMAT,
	KAN_WORDS_YES,
	KAN_WORDS_EXTENSION,
	KAN_WORDS_DETAIL,
};

/** The word for @code in the language of the report; @code itself if it is not known. */
const char *kan_html_word(const struct kan_html *h, enum kan_html_words group, const char *code);

/** Short names: @month 1-12, @weekday 0 = Sunday. */
const char *kan_html_weekday(const struct kan_html *h, int weekday);

/* ---- html_query.c: the store ----------------------------------------------------- */

/** The one number that @sql gives; -1 for NULL. */
KAN_MUST_CHECK int kan_html_query_number(struct kan_html *h, const char *sql, int64_t *out,
                                         struct kan_err *err);

/** kan_case_query() with a formatted text. */
KAN_MUST_CHECK int kan_html_query(struct kan_html *h, kan_row_fn *fn, void *arg,
                                  struct kan_err *err, const char *sql, ...) KAN_PRINTF(5, 6);

enum kan_html_cell {
	KAN_CELL_TEXT,
	KAN_CELL_PATH,   /* spaces kept, breaks anywhere */
	KAN_CELL_NUMBER, /* with separators */
	KAN_CELL_PLAIN,  /* a number without separators: an address */
	KAN_CELL_SIZE,   /* exact, with the rounded size below */
	KAN_CELL_RANGE,  /* two columns: offset and length */
	KAN_CELL_TIME,   /* three columns: nanoseconds, resolution, local */
	KAN_CELL_WORD,   /* a code of `words` */
	KAN_CELL_HASH,
};

struct kan_html_column {
	const char *label; /* English, or NULL for the end of the list */
	enum kan_html_cell cell;
	enum kan_html_words words;
};

/** A table that is a query. */
struct kan_html_list {
	const char *caption; /* English, or NULL */
	const struct kan_html_column *columns;
	const char *sql;   /* columns in order; no LIMIT */
	const char *count; /* SQL of how many rows there are in all; NULL: cut without a word */
	uint32_t max;      /* rows shown; 0: KAN_REPORT_ROWS_MAX */
	const char *rest;  /* where all of them are: "files.csv" */
	const char *empty; /* English, said if there is no row; NULL: the table is left out */
};

KAN_MUST_CHECK int kan_html_list(struct kan_html *h, const struct kan_html_list *list,
                                 struct kan_err *err);

/** The head of a table; its body follows as <tr>s, then kan_html_table_end(). */
void kan_html_table(struct kan_html *h, const char *caption, const struct kan_html_column *columns);
void kan_html_table_end(struct kan_html *h);

/** One cell out of @col, which holds the one to three columns of its kind. */
void kan_html_cell(struct kan_html *h, const struct kan_html_column *column,
                   const char *const *col);

/* ---- html_evidence.c ---------------------------------------------------------- */

/** Fill in h->evidence. */
KAN_MUST_CHECK int kan_html_load_evidence(struct kan_html *h, struct kan_err *err);
void kan_html_drop_evidence(struct kan_html *h);

/* ---- sections ------------------------------------------------------------------ */

KAN_MUST_CHECK int kan_html_summary(struct kan_html *h, struct kan_err *err);
KAN_MUST_CHECK int kan_html_verdict(struct kan_html *h, struct kan_err *err);
KAN_MUST_CHECK int kan_html_evidence(struct kan_html *h, struct kan_err *err);
KAN_MUST_CHECK int kan_html_layout(struct kan_html *h, struct kan_err *err);
KAN_MUST_CHECK int kan_html_days(struct kan_html *h, struct kan_err *err);
KAN_MUST_CHECK int kan_html_hours(struct kan_html *h, struct kan_err *err);
KAN_MUST_CHECK int kan_html_types(struct kan_html *h, struct kan_err *err);
KAN_MUST_CHECK int kan_html_notable(struct kan_html *h, struct kan_err *err);
KAN_MUST_CHECK int kan_html_findings(struct kan_html *h, struct kan_err *err);
KAN_MUST_CHECK int kan_html_coverage(struct kan_html *h, struct kan_err *err);
KAN_MUST_CHECK int kan_html_check(struct kan_html *h, struct kan_err *err);

/** False only if the store says of everything that it was examined. */
KAN_MUST_CHECK int kan_html_gaps(struct kan_html *h, bool *out, struct kan_err *err);

/** The table of what was not examined, at most @max rows. */
KAN_MUST_CHECK int kan_html_gap_list(struct kan_html *h, uint32_t max, struct kan_err *err);

#endif
