/* Realms by name. A name is looked up once in the master database and then known; names that no
 * realm has are remembered in a small table, so that guessing them costs no query each. */
#include "store/store.h"

#include <stdlib.h>

#include "core/base/log.h"
#include "core/base/rng.h"
#include "store/fence.h"
#include "store/realm_list.h"

#include "core/base/banned.h"

#define FIRST_HASH 256
#define LIST_BYTES ((size_t)128 << 20)

static uint64_t hash_name(struct str name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (unsigned char)name.ptr[i]) * UINT64_C(0x100000001b3);
    return h ^ (h >> 32);
}

static void copy_name(char *out, struct str name)
{
    memcpy(out, name.ptr, name.len);
    out[name.len] = '\0';
}

static struct slot **bucket(struct store *store, struct str name)
{
    return &store->hash[hash_name(name) & (store->hash_cap - 1)];
}

static struct slot *find_locked(struct store *store, struct str name)
{
    struct slot *slot = store->hash_cap ? *bucket(store, name) : NULL;
    while (slot && !str_eq_c(name, slot->name))
        slot = slot->next_in_hash;
    return slot;
}

static void link_locked(struct store *store, struct slot *slot)
{
    struct slot **at = bucket(store, str_c(slot->name));
    slot->next_in_hash = *at;
    *at = slot;
}

static void unlink_locked(struct store *store, struct slot *slot)
{
    struct slot **at = bucket(store, str_c(slot->name));
    while (*at && *at != slot)
        at = &(*at)->next_in_hash;
    if (*at)
        *at = slot->next_in_hash;
}

static int grow_locked(struct store *store)
{
    if (store->slot_count < store->hash_cap)
        return 0;
    size_t cap = store->hash_cap ? store->hash_cap * 2 : FIRST_HASH;
    struct slot **old = store->hash;
    size_t old_cap = store->hash_cap;
    struct slot **fresh = calloc(cap, sizeof(struct slot *));
    if (!fresh)
        return ERR_NO_MEMORY;
    store->hash = fresh;
    store->hash_cap = cap;
    for (size_t i = 0; i < old_cap; i++) {
        for (struct slot *slot = old[i], *next; slot; slot = next) {
            next = slot->next_in_hash;
            link_locked(store, slot);
        }
    }
    free(old);
    return 0;
}

static char *negative_place(struct store *store, struct str name)
{
    return store->negative[(hash_name(name) >> 16) % NEGATIVE_NAMES];
}

/* A realm that is made anew under an old name must not be taken for the old one. */
static void start_counters(struct slot *slot)
{
    uint64_t values[3];
    rng_bytes(values, sizeof(values));
    atomic_init(&slot->generation, values[0]);
    atomic_init(&slot->changes, values[1]);
    slot->mark_seed = values[2];
}

int slot_new(struct store *store, struct str name, struct str id, struct str file,
             struct slot **ret_slot)
{
    if (name.len == 0 || name.len > REALM_NAME_MAX || file.len > FILE_NAME_MAX)
        return ERR_INVALID_REQUEST;
    struct slot *slot = calloc(1, sizeof(*slot));
    char *own_id = malloc(id.len + 1);
    if (!slot || !own_id) {
        free(slot);
        free(own_id);
        return ERR_NO_MEMORY;
    }
    copy_name(slot->name, name);
    copy_name(slot->file, file);
    copy_name(own_id, id);
    slot->id = str_of(own_id, id.len);
    slot->store = store;
    slot->is_master = str_eq_c(file, REALM_MASTER);
    start_counters(slot);
    endings_init(&slot->endings);
    (void)pthread_mutex_init(&slot->lock, NULL);
    (void)pthread_mutex_init(&slot->build, NULL);
    (void)pthread_mutex_init(&slot->key_making, NULL);
    (void)pthread_mutex_init(&slot->archiving, NULL);
    *ret_slot = slot;
    return 0;
}

int slot_table_init(struct store *store)
{
    (void)pthread_mutex_lock(&store->lock);
    int err = grow_locked(store);
    (void)pthread_mutex_unlock(&store->lock);
    return err;
}

void slot_being_made(struct slot *slot)
{
    struct store *store = slot->store;
    (void)pthread_mutex_lock(&store->lock);
    slot->next_made = store->being_made;
    store->being_made = slot;
    (void)pthread_mutex_unlock(&store->lock);
}

