/* Clients of a picture, read when they are first asked for, and their secrets. */
#include "store/view.h"

#include "core/base/ct.h"
#include "core/port/clients.h"
#include "store/sql/client_row.h"

#include "core/base/banned.h"

#define FIRST_CLIENTS 32

static size_t hash_str(struct str s)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ (h >> 29));
}

static void link_client(struct view_clients *all, struct view_client *c)
{
    size_t mask = all->cap - 1;
    struct view_client **name = &all->by_name[hash_str(c->client.client_id) & mask];
    struct view_client **id = &all->by_id[hash_str(c->client.id) & mask];
    struct view_client **pk = &all->by_pk[(size_t)c->client.pk & mask];
    c->next_by_name = *name;
    c->next_by_id = *id;
    c->next_by_pk = *pk;
    *name = *id = *pk = c;
}

static int grow(struct view_clients *all, struct arena *a)
{
    if (all->count < all->cap)
        return 0;
    struct view_clients fresh = {.cap = all->cap ? all->cap * 2 : FIRST_CLIENTS,
                                 .count = all->count};
    fresh.by_name = ARENA_ARRAY(a, fresh.cap, struct view_client *);
    fresh.by_id = ARENA_ARRAY(a, fresh.cap, struct view_client *);
    fresh.by_pk = ARENA_ARRAY(a, fresh.cap, struct view_client *);
    if (!fresh.by_name || !fresh.by_id || !fresh.by_pk)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < all->cap; i++)
        for (struct view_client *c = all->by_pk[i], *next; c; c = next) {
            next = c->next_by_pk;
            link_client(&fresh, c);
        }
    *all = fresh;
    return 0;
}

static struct view_client *find_by_text(struct realm_view *view, struct str text)
{
    struct view_clients *all = &view->clients;
    if (all->cap == 0)
        return NULL;
    size_t at = hash_str(text) & (all->cap - 1);
    for (struct view_client *c = all->by_name[at]; c; c = c->next_by_name)
        if (str_eq(c->client.client_id, text))
            return c;
    for (struct view_client *c = all->by_id[at]; c; c = c->next_by_id)
        if (str_eq(c->client.id, text))
            return c;
    return NULL;
}

static struct view_client *find_by_pk(struct realm_view *view, int64_t pk)
{
    struct view_clients *all = &view->clients;
    struct view_client *c = all->cap ? all->by_pk[(size_t)pk & (all->cap - 1)] : NULL;
    while (c && c->client.pk != pk)
        c = c->next_by_pk;
    return c;
}

/* Scopes of a client share what the picture knows of them. */
static int link_scopes(struct realm_view *view, struct store_read *r, struct client *client)
{
    struct client_scopes links;
    TRY(client_read_links(r, &view->arena, client->pk, &links));
    size_t kept = 0;
    for (size_t i = 0; i < links.count; i++) {
        for (size_t k = 0; k < view->scopes.count; k++) {
            if (view->scopes.items[k].pk != links.items[i].pk)
                continue;
            struct client_scope link = links.items[i];
            links.items[kept] = view->scopes.items[k];
            links.items[kept].is_default = link.is_default;
            links.items[kept++].is_optional = link.is_optional;
            break;
        }
    }
    client->scopes = (struct client_scopes){links.items, kept};
    return 0;
}

/* The id or the name is wanted, or the key when text is absent. */
static int read_client(struct realm_view *view, struct store_read *r, struct str text, int64_t pk,
                       struct view_client *c)
{
    int err = str_absent(text)
                  ? client_row_by_pk(r, &view->arena, pk, &c->client, &c->sealed_secret)
                  : client_row_by_name(r, &view->arena, text, &c->client, &c->sealed_secret);
    if (err == ERR_NOT_FOUND && !str_absent(text))
        err = client_row_by_id(r, &view->arena, text, &c->client, &c->sealed_secret);
    TRY(err);
    TRY(client_read_mappers(r, &view->arena, c->client.pk, &c->client.mappers));
    TRY(client_read_roles(r, &view->arena, c->client.pk, &c->client.scope_role_pks,
                          &c->client.scope_role_count));
    return link_scopes(view, r, &c->client);
}

static int load(struct realm_view *view, struct str text, int64_t pk,
                struct view_client **ret_client)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct view_client found = {0};
    TRY(view_read_begin(view, &r));
    /* Names that no client has take nothing of the arena. */
    TRY(read_client(view, r, text, pk, &found));
    struct view_client *c = ARENA_NEW(&view->arena, struct view_client);
    if (!c)
        return ERR_NO_MEMORY;
    *c = found;
    TRY(grow(&view->clients, &view->arena));
    link_client(&view->clients, c);
    view->clients.count++;
    *ret_client = c;
    return 0;
}

