/* Making, changing and deleting realms.
 *
 * A realm is a file and a row in the master's list; both must be there or none. The row is written
 * first, as "being made", then the file is filled in one transaction, then the row says "ready".
 * Deletion goes the other way round. What a crash leaves in between is removed at the next start. */
#include "store/realm_list.h"

#include "core/base/log.h"
#include "core/base/rng.h"
#include "core/crypto/kdf.h"
#include "store/archive/folder.h"
#include "store/keystore/seal.h"
#include "store/space.h"
#include "store/sql/realm_row.h"
#include "store/view.h"

#include "core/base/banned.h"

struct making {
    const struct realm *realm;
    const struct now *now;
    store_realm_fill *fill;
    void *arg;
    const struct realm_placing *placing; /* the database comes from elsewhere; NULL */
    bool replaces;                       /* what is there of this name stays until the end */
};

static int seal_state_secret(struct store_write *w, struct str *ret_sealed)
{
    unsigned char secret[KDF_KEY_BYTES];
    struct seal_place place = {&w->reader.slot->store->master_key, w->reader.slot->id,
                               "realm.state_secret", STR("1")};
    rng_bytes(secret, sizeof(secret));
    int err =
        seal_value(&place, &w->arena, str_of((const char *)secret, sizeof(secret)), ret_sealed);
    secret_wipe(secret, sizeof(secret));
    return err;
}

static int fill_in(struct slot *slot, struct realm_view *view, const struct making *m)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct realm_row row = {.realm = *m->realm};
    TRY(tx_write_begin(slot, view, m->now, &w));
    TRY(seal_state_secret(w, &row.sealed_state_secret));
    TRY(realm_row_insert(w, &row));
    if (slot->is_master) {
        struct list_row listed = {.file = STR(REALM_MASTER),
                                  .id = m->realm->id,
                                  .name = m->realm->name,
                                  .display_name = m->realm->display_name,
                                  .enabled = m->realm->enabled,
                                  .state = LIST_READY};
        TRY(realm_list_insert(w, &listed));
    }
    if (m->fill)
        TRY(m->fill(w, view, m->arg));
    return store_commit_p(&w, DURABLE_LOCAL);
}

/* A database that comes from elsewhere has its rows already. */
static int fill_placed(struct slot *slot, const struct making *m)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(m->placing->place(slot, m->placing->arg));
    TRY(view_of_slot(slot, &view));
    TRY(tx_write_begin(slot, view, m->now, &w));
    TRY(m->placing->fill(w, view, m->placing->arg));
    return store_commit_p(&w, DURABLE_LOCAL);
}

static int fill_slot(struct slot *slot, const struct making *m)
{
    struct realm_view *view;
    if (m->placing)
        return fill_placed(slot, m);
    TRY(view_build_empty(slot, m->realm, &view));
    int err = fill_in(slot, view, m);
    realm_view_release(view);
    return err;
}

/* The master database is there already, with its list. */
static int make_master(struct store *store, const struct making *m)
{
    if (!str_empty(store->master->id))
        return ERR_CONFLICT;
    TRY(slot_set_id(store->master, m->realm->id));
    int err = fill_slot(store->master, m);
    if (err != 0 && slot_set_id(store->master, STR("")) != 0)
        LOG_WARN("store", "no memory");
    return err;
}

static int list_change(struct store *store, const struct now *now, const struct list_row *insert,
                       struct str file, bool remove)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(tx_write_begin(store->master, NULL, now, &w));
    if (insert)
        TRY(realm_list_insert(w, insert));
    else if (remove)
        TRY(realm_list_remove(w, file));
    else
        TRY(realm_list_state(w, file, LIST_READY));
    return store_commit_p(&w, DURABLE_LOCAL);
}

/* In one transaction: who looks finds one or the other. */
static int list_swap(struct store *store, const struct making *m, const struct slot *slot,
                     const struct slot *old)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(tx_write_begin(store->master, NULL, m->now, &w));
    if (old)
        TRY(realm_list_put_aside(w, str_c(old->file)));
    TRY(realm_list_put_in_place(w, str_c(slot->file), m->realm->id, m->realm->name));
    return store_commit_p(&w, DURABLE_LOCAL);
}

static bool flush_failed(struct slot *slot)
{
    (void)pthread_mutex_lock(&slot->lock);
    bool failed = slot->db && atomic_load(&slot->db->flush.failed);
    (void)pthread_mutex_unlock(&slot->lock);
    return failed;
}