static void was_made_locked(struct slot *slot)
{
    struct slot **at = &slot->store->being_made;
    while (*at && *at != slot)
        at = &(*at)->next_made;
    if (*at)
        *at = slot->next_made;
}

static bool is_being_made_locked(const struct store *store, struct str file)
{
    const struct slot *slot = store->being_made;
    while (slot && !str_eq_c(file, slot->file))
        slot = slot->next_made;
    return slot != NULL;
}

static void publish_locked(struct slot *slot)
{
    struct store *store = slot->store;
    (void)grow_locked(store); /* without memory the lists in it get longer */
    link_locked(store, slot);
    slot->next = store->slots;
    store->slots = slot;
    store->slot_count++;
    negative_place(store, str_c(slot->name))[0] = '\0';
}

void slot_publish(struct slot *slot)
{
    (void)pthread_mutex_lock(&slot->store->lock);
    publish_locked(slot);
    (void)pthread_mutex_unlock(&slot->store->lock);
}

void slot_publish_aside(struct slot *slot)
{
    char aside[FILE_NAME_MAX + 2];
    (void)pthread_mutex_lock(&slot->store->lock);
    copy_name(slot->name, realm_list_aside(slot->file, aside));
    publish_locked(slot);
    (void)pthread_mutex_unlock(&slot->store->lock);
}

static void rename_locked(struct slot *slot, struct str name)
{
    unlink_locked(slot->store, slot);
    copy_name(slot->name, name);
    link_locked(slot->store, slot);
    negative_place(slot->store, name)[0] = '\0';
}

void slot_was_made(struct slot *slot, struct str name)
{
    (void)pthread_mutex_lock(&slot->store->lock);
    was_made_locked(slot);
    rename_locked(slot, name);
    (void)pthread_mutex_unlock(&slot->store->lock);
}

void slot_rename(struct slot *slot, struct str name)
{
    (void)pthread_mutex_lock(&slot->store->lock);
    rename_locked(slot, name);
    (void)pthread_mutex_unlock(&slot->store->lock);
}

static void end_slot(struct slot *slot)
{
    (void)pthread_mutex_lock(&slot->lock);
    slot->dead = true;
    (void)pthread_mutex_unlock(&slot->lock);
    /* Answers about it that somebody keeps are over. */
    atomic_fetch_add(&slot->generation, 1);
    slot_view_drop(slot);
    endings_close(&slot->endings);
}

bool slot_is_dead(struct slot *slot)
{
    (void)pthread_mutex_lock(&slot->lock);
    bool dead = slot->dead;
    (void)pthread_mutex_unlock(&slot->lock);
    return dead;
}

void slot_retire(struct slot *slot)
{
    (void)pthread_mutex_lock(&slot->store->lock);
    was_made_locked(slot);
    unlink_locked(slot->store, slot);
    slot->retired = true;
    (void)pthread_mutex_unlock(&slot->store->lock);
    end_slot(slot);
}

void slot_take_place(struct slot *old, struct slot *fresh)
{
    struct store *store = old->store;
    (void)pthread_mutex_lock(&store->lock);
    was_made_locked(fresh);
    unlink_locked(store, old);
    old->retired = true;
    rename_locked(fresh, str_c(old->name));
    (void)pthread_mutex_unlock(&store->lock);
    end_slot(old);
}

static void free_id(struct slot *slot)
{
    /* It was allocated here. */
    union {
        const char *in;
        char *out;
    } id = {slot->id.ptr};
    free(id.out);
    slot->id = str_of(NULL, 0);
}

int slot_set_id(struct slot *slot, struct str id)
{
    char *copy = malloc(id.len + 1);
    if (!copy)
        return ERR_NO_MEMORY;
    copy_name(copy, id);
    free_id(slot);
    slot->id = str_of(copy, id.len);
    return 0;
}

void slot_free(struct slot *slot)
{
    (void)pthread_mutex_lock(&slot->store->lock);
    was_made_locked(slot);
    (void)pthread_mutex_unlock(&slot->store->lock);
    slot_view_drop(slot);
    if (slot->db)
        realm_db_close(slot->db);
    endings_free(&slot->endings);
    (void)pthread_mutex_destroy(&slot->lock);
    (void)pthread_mutex_destroy(&slot->build);
    (void)pthread_mutex_destroy(&slot->key_making);
    (void)pthread_mutex_destroy(&slot->archiving);
    free_id(slot);
    free(slot);
}

