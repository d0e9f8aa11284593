/* Hashing ahead of a write. */
#include "core/auth/passwords_ahead.h"

#include "core/auth/password_policy.h"
#include "core/base/ct.h"
#include "core/model/user.h"
#include "core/port/limits.h"

#include "core/base/banned.h"

struct hashing {
    struct arena *arena;
    struct password_ahead *ahead;
    int rc;
};

static void run_hashing(void *arg)
{
    struct hashing *h = arg;
    h->rc = password_hash_make(h->arena, &h->ahead->hashing, h->ahead->password, &h->ahead->record);
}

static int make_room(struct arena *a, struct passwords_ahead *io_ahead)
{
    size_t room = io_ahead->room ? 2 * io_ahead->room : 16;
    if (io_ahead->count < io_ahead->room)
        return 0;
    io_ahead->items =
        arena_grow(a, io_ahead->items, io_ahead->count, room, sizeof(*io_ahead->items));
    io_ahead->room = room;
    return io_ahead->items ? 0 : ERR_NO_MEMORY;
}

int passwords_ahead_add(const struct auth_ctx *ctx, struct passwords_ahead *io_ahead,
                        struct str username, struct str password)
{
    struct password_policy policy;
    TRY(password_policy_parse(auth_realm(ctx)->password_policy, &policy, ctx->err));
    TRY(make_room(ctx->arena, io_ahead));
    struct password_ahead ahead = {
        .username = username, .password = password, .hashing = policy.hashing};
    struct hashing h = {.arena = ctx->arena, .ahead = &ahead};
    TRY(hashing_run(run_hashing, &h));
    TRY(h.rc);
    io_ahead->items[io_ahead->count++] = ahead;
    return 0;
}

static bool same_params(const struct password_params *a, const struct password_params *b)
{
    return a->alg == b->alg && a->iterations == b->iterations && a->hash_bytes == b->hash_bytes &&
           a->memory_kib == b->memory_kib && a->parallelism == b->parallelism &&
           a->type == b->type && a->version == b->version;
}

/* Names are compared as they will be stored. */
static bool same_name(struct arena *a, struct str one, struct str other)
{
    struct err_ctx ignored = {0};
    struct str first, second;
    return username_canonical(a, one, &first, &ignored) == 0 &&
           username_canonical(a, other, &second, &ignored) == 0 && str_eq(first, second);
}

const struct password_record *passwords_ahead_find(const struct auth_ctx *ctx, struct str username,
                                                   struct str password,
                                                   const struct password_params *hashing)
{
    for (size_t i = 0; ctx->hashed && i < ctx->hashed->count; i++) {
        const struct password_ahead *ahead = &ctx->hashed->items[i];
        if (ct_eq(ahead->password, password) && same_params(&ahead->hashing, hashing) &&
            same_name(ctx->arena, ahead->username, username))
            return &ahead->record;
    }
    return NULL;
}
