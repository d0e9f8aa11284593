/* Scopes of a request, and the roles that they let through. */
#include "core/oidc/scopes.h"

#include "core/port/roles.h"

#include "core/base/banned.h"

#define ROLES_EXPANDED_MAX 4096

/* RFC 6749 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) */
bool scope_is_word(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.ptr[i];
        if (c < 0x21 || c > 0x7e || c == '"' || c == '\\')
            return false;
    }
    return word.len > 0;
}

static const struct client_scope *find_linked(const struct client *client, struct str name)
{
    for (size_t i = 0; i < client->scopes.count; i++) {
        const struct client_scope *scope = &client->scopes.items[i];
        if (str_eq(scope->name, name) && str_eq(scope->protocol, STR("openid-connect")))
            return scope;
    }
    return NULL;
}

static int check_words(const struct auth_ctx *ctx, const struct client *client,
                       struct str requested)
{
    struct str word;
    while (str_next_word(&requested, &word)) {
        if (!scope_is_word(word))
            return err_field(ctx->err, ERR_INVALID_SCOPE, "scope", "Invalid scopes");
        if (!str_eq(word, STR(SCOPE_OPENID)) && !find_linked(client, word))
            return err_field(ctx->err, ERR_INVALID_SCOPE, "scope", "Invalid scopes: %.*s",
                             (int)(word.len > 128 ? 128 : word.len), word.ptr);
    }
    return 0;
}

static void insert_by_name(struct granted_scopes *scopes, const struct client_scope *scope)
{
    size_t at = scopes->count;
    for (; at > 0 && str_cmp(scopes->items[at - 1]->name, scope->name) > 0; at--)
        scopes->items[at] = scopes->items[at - 1];
    scopes->items[at] = scope;
    scopes->count++;
}

int scopes_resolve(const struct auth_ctx *ctx, const struct client *client, struct str requested,
                   struct granted_scopes *ret_scopes)
{
    struct granted_scopes scopes = {0};
    TRY(check_words(ctx, client, requested));
    scopes.items = ARENA_ARRAY(ctx->arena, client->scopes.count + 1, const struct client_scope *);
    if (!scopes.items)
        return ERR_NO_MEMORY;
    scopes.openid = str_has_word(requested, STR(SCOPE_OPENID));
    for (size_t i = 0; i < client->scopes.count; i++) {
        const struct client_scope *scope = &client->scopes.items[i];
        if (!str_eq(scope->protocol, STR("openid-connect")))
            continue;
        if (!scope->is_default && !str_has_word(requested, scope->name))
            continue;
        insert_by_name(&scopes, scope);
        if (str_eq(scope->name, STR(SCOPE_OFFLINE)))
            scopes.offline = true;
    }
    *ret_scopes = scopes;
    return 0;
}

/* A growing set of role keys. */
struct pk_set {
    int64_t *items;
    size_t count, cap;
};

static bool set_has(const struct pk_set *set, int64_t pk)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i] == pk)
            return true;
    return false;
}

static int set_add(struct arena *a, struct pk_set *set, int64_t pk)
{
    if (set_has(set, pk))
        return 0;
    if (set->count == ROLES_EXPANDED_MAX)
        return ERR_LIMIT_REACHED;
    if (set->count == set->cap) {
        size_t cap = set->cap ? set->cap * 2 : 16;
        int64_t *items = arena_grow(a, set->items, set->count, cap, sizeof(*items));
        if (!items)
            return ERR_NO_MEMORY;
        set->items = items;
        set->cap = cap;
    }
    set->items[set->count++] = pk;
    return 0;
}

static int set_add_all(struct arena *a, struct pk_set *set, const int64_t *pks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(set_add(a, set, pks[i]));
    return 0;
}