void slot_name(struct slot *slot, char name[REALM_NAME_MAX + 1])
{
    (void)pthread_mutex_lock(&slot->store->lock);
    memcpy(name, slot->name, sizeof(slot->name));
    (void)pthread_mutex_unlock(&slot->store->lock);
}

/* On a standby its database may have come before anybody asked for the realm. */
static struct slot *by_file_locked(struct store *store, struct str file)
{
    struct slot *slot = store->slots;
    while (slot && (slot->retired || !str_eq_c(file, slot->file)))
        slot = slot->next;
    return slot;
}

static int add_locked(struct store *store, struct slot *slot)
{
    TRY(grow_locked(store));
    link_locked(store, slot);
    slot->next = store->slots;
    store->slots = slot;
    store->slot_count++;
    return 0;
}

/* A slot that came first takes the realm's name and id. */
static int adopt_locked(struct slot *known, const struct list_row *row)
{
    if (str_empty(known->id))
        TRY(slot_set_id(known, row->id));
    rename_locked(known, row->name);
    return 0;
}

/* As the list says it, unless the list changed since it was read, or who makes the realm has not published it
 * yet: ERR_STORE_BUSY. */
static int keep_found(struct store *store, const struct list_row *row, uint64_t list_changes,
                      struct slot *fresh, struct slot **ret_slot)
{
    int err = 0;
    (void)pthread_mutex_lock(&store->lock);
    struct slot *known = find_locked(store, row->name);
    if (!known && (store->list_changes != list_changes || is_being_made_locked(store, row->file))) {
        err = ERR_STORE_BUSY;
    } else if (!known && store->config.standby &&
               (known = by_file_locked(store, row->file)) != NULL) {
        err = adopt_locked(known, row);
    } else if (!known) {
        err = add_locked(store, fresh);
        known = fresh;
    }
    (void)pthread_mutex_unlock(&store->lock);
    if (err != 0 || known != fresh)
        slot_free(fresh);
    *ret_slot = known;
    return err;
}

static uint64_t list_changes(struct store *store)
{
    (void)pthread_mutex_lock(&store->lock);
    uint64_t changes = store->list_changes;
    (void)pthread_mutex_unlock(&store->lock);
    return changes;
}

static void note_unknown(struct store *store, struct str name, uint64_t changes)
{
    (void)pthread_mutex_lock(&store->lock);
    /* Unless it was made in between: the table then says so. */
    if (!find_locked(store, name) && store->list_changes == changes)
        copy_name(negative_place(store, name), name);
    (void)pthread_mutex_unlock(&store->lock);
}

static int look_up_once(struct store *store, struct str name, struct slot **ret_slot)
{
    CLEANUP(arena_free) struct arena a;
    struct list_row row;
    struct slot *fresh;
    uint64_t changes = list_changes(store);
    arena_init(&a, (size_t)64 << 10);
    int err = realm_list_find(store, &a, name, &row);
    if (err == ERR_NOT_FOUND)
        note_unknown(store, name, changes);
    TRY(err);
    TRY(slot_new(store, name, row.id, row.file, &fresh));
    fence_recall(fresh);
    return keep_found(store, &row, changes, fresh, ret_slot);
}

#define LOOK_UPS   500
#define LOOK_UP_MS 1

/* Asks the master database and keeps the answer. From the commit that makes a realm ready until that is on disk
 * it has no slot under its name yet. */
static int look_up(struct store *store, struct str name, struct slot **ret_slot)
{
    int err = look_up_once(store, name, ret_slot);
    for (int i = 1; i < LOOK_UPS && err == ERR_STORE_BUSY; i++) {
        (void)sqlite3_sleep(LOOK_UP_MS);
        err = look_up_once(store, name, ret_slot);
    }
    return err;
}

struct slot *slot_known(struct store *store, struct str name)
{
    (void)pthread_mutex_lock(&store->lock);
    struct slot *slot = find_locked(store, name);
    (void)pthread_mutex_unlock(&store->lock);
    return slot;
}

int slot_find(struct store *store, struct str name, struct slot **ret_slot)
{
    if (name.len == 0 || name.len > REALM_NAME_MAX)
        return ERR_NOT_FOUND;
    (void)pthread_mutex_lock(&store->lock);
    struct slot *slot = find_locked(store, name);
    bool unknown = !slot && str_eq_c(name, negative_place(store, name));
    (void)pthread_mutex_unlock(&store->lock);
    if (unknown)
        return ERR_NOT_FOUND;
    if (!slot)
        return look_up(store, name, ret_slot);
    *ret_slot = slot;
    return 0;
}