/* A making that failed leaves nothing, or at worst a row that the next start clears. */
static void undo(struct store *store, struct slot *slot, const struct now *now)
{
    if (slot->db) {
        realm_db_close(slot->db);
        slot->db = NULL;
        atomic_fetch_sub(&store->open_count, 1);
    }
    /* After a failed flush of the list only the next start knows which state the row has: ready, and
     * then its file must be there, or to be cleared. */
    repl_sinks_tell_gone(&store->sinks, str_c(slot->file));
    if (flush_failed(store->master) || archive_remove_all(&store->folder, str_c(slot->file)) != 0 ||
        folder_db_remove(&store->folder, str_c(slot->file)) != 0 ||
        list_change(store, now, NULL, str_c(slot->file), true) != 0)
        LOG_WARN("store", "a realm that was not made is settled at the next start");
}

/* The list takes each name and id once: until a new realm takes the place of another, its file stands
 * for both, behind a '.', with which no realm's name begins. */
static int make_file(struct store *store, struct slot *slot, const struct making *m)
{
    char aside[FILE_NAME_MAX + 2];
    struct list_row row = {.file = str_c(slot->file),
                           .id = m->realm->id,
                           .name = m->realm->name,
                           .display_name = m->realm->display_name,
                           .enabled = m->realm->enabled,
                           .state = LIST_BEING_MADE};
    if (m->replaces)
        row.id = row.name = realm_list_aside(slot->file, aside);
    TRY(list_change(store, m->now, &row, row.file, false));
    slot->may_create = true;
    int err = fill_slot(slot, m);
    if (err == 0)
        err = folder_sync_realms(&store->folder);
    slot->may_create = false;
    if (err != 0)
        undo(store, slot, m->now);
    return err;
}

static int check_making(struct store *store, const struct realm *realm)
{
    TRY(realm_name_check(realm->name, NULL));
    if (str_empty(realm->id))
        return ERR_INVALID_REQUEST;
    TRY(tx_may_write(store));
    TRY(gate_admit(store));
    return space_admit(store, NEED_CHANGE);
}

static int remove_retired(struct store *store, struct slot *slot, const struct now *now);

/* Known to nobody but those who copy it. What a failed flush left of the list: as in undo. */
static void take_back(struct store *store, struct slot *slot, const struct now *now)
{
    slot_retire(slot);
    if (flush_failed(store->master) || remove_retired(store, slot, now) != 0)
        LOG_WARN("store", "a realm that was not made is settled at the next start");
}

static int be_ready(struct store *store, const struct making *m, struct slot *slot,
                    struct slot *old)
{
    TRY(m->replaces ? list_swap(store, m, slot, old)
                    : list_change(store, m->now, NULL, str_c(slot->file), false));
    if (old)
        slot_take_place(old, slot);
    else
        slot_was_made(slot, m->realm->name);
    return 0;
}

struct made {
    struct slot *slot;
    int waited; /* for copies: ERR_UNCONFIRMED, and it is made all the same */
};

/* A copy has the database before the list says that there is such a realm, or no other one in its place: else
 * who reigns after us would lack it. */
static int make(struct store *store, const struct making *m, struct slot *old,
                struct made *ret_made)
{
    static const struct repl_position all = {0};
    struct slot *slot;
    char file[UUID_TEXT_LEN + 1];
    uuid_v4(file);
    TRY(slot_new(store, m->realm->name, m->realm->id, str_c(file), &slot));
    slot_being_made(slot);
    int err = make_file(store, slot, m);
    if (err != 0) {
        slot_free(slot);
        return err;
    }
    slot_publish_aside(slot);
    *ret_made = (struct made){slot, gate_wait(slot, &all)};
    err = be_ready(store, m, slot, old);
    if (err != 0)
        take_back(store, slot, m->now);
    return err;
}

static int wait_for_list(struct store *store, const struct made *made)
{
    int err = gate_wait(store->master, &(const struct repl_position){0});
    return made->waited != 0 ? made->waited : err;
}

int store_realm_create(struct store *store, const struct realm *realm, const struct now *now,
                       store_realm_fill *fill, void *arg)
{
    struct making m = {.realm = realm, .now = now, .fill = fill, .arg = arg};
    struct made made;
    TRY(check_making(store, realm));
    if (str_eq_c(realm->name, REALM_MASTER))
        return make_master(store, &m);
    TRY(make(store, &m, NULL, &made));
    return wait_for_list(store, &made);
}

