/* The first administrator: token, completion, and why it never comes back. */
#include "core/admin/setup.h"

#include "core/admin/bootstrap.h"
#include "core/admin/realms.h"
#include "core/admin/record.h"
#include "core/admin/roles.h"
#include "core/admin/users.h"
#include "core/auth/password_change.h"
#include "core/base/ct.h"
#include "core/base/rng.h"
#include "core/codec/base64.h"
#include "core/crypto/digest.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define ATTR_TOKEN_HASH REALM_ATTR_SETUP_PREFIX "tokenHash"
#define ATTR_COMPLETED  REALM_ATTR_SETUP_PREFIX "completed"

/* Two locks, either is enough: the mark of completion, and people in master at all (someone may have
 * been added on the command line). */
static int is_open_in(const struct auth_ctx *ctx, struct store_read *r, bool *ret_open)
{
    int64_t people;
    TRY(user_count(r, &people));
    *ret_open =
        people == 0 && str_absent(str_map_get(&auth_realm(ctx)->attributes, STR(ATTR_COMPLETED)));
    return 0;
}

int setup_is_open(const struct auth_ctx *ctx, bool *ret_open)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(ctx->view, &r));
    return is_open_in(ctx, r, ret_open);
}

static struct str token_hash(struct arena *a, struct str token)
{
    const struct str parts[] = {STR("garita setup token\n"), token};
    unsigned char hash[BLAKE2B_BYTES];
    blake2b_256(str_of(NULL, 0), parts, ARRAY_LEN(parts), hash);
    return hex_encode(a, str_of((const char *)hash, sizeof(hash)));
}

static int store_attributes(const struct auth_ctx *ctx, struct store_write *w,
                            const struct str_map *attributes)
{
    struct realm realm;
    TRY(store_realm_read(store_write_reader(w), ctx->arena, &realm));
    realm.attributes = *attributes;
    return store_realm_update(w, &realm);
}

int setup_token_new(const struct auth_ctx *ctx, struct str *ret_token)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct str_map attributes = auth_realm(ctx)->attributes;
    struct str token = token_new(ctx->arena);
    bool open;
    if (str_absent(token))
        return ERR_NO_MEMORY;
    /* A start that has nothing to change must not need that changes are taken. */
    TRY(setup_is_open(ctx, &open));
    if (!open) {
        *ret_token = str_of(NULL, 0);
        return 0;
    }
    struct str hash = token_hash(ctx->arena, token);
    if (str_absent(hash))
        return ERR_NO_MEMORY;
    TRY(store_write_begin_for(ctx->view, ctx->now, NEED_CHANGE, &w));
    TRY(is_open_in(ctx, store_write_reader(w), &open));
    if (!open) {
        *ret_token = str_of(NULL, 0);
        return 0;
    }
    TRY(str_map_set(&attributes, ctx->arena, STR(ATTR_TOKEN_HASH), hash));
    TRY(store_attributes(ctx, w, &attributes));
    TRY(ADMIN_RECORD(ctx, w, EVENT_ConfigurationChanged, "realm", auth_realm(ctx)->id,
                     {"realm", auth_realm(ctx)->name}, {"action", STR("setup link made")}));
    TRY(store_commit_p(&w, DURABLE_STANDBY));
    *ret_token = token;
    return 0;
}

static int token_matches(const struct auth_ctx *ctx, struct str token, bool *ret_match)
{
    struct str stored = str_map_get(&auth_realm(ctx)->attributes, STR(ATTR_TOKEN_HASH));
    struct str given = token_hash(ctx->arena, token);
    if (str_absent(given))
        return ERR_NO_MEMORY;
    *ret_match = ct_eq(stored, given);
    return 0;
}

int setup_token_check(const struct auth_ctx *ctx, struct str token, bool *ret_match)
{
    bool open = false, match = false;
    TRY(setup_is_open(ctx, &open));
    TRY(token_matches(ctx, token, &match));
    *ret_match = open && match;
    return 0;
}

/* The mark stays for ever and the token goes, in the transaction that makes the administrator. */
static int mark_completed(const struct auth_ctx *ctx, struct store_write *w)
{
    const struct str_map *before = &auth_realm(ctx)->attributes;
    struct str_map after = {0};
    char date[25];
    for (size_t i = 0; i < before->count; i++)
        if (!str_eq(before->items[i].name, STR(ATTR_TOKEN_HASH)))
            TRY(str_map_set(&after, ctx->arena, before->items[i].name, before->items[i].value));
    clock_rfc3339(store_write_now(w)->wall_ms, date);
    TRY(str_map_set(&after, ctx->arena, STR(ATTR_COMPLETED), str_c(date)));
    return store_attributes(ctx, w, &after);
}

static int make_admin(const struct auth_ctx *ctx, struct store_write *w, struct user *user,
                      struct password_change *change)
{
    struct role admin;
    TRY(admin_user_insert(ctx, w, user));
    change->user_pk = user->pk;
    change->user_id = user->id;
    TRY(password_change_store(ctx, w, change, false, 0, EVENT_CredentialsReset));
    TRY(admin_role_find(ctx, store_write_reader(w), NULL, STR(ROLE_ADMIN), &admin));
    TRY(admin_user_role_add(ctx, w, user, &admin));
    TRY(mark_completed(ctx, w));
    return ADMIN_RECORD(ctx, w, EVENT_SetupCompleted, "user", user->id,
                        {"username", user->username});
}

static int refuse(const struct auth_ctx *ctx)
{
    return err_set(ctx->err, ERR_FORBIDDEN, "set-up is over or the link is not valid");
}

static int complete(const struct auth_ctx *ctx, struct str username, struct str password,
                    struct user *ret_user)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct user user = {0};
    struct password_change change = {0};
    bool open;
    fields_default(&user_fields, &user);
    user.username = username;
    TRY(admin_user_prepare(ctx, &user));
    TRY(password_change_prepare(ctx, &user, password, &change, NULL));
    TRY(store_write_begin_for(ctx->view, ctx->now, NEED_CHANGE, &w));
    /* Asked again inside: of two requests at once, one finds the other's user. */
    TRY(is_open_in(ctx, store_write_reader(w), &open));
    if (!open)
        return refuse(ctx);
    TRY(make_admin(ctx, w, &user, &change));
    TRY(store_commit_p(&w, DURABLE_STANDBY));
    *ret_user = user;
    return 0;
}

int setup_complete(const struct auth_ctx *ctx, struct str token, struct str username,
                   struct str password, struct user *ret_user)
{
    bool match;
    TRY(setup_token_check(ctx, token, &match));
    if (!match)
        return refuse(ctx);
    return complete(ctx, username, password, ret_user);
}

int setup_from_environment(const struct auth_ctx *ctx, struct str username, struct str password,
                           struct user *ret_user)
{
    bool open;
    TRY(setup_is_open(ctx, &open));
    if (!open)
        return refuse(ctx);
    return complete(ctx, username, password, ret_user);
}