/* --- On a standby --- */

int slot_of_file(struct store *store, struct str file, struct slot **ret_slot)
{
    char text[FILE_NAME_MAX + 1], aside[FILE_NAME_MAX + 2];
    struct slot *fresh;
    if (file.len > FILE_NAME_MAX)
        return ERR_INVALID_REQUEST;
    copy_name(text, file);
    TRY(slot_new(store, realm_list_aside(text, aside), STR(""), file, &fresh));
    fence_recall(fresh);
    (void)pthread_mutex_lock(&store->lock);
    struct slot *known = by_file_locked(store, file);
    int err = known ? 0 : add_locked(store, fresh);
    (void)pthread_mutex_unlock(&store->lock);
    if (known || err != 0)
        slot_free(fresh);
    *ret_slot = known ? known : fresh;
    return err;
}

static int by_file(const void *a, const void *b)
{
    const struct list_row *x = a, *y = b;
    return str_cmp(x->file, y->file);
}

/* The name under which the list has a realm that is ready; else the one that its file stands for. */
static struct str listed_name(const struct list_row *rows, size_t count, const struct slot *slot,
                              char aside[FILE_NAME_MAX + 2], struct str *ret_id)
{
    const struct list_row key = {.file = str_c(slot->file)};
    const struct list_row *row =
        count > 0 ? bsearch(&key, rows, count, sizeof(*rows), by_file) : NULL;
    bool ready = row && (row->state == LIST_READY || row->state == LIST_BEING_CHANGED);
    *ret_id = ready ? row->id : STR("");
    return ready ? row->name : realm_list_aside(slot->file, aside);
}

/* Takes out of the table those whose name changed and chains them. */
static struct slot *take_changed_locked(struct store *store, const struct list_row *rows,
                                        size_t count)
{
    char aside[FILE_NAME_MAX + 2];
    struct slot *changed = NULL;
    struct str id;
    for (struct slot *slot = store->slots; slot; slot = slot->next) {
        struct str name = listed_name(rows, count, slot, aside, &id);
        if (slot->retired || str_eq_c(name, slot->name))
            continue;
        unlink_locked(store, slot);
        copy_name(slot->name, name);
        if (str_empty(slot->id) && !str_empty(id) && slot_set_id(slot, id) != 0)
            LOG_WARN("store", "no memory for the id of a realm");
        slot->next_in_hash = changed;
        changed = slot;
    }
    return changed;
}

static void rename_all(struct store *store, const struct list_row *rows, size_t count)
{
    (void)pthread_mutex_lock(&store->lock);
    struct slot *slot = take_changed_locked(store, rows, count);
    while (slot) {
        struct slot *next = slot->next_in_hash;
        link_locked(store, slot);
        slot = next;
    }
    memset(store->negative, 0, sizeof(store->negative));
    store->list_changes++;
    (void)pthread_mutex_unlock(&store->lock);
}

/* Who still holds a picture of a realm that went away finds that all of it ended. */
static void end_unlisted(struct store *store)
{
    (void)pthread_mutex_lock(&store->lock);
    struct slot *slot = store->slots;
    (void)pthread_mutex_unlock(&store->lock);
    for (; slot; slot = slot->next) {
        char name[REALM_NAME_MAX + 1];
        slot_name(slot, name);
        if (name[0] != '.')
            continue;
        atomic_fetch_add(&slot->generation, 1);
        slot_view_drop(slot);
        endings_close(&slot->endings);
    }
}

static int learn_master_id(struct store *store, const struct list_row *rows, size_t count)
{
    struct slot *master = store->master;
    for (size_t i = 0; i < count && str_empty(master->id); i++)
        if (str_eq_c(rows[i].file, REALM_MASTER))
            TRY(slot_set_id(master, rows[i].id));
    return 0;
}

int slots_follow_list(struct store *store)
{
    CLEANUP(arena_free) struct arena a;
    struct list_row *rows;
    size_t count;
    arena_init(&a, LIST_BYTES);
    {
        CLEANUP(store_read_end_p) struct store_read *r = NULL;
        TRY(tx_follow_read_begin(store->master, &r));
        TRY(realm_list_all(r, &a, &rows, &count));
    }
    TRY(learn_master_id(store, rows, count));
    if (count > 1)
        qsort(rows, count, sizeof(*rows), by_file);
    rename_all(store, rows, count);
    end_unlisted(store);
    return 0;
}