int store_realm_update(struct store_write *write, const struct realm *realm)
{
    const struct realm *before = realm_view_realm(write->reader.view);
    TRY(realm_name_check(realm->name, NULL));
    bool renamed = !str_eq(realm->name, before->name);
    if (renamed && (write->reader.slot->is_master || str_eq_c(realm->name, REALM_MASTER)))
        return ERR_CONFLICT;
    TRY(realm_row_update(write, realm));
    if (!renamed && str_eq(realm->display_name, before->display_name) &&
        realm->enabled == before->enabled)
        return 0;
    write->list =
        (struct list_change){.wanted = true,
                             .name = arena_str(&write->arena, realm->name),
                             .display_name = arena_str(&write->arena, realm->display_name),
                             .enabled = realm->enabled};
    return str_absent(write->list.name) ? ERR_NO_MEMORY : 0;
}

int store_realm_read(struct store_read *read, struct arena *a, struct realm *ret_realm)
{
    struct realm_row row;
    TRY(realm_row_read(read, a, &row));
    *ret_realm = row.realm;
    return 0;
}

static int mark_deleted(struct store *store, struct slot *slot, const struct now *now)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(tx_write_begin(store->master, NULL, now, &w));
    TRY(realm_list_state(w, str_c(slot->file), LIST_BEING_DELETED));
    return store_commit_p(&w, DURABLE_LOCAL);
}

/* Waits a little for requests that are still in the realm. A database whose flush failed stays open
 * until the process ends. */
static bool close_soon(struct slot *slot)
{
    for (int i = 0; i < 200 && !flush_failed(slot); i++) {
        (void)pthread_mutex_lock(&slot->lock);
        bool closed = !slot->db;
        (void)pthread_mutex_unlock(&slot->lock);
        if (closed || slot_db_close_idle(slot))
            return true;
        (void)sqlite3_sleep(10);
    }
    return false;
}

int realm_files_remove(struct slot *slot)
{
    const struct folder *folder = &slot->store->folder;
    if (!close_soon(slot))
        return ERR_STORE_BUSY;
    TRY(archive_remove_all(folder, str_c(slot->file)));
    return folder_db_remove(folder, str_c(slot->file));
}

/* Gone for everybody already. The file goes now, or at the next start. */
static int remove_retired(struct store *store, struct slot *slot, const struct now *now)
{
    repl_sinks_tell_gone(&store->sinks, str_c(slot->file));
    if (realm_files_remove(slot) != 0) {
        LOG_WARN("store", "the file of a deleted realm is removed at the next start");
        return 0;
    }
    return list_change(store, now, NULL, str_c(slot->file), true);
}

int store_realm_delete(struct store *store, struct str name)
{
    struct slot *slot;
    struct now now = clock_now();
    TRY(slot_find(store, name, &slot));
    if (slot->is_master)
        return ERR_FORBIDDEN;
    TRY(mark_deleted(store, slot, &now));
    slot_retire(slot);
    TRY(remove_retired(store, slot, &now));
    return gate_wait(store->master, &(const struct repl_position){0});
}

static int replace(struct store *store, const struct making *m)
{
    struct slot *old = NULL;
    struct made made;
    TRY(check_making(store, m->realm));
    if (str_eq_c(m->realm->name, REALM_MASTER))
        return ERR_FORBIDDEN;
    int err = slot_find(store, m->realm->name, &old);
    if (err != 0 && err != ERR_NOT_FOUND)
        return err;
    TRY(make(store, m, old, &made));
    if (m->placing)
        m->placing->placed(m->placing->arg);
    if (old)
        TRY(remove_retired(store, old, m->now));
    return wait_for_list(store, &made);
}

int store_realm_replace(struct store *store, const struct realm *realm, const struct now *now,
                        store_realm_fill *fill, void *arg)
{
    const struct making m = {
        .realm = realm, .now = now, .fill = fill, .arg = arg, .replaces = true};
    return replace(store, &m);
}

int realm_put_in_place(struct store *store, const struct realm *realm, const struct now *now,
                       const struct realm_placing *placing)
{
    const struct making m = {.realm = realm, .now = now, .placing = placing, .replaces = true};
    return replace(store, &m);
}
