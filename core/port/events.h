/* The audit chain of a realm: appending, listing, proving; its signed heads and keys; archives; and
 * the people in it. */
#ifndef GARITA_CORE_PORT_EVENTS_H
#define GARITA_CORE_PORT_EVENTS_H

#include "core/audit/event.h"
#include "core/model/fields.h"
#include "core/port/store.h"

/* Appends in the transaction of the change: no event, no change (AU-03). What is personal is sealed
 * with a key of the person. */
MUST_CHECK int event_append(struct store_write *w, const struct event *event);
/* Appends an event that goes with no other change and returns when it is as durable as asked.
 * Callers of the same moment share a transaction and a flush. ERR_INTERNAL when this thread has a
 * write open in this realm; else errors as of store_write_begin and store_commit. */
MUST_CHECK int event_append_alone(struct realm_view *view, const struct now *now,
                                  const struct event *event, enum durability durability);

#define EVENT_FILTER_TYPES_MAX 128

struct event_filter {
    int64_t from_ms, to_ms; /* 0: open */
    struct strs types;      /* names of events, at most EVENT_FILTER_TYPES_MAX; none: all */
    struct str user_id;
    struct str client_id;
    int64_t after_seq;
    size_t
        first; /* so many left out at the beginning; after_seq is the cheaper way to turn pages */
    bool newest_first;
    bool or_about_user; /* with user_id, oldest first: also events about the user by others */
    bool sealed;        /* boxes are not opened */
    bool live;          /* archives are left out, which costs least */
};
/* From the database and the archives alike, in the order of the chain. The cost grows with the page;
 * with several conditions, with the events that fulfil the rarest of them (AD-12). ERR_AUDIT_ARCHIVE
 * when an archive that may hold some of them is missing or damaged. */
MUST_CHECK int event_list(struct store_read *r, struct arena *a, const struct event_filter *filter,
                          size_t limit, struct event_record **ret_items, size_t *ret_count);

/* Those that this write has appended so far, in their order, after a number (0: from the first on). */
MUST_CHECK int event_list_of_write(struct store_write *w, struct arena *a, int64_t after_seq,
                                   size_t limit, struct event_record **ret_items,
                                   size_t *ret_count);

/* --- Proving --- */

/* Which archive the last list or proof of this transaction could not read, and what to do: a sentence
 * for operators, with a path. Empty when there was none; lives as long as the transaction. */
struct str event_archive_trouble(const struct store_read *r);

struct event_verdict {
    int64_t checked;
    int64_t first_seq; /* where the chain begins; more than 1 after the retention */
    int64_t bad_seq;   /* 0: the chain is whole */
    struct str bad_id; /* of that event; may be absent */
    struct str reason;
    int64_t head_seq;
    struct str head_hash; /* 32 bytes */
    int64_t signed_seq;   /* of the last signed head; 0: none */
    int64_t signed_ms;
};
/* The whole chain, archives included. */
MUST_CHECK int event_verify(struct store_read *r, struct arena *a,
                            struct event_verdict *ret_verdict);
/* The stretch in which the events of a time stand; 0: open on that side. */
MUST_CHECK int event_verify_between(struct store_read *r, struct arena *a, int64_t from_ms,
                                    int64_t to_ms, struct event_verdict *ret_verdict);

/* Signs the head unless it is signed already. */
MUST_CHECK int event_sign_head(struct store_write *w, bool *ret_signed);
/* Whether there are events after the last signed head and that one is so old. */
MUST_CHECK int event_sign_due(struct store_read *r, int64_t age_ms, int64_t now_ms, bool *ret_due);

struct audit_key_info {
    struct str kid;
    bool active; /* signs; the others only verify */
    int64_t created_ms;
    struct str public_jwk; /* JSON text */
    struct str spki;       /* DER of SubjectPublicKeyInfo */
};
/* The newest first; none before the first head was signed. */
MUST_CHECK int audit_key_list(struct store_read *r, struct arena *a,
                              struct audit_key_info **ret_items, size_t *ret_count);
/* A new key signs from now on; of the old one the public part stays. ret_old_kid may come back
 * absent. */
MUST_CHECK int audit_key_rotate(struct store_write *w, struct arena *a, struct str *ret_old_kid,
                                struct realm_key *ret_key);

/* --- Archives. Each step may be broken off anywhere and done again. --- */

struct event_archived {
    struct str file;
    int64_t first_seq, last_seq;
    int64_t from_ms, to_ms;
};
/* Moves the oldest month that ended before before_ms and has events in the database to a file. False
 * when there is none. The events leave the database in portions (event_archive_prune). actor is the
 * actor of the event that tells it. */
MUST_CHECK int event_archive_month(struct realm_view *view, const struct now *now,
                                   const struct event_actor *actor, int64_t before_ms,
                                   struct arena *a, struct event_archived *ret_archived,
                                   bool *ret_done);
/* A portion of what is archived leaves the database; false when nothing is left to do. */
MUST_CHECK int event_archive_prune(struct realm_view *view, const struct now *now, bool *ret_more);
/* Removes the oldest archive whose last event is from before before_ms; a signed statement stays. */
MUST_CHECK int event_archive_remove(struct realm_view *view, const struct now *now,
                                    const struct event_actor *actor, int64_t before_ms,
                                    struct arena *a, struct event_archived *ret_removed,
                                    bool *ret_done);

/* --- People --- */

/* Destroys the key under which a person's share of all events is sealed, for good: nothing of it can
 * be read any more, wherever a copy is. *ret_had_one: there was one until now. */
MUST_CHECK int person_key_destroy(struct store_write *w, struct str user_id, bool *ret_had_one);
/* Events of a person that still stand in clear, from before keys of persons. */
MUST_CHECK int person_events_in_clear(struct store_read *r, struct str user_id, int64_t *ret_count);
/* Destroys the keys of typed names of months before that of before_ms. */
MUST_CHECK int person_unknown_expire(struct store_write *w, int64_t before_ms, int64_t *ret_count);

#endif
