/* A few slots behind one lock; copying a piece is all that is done under it. */
#include "web/uploads.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/secret.h"

#include "core/base/banned.h"

struct upload {
    char id[UUID_TEXT_LEN + 1]; /* empty: the slot is free */
    char owner[UPLOAD_OWNER_MAX_BYTES];
    size_t owner_len;
    char *bytes; /* pages are the system's until they are written */
    int64_t touched_ms;
    struct upload_state state;
};

struct uploads {
    pthread_mutex_t mutex; /* guards all below, but for the bytes of what is busy */
    struct upload slots[UPLOADS_MAX];
};

int uploads_new(struct uploads **ret_uploads)
{
    struct uploads *all = calloc(1, sizeof(*all));
    if (!all)
        return ERR_NO_MEMORY;
    pthread_mutex_init(&all->mutex, NULL);
    *ret_uploads = all;
    return 0;
}

/* Passwords of people are in it. */
static void clear(struct upload *u)
{
    if (u->bytes)
        secret_wipe(u->bytes, u->state.received_bytes);
    free(u->bytes);
    *u = (struct upload){0};
}

void uploads_free(struct uploads *all)
{
    if (!all)
        return;
    for (size_t i = 0; i < UPLOADS_MAX; i++)
        clear(&all->slots[i]);
    pthread_mutex_destroy(&all->mutex);
    free(all);
}

static bool is_used(const struct upload *u)
{
    return u->id[0] != '\0';
}

static struct str owner_of(const struct upload *u)
{
    return str_of(u->owner, u->owner_len);
}

static void sweep(struct uploads *all, int64_t now_ms)
{
    for (size_t i = 0; i < UPLOADS_MAX; i++) {
        struct upload *u = &all->slots[i];
        if (is_used(u) && !u->state.busy && now_ms - u->touched_ms > UPLOAD_IDLE_MS)
            clear(u);
    }
}

void uploads_sweep(struct uploads *all, int64_t now_ms)
{
    pthread_mutex_lock(&all->mutex);
    sweep(all, now_ms);
    pthread_mutex_unlock(&all->mutex);
}

/* Who begins anew after a page was reloaded need not wait: his oldest that rests gives way. */
static int make_way(struct uploads *all, struct str owner)
{
    struct upload *oldest = NULL;
    size_t own = 0;
    for (size_t i = 0; i < UPLOADS_MAX; i++) {
        struct upload *u = &all->slots[i];
        if (!is_used(u) || !str_eq(owner_of(u), owner))
            continue;
        own++;
        if (!u->state.busy && (!oldest || u->touched_ms < oldest->touched_ms))
            oldest = u;
    }
    if (own < UPLOADS_OF_OWNER_MAX)
        return 0;
    if (!oldest)
        return ERR_LIMIT_REACHED;
    clear(oldest);
    return 0;
}

static int find_slot(struct uploads *all, size_t size, struct upload **ret_slot)
{
    size_t bytes = size;
    *ret_slot = NULL;
    for (size_t i = 0; i < UPLOADS_MAX; i++) {
        if (is_used(&all->slots[i]))
            bytes += all->slots[i].state.size_bytes;
        else
            *ret_slot = &all->slots[i];
    }
    return !*ret_slot || bytes > UPLOADS_MAX_BYTES ? ERR_OVERLOADED : 0;
}

static int begin(struct uploads *all, struct str owner, size_t size, int64_t now_ms,
                 char ret_id[UUID_TEXT_LEN + 1])
{
    struct upload *u;
    sweep(all, now_ms);
    TRY(make_way(all, owner));
    TRY(find_slot(all, size, &u));
    char *bytes = malloc(size);
    if (!bytes)
        return ERR_NO_MEMORY;
    *u = (struct upload){.owner_len = owner.len,
                         .bytes = bytes,
                         .touched_ms = now_ms,
                         .state = {.size_bytes = size}};
    memcpy(u->owner, owner.ptr, owner.len);
    uuid_v4(u->id);
    memcpy(ret_id, u->id, sizeof(u->id));
    return 0;
}