/* A picture that is full of clients is given up for an empty one. */
static int after_load(struct realm_view *view, int err)
{
    if (view->arena.exhausted)
        atomic_fetch_add(&view->slot->generation, 1);
    return err;
}

int view_client_by_name(struct realm_view *view, struct str client_id,
                        struct view_client **ret_client)
{
    struct view_client *c = find_by_text(view, client_id);
    if (!c && str_empty(client_id))
        return ERR_NOT_FOUND;
    if (!c)
        return after_load(view, load(view, client_id, 0, ret_client));
    *ret_client = c;
    return 0;
}

int view_client_by_pk(struct realm_view *view, int64_t client_pk, struct view_client **ret_client)
{
    struct view_client *c = find_by_pk(view, client_pk);
    if (!c)
        return after_load(view, load(view, str_of(NULL, 0), client_pk, ret_client));
    *ret_client = c;
    return 0;
}

int realm_view_client(struct realm_view *view, struct str client_id,
                      const struct client **ret_client)
{
    struct view_client *c;
    (void)pthread_mutex_lock(&view->lock);
    int err = view_client_by_name(view, client_id, &c);
    (void)pthread_mutex_unlock(&view->lock);
    if (err == 0)
        *ret_client = &c->client;
    return err;
}

int realm_view_client_by_pk(struct realm_view *view, int64_t client_pk,
                            const struct client **ret_client)
{
    struct view_client *c;
    (void)pthread_mutex_lock(&view->lock);
    int err = view_client_by_pk(view, client_pk, &c);
    (void)pthread_mutex_unlock(&view->lock);
    if (err == 0)
        *ret_client = &c->client;
    return err;
}

/* Keeps what was opened in the vault. */
static int keep(struct realm_view *view, int rc, struct str plain, struct str *ret_kept)
{
    TRY(rc);
    return vault_keep(&view->vault, plain, ret_kept);
}

static int open_present(struct realm_view *view, struct view_client *c, struct arena *scratch)
{
    struct str plain = {NULL, 0};
    if (str_absent(c->sealed_secret))
        return ERR_NOT_FOUND;
    return keep(view,
                client_secret_open(view->slot, scratch, c->client.id, c->sealed_secret, &plain),
                plain, &c->secret);
}

static int open_rotated(struct realm_view *view, struct view_client *c, struct arena *scratch)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct str plain = {NULL, 0};
    TRY(view_read_begin(view, &r));
    return keep(view, client_rotated_find(r, scratch, &c->client, &plain), plain,
                &c->rotated_secret);
}

/* Opens a client's secret once. Under view->lock. */
static int open_secret(struct realm_view *view, int64_t client_pk, enum client_secret_kind kind,
                       struct str *ret_secret)
{
    bool rotated = kind == CLIENT_SECRET_ROTATED;
    struct view_client *c;
    TRY(view_client_by_pk(view, client_pk, &c));
    struct str *kept = rotated ? &c->rotated_secret : &c->secret;
    if (str_absent(*kept)) {
        CLEANUP(arena_free) struct arena scratch;
        arena_init(&scratch, (size_t)64 << 10);
        TRY(rotated ? open_rotated(view, c, &scratch) : open_present(view, c, &scratch));
    }
    *ret_secret = *kept;
    return 0;
}

int client_secret_copy(struct realm_view *view, int64_t client_pk, enum client_secret_kind kind,
                       struct arena *a, struct str *ret_secret)
{
    struct str secret;
    (void)pthread_mutex_lock(&view->lock);
    int err = open_secret(view, client_pk, kind, &secret);
    (void)pthread_mutex_unlock(&view->lock);
    if (err != 0)
        return err;
    struct str copy = arena_str(a, secret);
    if (str_absent(copy))
        return ERR_NO_MEMORY;
    *ret_secret = copy;
    return 0;
}

int client_secret_matches(struct realm_view *view, int64_t client_pk, enum client_secret_kind kind,
                          struct str given, bool *ret_match)
{
    struct str secret;
    (void)pthread_mutex_lock(&view->lock);
    int err = open_secret(view, client_pk, kind, &secret);
    (void)pthread_mutex_unlock(&view->lock);
    if (err == 0)
        *ret_match = ct_eq(secret, given);
    return err;
}
