#include "core/admin/kept_roles.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/arena.h"

#include "core/base/banned.h"

#define KEPT_BYTES_MAX ((size_t)32 << 20)

struct kept {
    struct arena arena; /* holds the rest */
    struct str realm_id, scope;
    int64_t user_pk, client_pk;
    struct footing footing;
    struct roles roles;
    uint64_t used;
    size_t users; /* the table, and arenas */
};

static struct {
    pthread_mutex_t mutex;
    struct kept *items[KEPT_ROLES_MAX];
    uint64_t uses;
} table = {.mutex = PTHREAD_MUTEX_INITIALIZER};

void kept_roles_footing(const struct kept_roles_key *key, struct footing *ret_footing)
{
    const struct footing_rows rows = {.user_pk = key->user_pk, .rights = true};
    store_footing(key->view, &rows, ret_footing);
}

/* --- Entries --- */

static void leave_locked(struct kept *k)
{
    if (--k->users > 0)
        return;
    struct arena arena = k->arena; /* it holds k, too */
    arena_free(&arena);
}

static void leave(void *kept)
{
    (void)pthread_mutex_lock(&table.mutex);
    leave_locked(kept);
    (void)pthread_mutex_unlock(&table.mutex);
}

static bool is_of(const struct kept *k, const struct kept_roles_key *key)
{
    return k && k->user_pk == key->user_pk && k->client_pk == key->client_pk &&
           str_eq(k->realm_id, realm_view_realm(key->view)->id) && str_eq(k->scope, key->scope);
}

/* The same texts stand in many roles: the last one of each is enough to keep most of them once. */
static struct str shared(struct arena *a, struct str text, struct str *io_last)
{
    if (str_absent(text) || str_empty(text))
        return text;
    if (str_absent(*io_last) || !str_eq(*io_last, text))
        *io_last = arena_str(a, text);
    return *io_last;
}

static int copy_roles(struct arena *a, const struct roles *from, struct roles *ret_roles)
{
    struct str names[64] = {0}, clients = {0}, descriptions[64] = {0};
    struct roles to = {ARENA_ARRAY(a, from->count, struct role), from->count};
    if (!to.items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < from->count; i++) {
        const struct role *role = &from->items[i];
        size_t slot = role->name.len % ARRAY_LEN(names);
        to.items[i] =
            (struct role){.pk = role->pk,
                          .id = arena_str(a, role->id),
                          .name = shared(a, role->name, &names[slot]),
                          .description = shared(a, role->description, &descriptions[slot]),
                          .client_id = shared(a, role->client_id, &clients),
                          .client_pk = role->client_pk,
                          .composite = role->composite};
    }
    *ret_roles = to;
    return a->exhausted ? ERR_NO_MEMORY : 0;
}

static struct kept *make(const struct kept_roles_key *key, const struct footing *footing,
                         const struct roles *roles)
{
    struct arena a;
    arena_init(&a, KEPT_BYTES_MAX);
    struct kept *k = ARENA_NEW(&a, struct kept);
    if (k && copy_roles(&a, roles, &k->roles) == 0) {
        k->realm_id = arena_str(&a, realm_view_realm(key->view)->id);
        k->scope = arena_str(&a, key->scope);
        k->user_pk = key->user_pk;
        k->client_pk = key->client_pk;
        k->footing = *footing;
        k->users = 1;
    }
    if (!k || a.exhausted) {
        arena_free(&a);
        return NULL;
    }
    k->arena = a;
    return k;
}

/* --- The table --- */

/* Its own place, a free one, or that of who came longest ago. */
static struct kept **place_locked(const struct kept_roles_key *key)
{
    struct kept **at = &table.items[0];
    for (size_t i = 0; i < KEPT_ROLES_MAX; i++) {
        if (is_of(table.items[i], key))
            return &table.items[i];
        if (*at && (!table.items[i] || table.items[i]->used < (*at)->used))
            at = &table.items[i];
    }
    return at;
}

int kept_roles_find(const struct kept_roles_key *key, const struct footing *footing,
                    struct arena *a, struct roles *ret_roles)
{
    struct kept *found = NULL;
    (void)pthread_mutex_lock(&table.mutex);
    struct kept *k = *place_locked(key);
    if (is_of(k, key) && footing_same(&k->footing, footing)) {
        found = k;
        found->used = ++table.uses;
        found->users++;
    }
    (void)pthread_mutex_unlock(&table.mutex);
    if (!found)
        return ERR_NOT_FOUND;
    if (arena_at_end(a, leave, found) != 0) {
        leave(found);
        return ERR_NO_MEMORY;
    }
    *ret_roles = found->roles;
    return 0;
}

void kept_roles_put(const struct kept_roles_key *key, const struct footing *footing,
                    const struct roles *roles)
{
    struct kept *k = roles->count < KEPT_ROLES_LEAST ? NULL : make(key, footing, roles);
    if (!k)
        return;
    (void)pthread_mutex_lock(&table.mutex);
    struct kept **at = place_locked(key);
    struct kept *old = *at;
    k->used = ++table.uses;
    *at = k;
    if (old)
        leave_locked(old);
    (void)pthread_mutex_unlock(&table.mutex);
}
