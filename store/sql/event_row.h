/* Stored events, their texts, heads and archives, for writing, listing and verifying. */
#ifndef GARITA_STORE_SQL_EVENT_ROW_H
#define GARITA_STORE_SQL_EVENT_ROW_H

#include "core/audit/chain.h"
#include "store/sql/rows.h"
#include "store/tx.h"

/* An event whose time lies so far before that of an earlier one is noted in event_step. */
#define EVENT_STEP_MS 300000

/* Events with their texts and, where one stands, the signed head. */
#define EVENT_SELECT EVENT_SELECT_BY("")
/* With how the index is to be chosen. */
#define EVENT_SELECT_BY(index)                                                                     \
    "SELECT e.seq, e.id, k.text, e.stream_id, t.text, e.version, e.time_ms, n.text, e.user_id,"    \
    " e.session_id, c.text, e.ip, u.text, e.data, e.metadata, e.hash, e.format, e.actor_box,"      \
    " e.subject_box, e.both_box, h.first_seq, h.prev_hash, h.hash, h.time_ms, h.kid, h.signature"  \
    " FROM event e " index                                                                         \
    " JOIN event_text k ON k.pk = e.stream_kind JOIN event_text t ON t.pk = e.type"                \
    " LEFT JOIN event_text n ON n.pk = e.tenant LEFT JOIN event_text c ON c.pk = e.client_id"      \
    " LEFT JOIN event_text u ON u.pk = e.user_agent LEFT JOIN event_head h ON h.seq = e.seq"

/* The number of a text. ERR_NOT_FOUND. */
MUST_CHECK int event_text_find(struct conn *conn, struct str text, int64_t *ret_pk);
/* A struct event_record without prev_hash, boxes closed (rows_reader_with); the context is the
 * struct store_read. */
MUST_CHECK int event_row_read(struct query *q, struct arena *a, void *ret_record, void *context);
/* Events of the database with after < seq <= last, in order, without prev_hash, boxes closed. */
MUST_CHECK int event_rows(struct store_read *r, struct arena *a, int64_t after, int64_t last,
                          int64_t limit, struct event_record **ret_items, size_t *ret_count);
/* The number of a text; 0 for an absent one. */
MUST_CHECK int event_text_number(struct store_write *w, struct str text, int64_t *ret_pk);
/* Place and hash of the last event, archived or not; 0 and zeros when there is none. */
MUST_CHECK int event_head_of_chain(struct store_read *r, int64_t *ret_seq,
                                   unsigned char ret_hash[AUDIT_HASH_BYTES]);
/* The hash of one event; zeros for 0. ERR_NOT_FOUND. */
MUST_CHECK int event_hash_of(struct store_read *r, int64_t seq,
                             unsigned char ret_hash[AUDIT_HASH_BYTES]);
/* The head as this transaction sees it, in w->head. */
MUST_CHECK int event_learn_head(struct store_write *w);

/* --- Searching the database (event_search.c) --- */

/* Names of types as JSON for a statement; absent when there are none. */
MUST_CHECK int event_types_json(struct arena *a, const struct strs *types, struct str *ret_json);

struct event_search {
    const struct event_filter *filter; /* all but or_about_user and first */
    int64_t archived;                  /* up to here events are the archive's */
};
/* Adds at most limit matches after the first skip ones, without prev_hash, boxes closed. */
MUST_CHECK int event_search(struct store_read *r, struct arena *a,
                            const struct event_search *search, size_t limit, size_t skip,
                            struct rows *io_rows);
/* How many matches there are, but no more than most. */
MUST_CHECK int event_search_count(struct store_read *r, struct arena *a,
                                  const struct event_search *search, size_t most,
                                  size_t *ret_count);

/* --- Archived segments, oldest first --- */

struct event_segment {
    struct statement statement;
    struct str file;
    bool removed; /* its time was over: the file is gone */
    struct statement removal;
};
MUST_CHECK int event_segment_list(struct store_read *r, struct arena *a,
                                  struct event_segment **ret_items, size_t *ret_count);
MUST_CHECK int event_segment_insert(struct store_write *w, const struct event_segment *segment);
MUST_CHECK int event_segment_remove(struct store_write *w, const struct statement *removal);
/* The oldest events that are not archived yet and make up a month that ended before before_ms:
 * numbers, hashes and times of the statement, and the file. False when there is none. What a clock
 * that is ahead wrote counts as of the time around it. */
MUST_CHECK int event_segment_next(struct store_read *r, struct arena *a, int64_t before_ms,
                                  int64_t now_ms, struct event_segment *ret_segment, bool *ret_any);
/* Events up to this one are in archives, whether or not they left the database already. */
MUST_CHECK int event_archived_seq(struct store_read *r, int64_t *ret_seq);
/* Whether archived events are still in the database. */
MUST_CHECK int event_prune_due(struct store_read *r, bool *ret_due);
/* Takes archived events and heads out of the database, at most limit; tells how many. */
MUST_CHECK int event_prune(struct store_write *w, int64_t limit, int64_t *ret_count);

#endif
