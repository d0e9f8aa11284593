/* What core asks of a store: realms and transactions. store/ defines these functions; core sees only
 * prototypes (inversion by the linker). No SQL idea appears here.
 *
 * A realm is one database. Everything about a realm is read and written through transactions of
 * that realm. Reads see one moment; writes are serial per realm. Two types, so that a reader cannot
 * write by accident. Objects that functions return live in the arena given to them. */
#ifndef GARITA_CORE_PORT_STORE_H
#define GARITA_CORE_PORT_STORE_H

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/model/client.h"
#include "core/model/key.h"
#include "core/model/realm.h"

struct store;
struct store_read;
struct store_write;

/* An immutable picture of a realm's configuration: settings, keys, clients with their scopes and
 * mappers. Shared by requests and replaced as a whole when configuration changes. Reference
 * counted: whoever acquires it releases it. */
struct realm_view;

#define REALM_MASTER "master"

/* ERR_NOT_FOUND for an unknown realm. Disabled realms are returned: the caller decides. */
MUST_CHECK int realm_view_acquire(struct store *store, struct str name,
                                  struct realm_view **ret_view);
/* The picture as of now: for a request that changed configuration and goes on. */
MUST_CHECK int realm_view_refresh(struct realm_view **view);
void realm_view_release(struct realm_view *view);

const struct realm *realm_view_realm(const struct realm_view *view);
const struct realm_keys *realm_view_keys(const struct realm_view *view);
struct store *realm_view_store(const struct realm_view *view);
/* By the protocol's client_id or by UUID; lives as long as the view. Its secret is unsealed on
 * demand by client_secret_copy. ERR_NOT_FOUND. */
MUST_CHECK int realm_view_client(struct realm_view *view, struct str client_id,
                                 const struct client **ret_client);
MUST_CHECK int realm_view_client_by_pk(struct realm_view *view, int64_t client_pk,
                                       const struct client **ret_client);
/* All scopes of the realm, default flags as for new clients. */
const struct client_scopes *realm_view_scopes(const struct realm_view *view);

/* Transactions. A read ends with store_read_end (fits CLEANUP via store_read_end_p). Keep them
 * short. ERR_STORE_BUSY when there was no turn in time, ERR_STORE_FAILED after a failed flush,
 * ERR_STORE_CORRUPT or ERR_STORE_VERSION when the realm is fenced off, ERR_NOT_FOUND when it was
 * deleted meanwhile. */
MUST_CHECK int store_read_begin(struct realm_view *view, struct store_read **ret_read);
void store_read_end(struct store_read *read);

/* A write ends with store_commit or store_rollback. What it changed is visible to its own reads
 * (store_write_reader) and to nobody else before the commit. now is the moment of its rows and
 * events. A thread has at most one write open in a realm (ERR_INTERNAL). Errors as for reads, and
 * ERR_STORE_READ_ONLY, ERR_STORE_STANDBY, ERR_OVERLOADED when too many wait. */
MUST_CHECK int store_write_begin(struct realm_view *view, const struct now *now,
                                 struct store_write **ret_write);
struct store_read *store_write_reader(struct store_write *write);
const struct now *store_write_now(const struct store_write *write);

/* What a write is for, when the disk is nearly full (store/space.h): what can wait is refused first,
 * then what adds, and what ends something last. */
enum store_need {
    NEED_SESSION, /* logins, codes, tokens: what store_write_begin says */
    NEED_CHANGE,  /* people, clients, settings, keys, realms */
    NEED_ENDING   /* logout, revocation, clean-up */
};
/* ERR_STORE_FULL when there is too little room for this. */
MUST_CHECK int store_write_begin_for(struct realm_view *view, const struct now *now,
                                     enum store_need need, struct store_write **ret_write);
/* For events of what happened to this node itself, which are committed DURABLE_LOCAL: they are taken also
 * while changes wait for another node. ERR_STORE_STANDBY when another one reigns. */
MUST_CHECK int store_write_begin_own(struct realm_view *view, const struct now *now,
                                     struct store_write **ret_write);
