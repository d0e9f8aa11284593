/* Stored events and their seals, for writing, listing and verifying. */
#ifndef GARITA_STORE_SQL_EVENT_ROW_H
#define GARITA_STORE_SQL_EVENT_ROW_H

#include "core/audit/event.h"
#include "store/sql/rows.h"
#include "store/tx.h"

#define EVENT_SEAL_BYTES 32
/* Every so many events the head of the chain is sealed. */
#define EVENT_SEAL_EVERY 64

/* An event whose time lies so far before that of an earlier one is noted in event_step. */
#define EVENT_STEP_MS 300000

/* Texts of the table event_text by number, five per row; t_ names them. */
#define EVENT_SELECT EVENT_SELECT_BY("")
/* With how the index is to be chosen. */
#define EVENT_SELECT_BY(index)                                                                     \
    "SELECT e.seq, e.id, k.text, e.stream_id, t.text, e.version, e.time_ms, n.text, e.user_id,"    \
    " e.session_id, c.text, e.ip, u.text, e.data, e.metadata, e.hash FROM event e " index          \
    " JOIN event_text k ON k.pk = e.stream_kind JOIN event_text t ON t.pk = e.type"                \
    " LEFT JOIN event_text n ON n.pk = e.tenant LEFT JOIN event_text c ON c.pk = e.client_id"      \
    " LEFT JOIN event_text u ON u.pk = e.user_agent"

/* The number of a text. ERR_NOT_FOUND. */
MUST_CHECK int event_text_find(struct conn *conn, struct str text, int64_t *ret_pk);
/* A struct event_record without prev_hash (rows_reader). */
MUST_CHECK int event_row_read(struct query *q, struct arena *a, void *ret_record);
/* The hash of one event; zeros for 0. ERR_NOT_FOUND. */
MUST_CHECK int event_hash_of(struct store_read *r, int64_t seq, unsigned char ret_hash[32]);
/* MAC over the chain's head under a key that only the master key gives. */
MUST_CHECK int event_seal_make(const struct slot *slot, int64_t seq, const unsigned char hash[32],
                               unsigned char ret_mac[EVENT_SEAL_BYTES]);

#endif
