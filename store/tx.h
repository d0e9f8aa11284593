/* Transactions from the inside, for store/sql and store/keystore. */
#ifndef GARITA_STORE_TX_H
#define GARITA_STORE_TX_H

#include "store/store.h"

#define ARCHIVE_TROUBLE_MAX 256

struct store_read {
    struct conn *conn;
    struct slot *slot;
    struct realm_db *db;
    struct realm_view *view;
    bool of_write;                             /* the reading side of a write: ends with it */
    bool in_turn;                              /* holds a place among the readers */
    bool to_follow;                            /* of a standby's database in whatever state */
    char archive_trouble[ARCHIVE_TROUBLE_MAX]; /* event_archive_trouble */
};

/* What the list of realms in the master database must learn after the commit. */
struct list_change {
    bool wanted;
    struct str name;
    struct str display_name;
    bool enabled;
};

struct store_write {
    struct store_read reader;
    struct now now;
    struct arena arena;
    struct event_head head;
    int64_t seq_before; /* the last event before this transaction; right once head is known */
    bool texts_added, persons_added, signer_added; /* what a rollback makes untrue */
    unsigned logins, login_failures;               /* events of this transaction */
    int64_t signed_seq; /* the head that this transaction signed; 0: none */
    struct list_change list;
    struct {
        struct ending *items;
        size_t count;
        bool known; /* these are all */
    } endings;
    struct store_write *older; /* of the same thread */
};

/* A short read of configuration, which does not wait for other readers: its caller may be one. The
 * view may be NULL, as may that of a write to the list of realms. */
MUST_CHECK int tx_config_read_begin(struct slot *slot, struct realm_view *view,
                                    struct store_read **ret_read);
/* The same for who brings a standby's database up to date, before others may read it. */
MUST_CHECK int tx_follow_read_begin(struct slot *slot, struct store_read **ret_read);
/* The write that this thread has open in this realm; NULL when there is none. */
struct store_write *tx_write_of_thread(const struct slot *slot);
/* 0, or why this store writes nothing. */
MUST_CHECK int tx_may_write(const struct store *store);
/* ERR_INTERNAL when this thread has a write open in this realm already. */
MUST_CHECK int tx_write_begin(struct slot *slot, struct realm_view *view, const struct now *now,
                              struct store_write **ret_write);

/* marks.c: what SQLite does not report by itself. The commit of this transaction replaces the realm's
 * view. */
void write_touch_config(struct store_write *w);
/* It changes the list of realms, of which those who follow the master database must hear. */
void write_mark_list(struct store_write *w);
void write_mark_revoked(struct store_write *w, struct str jti);
void write_mark_rights(struct store_write *w);
/* Between the two calls rows get a later last access and change nothing else: nothing ends by it. */
void write_touches_only(struct store_write *w, bool only);
static inline struct conn *write_conn(const struct store_write *w)
{
    return w->reader.conn;
}
/* A key for a new row that this process has never given before. */
MUST_CHECK int write_next_pk(struct store_write *w, enum pk_kind kind, int64_t *ret_pk);

#endif