/* The picture as this write sees it, for who changes configuration and goes on in the same
 * transaction. Nobody else ever sees it. It reads through the transaction: its caller releases it
 * before the write ends. */
MUST_CHECK int realm_view_of_write(struct store_write *write, struct realm_view **ret_view);

enum durability {
    DURABLE_NONE,   /* may be lost by a crash: last-access times */
    DURABLE_LOCAL,  /* on this machine's disk when the call returns */
    DURABLE_STANDBY /* and on the standby, where there is one */
};

/* Frees the transaction in every case. Returns after the promised level is reached; on error the
 * change must be taken as not done (ERR_STORE_FULL, ERR_STORE_FAILED...): a failure of any step of the
 * transaction that its caller overlooked is told here. Commits of many threads share one flush. */
MUST_CHECK int store_commit(struct store_write *write, enum durability durability);
void store_rollback(struct store_write *write);
/* For CLEANUP: rolls back unless the pointer was set to NULL by store_commit_p. */
void store_rollback_p(struct store_write **write);
MUST_CHECK int store_commit_p(struct store_write **write, enum durability durability);
void store_read_end_p(struct store_read **read);
void realm_view_release_p(struct realm_view **view);

/* Whether changes are made elsewhere: then each of them is ERR_STORE_STANDBY here. */
bool store_is_standby(const struct store *store);
/* Where: HOST:PORT, in the arena. Absent when that is not known, or here. */
struct str store_primary_address(struct store *store, struct arena *a);

/* For an answer about a token: ERR_STANDBY_STALE on a standby that has been behind, or without news, for
 * longer than it may be. Costs a look at the clock. */
MUST_CHECK int store_fresh(const struct store *store);

/* For an answer that rests on what others changed: that is as durable as DURABLE_STANDBY says when it
 * returns. Costs nothing without a standby. ERR_UNCONFIRMED. */
MUST_CHECK int store_confirm(struct realm_view *view);

/* After a deletion that must leave no trace: what was deleted is in no file of the data folder any more,
 * the log included. Waits for readers. ERR_STORE_BUSY, ERR_STORE_FAILED. */
MUST_CHECK int store_forget(struct realm_view *view);

/* Realms. Creation makes the database with the realm row, default roles, scopes, clients and keys
 * in one go: a crash leaves either the whole realm or none. */
struct realm_summary {
    struct str id;
    struct str name;
    struct str display_name;
    bool enabled;
    const char *state; /* "ok"; "fenced" or "failed": nobody is let in, the operator must act */
};
/* Page through the realms by name, after a name (absent: from the start). */
MUST_CHECK int store_realm_list(struct store *store, struct arena *a, struct str after,
                                size_t limit, struct realm_summary **ret_items, size_t *ret_count);
/* fill writes the contents (core/admin/realm_bootstrap.c) inside the realm's first transaction.
 * ERR_CONFLICT when the name is taken. */
typedef int store_realm_fill(struct store_write *write, struct realm_view *empty_view, void *arg);
MUST_CHECK int store_realm_create(struct store *store, const struct realm *realm,
                                  const struct now *now, store_realm_fill *fill, void *arg);
/* Commits what fill has written so far and goes on, so that a fill of any length needs little memory.
 * Only for fill: nobody sees the realm yet, and what was written goes when fill fails later on, or when
 * the process ends. What was read through the write before stays good. ERR_INTERNAL outside of a fill,
 * also for master. */
MUST_CHECK int store_fill_step(struct store_write *write);
/* As store_realm_create, but a realm of that name that is there is replaced: it serves until the new one
 * is whole, then one step puts the new one into its place, and the old one goes with all its data.
 * ERR_FORBIDDEN for master. */
MUST_CHECK int store_realm_replace(struct store *store, const struct realm *realm,
                                   const struct now *now, store_realm_fill *fill, void *arg);
MUST_CHECK int store_realm_delete(struct store *store, struct str name);
MUST_CHECK int store_realm_update(struct store_write *write, const struct realm *realm);
/* The realm as the read sees it; the view may be of another moment. */
MUST_CHECK int store_realm_read(struct store_read *read, struct arena *a, struct realm *ret_realm);

#endif