int uploads_begin(struct uploads *all, struct str owner, uint64_t size_bytes, int64_t now_ms,
                  char ret_id[UUID_TEXT_LEN + 1])
{
    if (size_bytes == 0 || str_empty(owner) || owner.len > UPLOAD_OWNER_MAX_BYTES)
        return ERR_INVALID_REQUEST;
    if (size_bytes > UPLOAD_MAX_BYTES)
        return ERR_TOO_LARGE;
    pthread_mutex_lock(&all->mutex);
    int rc = begin(all, owner, (size_t)size_bytes, now_ms, ret_id);
    pthread_mutex_unlock(&all->mutex);
    return rc;
}

/* Under the lock. */
static struct upload *find(struct uploads *all, struct str owner, struct str id)
{
    for (size_t i = 0; i < UPLOADS_MAX; i++) {
        struct upload *u = &all->slots[i];
        if (is_used(u) && str_eq_c(id, u->id) && str_eq(owner_of(u), owner))
            return u;
    }
    return NULL;
}

static int add(struct upload *u, uint64_t offset, struct str piece)
{
    struct upload_state *s = &u->state;
    if (s->busy)
        return ERR_CONFLICT;
    if (offset > s->size_bytes || piece.len > s->size_bytes - offset)
        return ERR_TOO_LARGE;
    if (offset + piece.len <= s->received_bytes)
        return memcmp(u->bytes + offset, piece.ptr, piece.len) == 0 ? 0 : ERR_CONFLICT;
    if (offset != s->received_bytes)
        return ERR_CONFLICT;
    memcpy(u->bytes + offset, piece.ptr, piece.len);
    s->received_bytes += piece.len;
    return 0;
}

int uploads_add(struct uploads *all, struct str owner, struct str id, uint64_t offset,
                struct str piece, int64_t now_ms)
{
    if (str_empty(piece))
        return ERR_INVALID_REQUEST;
    pthread_mutex_lock(&all->mutex);
    struct upload *u = find(all, owner, id);
    int rc = u ? add(u, offset, piece) : ERR_NOT_FOUND;
    if (rc == 0)
        u->touched_ms = now_ms;
    pthread_mutex_unlock(&all->mutex);
    return rc;
}

int uploads_look(struct uploads *all, struct str owner, struct str id, int64_t now_ms,
                 struct upload_state *ret_state)
{
    pthread_mutex_lock(&all->mutex);
    struct upload *u = find(all, owner, id);
    if (u) {
        u->touched_ms = now_ms;
        *ret_state = u->state;
    }
    pthread_mutex_unlock(&all->mutex);
    return u ? 0 : ERR_NOT_FOUND;
}

int uploads_remove(struct uploads *all, struct str owner, struct str id)
{
    pthread_mutex_lock(&all->mutex);
    struct upload *u = find(all, owner, id);
    int rc = !u ? ERR_NOT_FOUND : u->state.busy ? ERR_CONFLICT : 0;
    if (rc == 0)
        clear(u);
    pthread_mutex_unlock(&all->mutex);
    return rc;
}

int uploads_take(struct uploads *all, struct str owner, struct str id, struct upload **ret_upload)
{
    pthread_mutex_lock(&all->mutex);
    struct upload *u = find(all, owner, id);
    int rc = !u                                                               ? ERR_NOT_FOUND
             : u->state.busy || u->state.received_bytes < u->state.size_bytes ? ERR_CONFLICT
                                                                              : 0;
    if (rc == 0) {
        u->state.busy = true;
        u->state.what[0] = '\0';
        u->state.done = 0;
        *ret_upload = u;
    }
    pthread_mutex_unlock(&all->mutex);
    return rc;
}

struct str upload_content(const struct upload *u)
{
    return str_of(u->bytes, u->state.size_bytes);
}

void uploads_tell(struct uploads *all, struct upload *u, const char *what, int64_t done)
{
    size_t len = strnlen(what, UPLOAD_WHAT_MAX_BYTES);
    pthread_mutex_lock(&all->mutex);
    memcpy(u->state.what, what, len);
    u->state.what[len] = '\0';
    u->state.done = done;
    pthread_mutex_unlock(&all->mutex);
}

void uploads_give(struct uploads *all, struct upload *u, int64_t now_ms)
{
    pthread_mutex_lock(&all->mutex);
    u->state.busy = false;
    u->touched_ms = now_ms;
    pthread_mutex_unlock(&all->mutex);
}