/* A scope mapping of a composite role lets its parts through as well. */
static int set_expand(const struct auth_ctx *ctx, struct store_read *r, struct pk_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        struct roles parts = {0};
        TRY(role_composites(r, ctx->arena, set->items[i], &parts));
        for (size_t k = 0; k < parts.count; k++)
            TRY(set_add(ctx->arena, set, parts.items[k].pk));
    }
    return 0;
}

static bool any_of(const struct roles *roles, const struct pk_set *set)
{
    for (size_t i = 0; i < roles->count; i++)
        if (set_has(set, roles->items[i].pk))
            return true;
    return false;
}

static int is_permitted(const struct auth_ctx *ctx, struct store_read *r,
                        const struct roles *user_roles, const struct client_scope *scope,
                        bool *ret_permitted)
{
    struct pk_set set = {0};
    *ret_permitted = true;
    if (scope->role_count == 0)
        return 0;
    TRY(set_add_all(ctx->arena, &set, scope->role_pks, scope->role_count));
    if (!any_of(user_roles, &set))
        TRY(set_expand(ctx, r, &set));
    *ret_permitted = any_of(user_roles, &set);
    return 0;
}

int scopes_permit(const struct auth_ctx *ctx, struct store_read *r, const struct roles *user_roles,
                  struct granted_scopes *io_scopes)
{
    size_t kept = 0;
    for (size_t i = 0; i < io_scopes->count; i++) {
        const struct client_scope *scope = io_scopes->items[i];
        bool permitted;
        TRY(is_permitted(ctx, r, user_roles, scope, &permitted));
        if (permitted)
            io_scopes->items[kept++] = scope;
        else if (str_eq(scope->name, STR(SCOPE_OFFLINE)))
            io_scopes->offline = false;
    }
    io_scopes->count = kept;
    return 0;
}

static struct str join(struct arena *a, const struct granted_scopes *scopes, bool in_token_only)
{
    struct buf b;
    struct str text;
    buf_init(&b, a, (size_t)64 << 10);
    if (scopes->openid)
        buf_add(&b, STR(SCOPE_OPENID));
    for (size_t i = 0; i < scopes->count; i++) {
        if (in_token_only && !client_scope_in_token(scopes->items[i]))
            continue;
        if (b.len > 0)
            buf_add_byte(&b, ' ');
        buf_add(&b, scopes->items[i]->name);
    }
    return buf_finish(&b, &text) == 0 ? text : str_of(NULL, 0);
}

struct str scopes_claim(struct arena *a, const struct granted_scopes *scopes)
{
    return join(a, scopes, true);
}

struct str scopes_all(struct arena *a, const struct granted_scopes *scopes)
{
    return join(a, scopes, false);
}

static int allowed_roles(const struct auth_ctx *ctx, struct store_read *r,
                         const struct client *client, const struct granted_scopes *scopes,
                         struct pk_set *ret_set)
{
    TRY(set_add_all(ctx->arena, ret_set, client->scope_role_pks, client->scope_role_count));
    for (size_t i = 0; i < scopes->count; i++)
        TRY(set_add_all(ctx->arena, ret_set, scopes->items[i]->role_pks,
                        scopes->items[i]->role_count));
    return set_expand(ctx, r, ret_set);
}

int scopes_roles(const struct auth_ctx *ctx, struct store_read *r, const struct client *client,
                 const struct granted_scopes *scopes, const struct roles *user_roles,
                 struct roles *ret_roles)
{
    struct pk_set set = {0};
    struct roles roles = {0};
    if (client->full_scope_allowed) {
        *ret_roles = *user_roles;
        return 0;
    }
    TRY(allowed_roles(ctx, r, client, scopes, &set));
    roles.items = ARENA_ARRAY(ctx->arena, user_roles->count + 1, struct role);
    if (!roles.items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < user_roles->count; i++) {
        const struct role *role = &user_roles->items[i];
        if (role->client_pk == client->pk || set_has(&set, role->pk))
            roles.items[roles.count++] = *role;
    }
    *ret_roles = roles;
    return 0;
}
