/* Statements about the database itself, on connections that are not guarded: is it one of ours, is
 * every page readable, does its structure hold. */
#ifndef GARITA_STORE_SQL_PAGE_H
#define GARITA_STORE_SQL_PAGE_H

#include "store/conn.h"

#define PAGE_KNOWN_TABLES 3

/* How many objects the schema has, and how many of the tables that every version of ours has. */
MUST_CHECK int page_tables(struct conn *conn, int64_t *ret_tables, int64_t *ret_known);
/* Rows of the table of the realm's settings: one, or none before it is made. */
MUST_CHECK int page_realms(struct conn *conn, int64_t *ret_count);
MUST_CHECK int page_count(struct conn *conn, int64_t *ret_count);
/* Reads a page as of now, from the log or from the database. ERR_STORE_CORRUPT. */
MUST_CHECK int page_touch(struct conn *conn, int64_t number);
/* Bytes of a page. */
MUST_CHECK int page_bytes(struct conn *conn, int64_t *ret_bytes);
/* The content of a page, of that many bytes, as of the transaction. ERR_STORE_CORRUPT. */
MUST_CHECK int page_read(struct conn *conn, int64_t number, unsigned char *out, size_t bytes);
/* SQLite's own check of trees and lists, without that of indexes against their tables. "ok", or
 * what it found first. */
MUST_CHECK int page_structure(struct conn *conn, struct arena *a, struct str *ret_finding);
/* The same with indexes against their tables, which takes several times as long. */
MUST_CHECK int page_integrity(struct conn *conn, struct arena *a, struct str *ret_finding);

#endif
