/* What belongs to a person. */
#include "core/admin/user_parts.h"

#include "core/admin/record.h"
#include "core/model/check.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define PRIORITY_STEP     10 /* as Keycloak counts */
#define ACCOUNT_MAX_BYTES 255

static int find_credential(const struct auth_ctx *ctx, struct store_write *w,
                           const struct user *user, struct str id,
                           struct credential *ret_credential)
{
    struct credentials list;
    TRY(credential_list(store_write_reader(w), ctx->arena, user->pk, &list));
    for (size_t i = 0; i < list.count; i++) {
        if (!str_eq(list.items[i].id, id))
            continue;
        *ret_credential = list.items[i];
        return 0;
    }
    return err_set(ctx->err, ERR_NOT_FOUND, "Credential not found");
}

int admin_credential_delete(const struct auth_ctx *ctx, struct store_write *w,
                            const struct user *user, struct str id)
{
    struct credential c;
    TRY(find_credential(ctx, w, user, id, &c));
    TRY(credential_delete(w, c.pk));
    return ADMIN_RECORD(ctx, w, EVENT_CredentialsReset, "user", user->id,
                        {"username", user->username}, {"type", c.type}, {"action", STR("delete")});
}

int admin_credential_label(const struct auth_ctx *ctx, struct store_write *w,
                           const struct user *user, struct str id, struct str label)
{
    struct credential c;
    TRY(label_check(label, "userLabel", &label, ctx->err));
    TRY(find_credential(ctx, w, user, id, &c));
    struct str before = c.user_label;
    c.user_label = label;
    TRY(credential_update(w, &c));
    return ADMIN_RECORD(ctx, w, EVENT_UserModified, "user", user->id, {"username", user->username},
                        {"type", c.type}, {"labelBefore", before}, {"label", label});
}

/* --- Order --- */

static int index_of(const struct auth_ctx *ctx, const struct credentials *list, struct str id,
                    size_t *ret_index)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!str_eq(list->items[i].id, id))
            continue;
        *ret_index = i;
        return 0;
    }
    return err_set(ctx->err, ERR_NOT_FOUND, "Credential not found");
}

/* from goes to the place to, and what stands between moves up or down by one. */
static void shift(struct credentials *list, size_t from, size_t to)
{
    struct credential moved = list->items[from];
    for (; from < to; from++)
        list->items[from] = list->items[from + 1];
    for (; from > to; from--)
        list->items[from] = list->items[from - 1];
    list->items[to] = moved;
}

static int store_order(struct store_write *w, struct credentials *list)
{
    for (size_t i = 0; i < list->count; i++) {
        int64_t priority = PRIORITY_STEP * (int64_t)(i + 1);
        if (list->items[i].priority == priority)
            continue;
        list->items[i].priority = priority;
        TRY(credential_update(w, &list->items[i]));
    }
    return 0;
}

int admin_credential_move(const struct auth_ctx *ctx, struct store_write *w,
                          const struct user *user, struct str id, struct str after_id)
{
    struct credentials list;
    size_t from, to = 0;
    TRY(credential_list(store_write_reader(w), ctx->arena, user->pk, &list));
    TRY(index_of(ctx, &list, id, &from));
    if (!str_absent(after_id)) {
        TRY(index_of(ctx, &list, after_id, &to));
        if (to == from)
            return err_set(ctx->err, ERR_INVALID_REQUEST,
                           "A credential cannot stand behind itself");
        to += to < from;
    }
    struct str type = list.items[from].type;
    shift(&list, from, to);
    TRY(store_order(w, &list));
    return ADMIN_RECORD(ctx, w, EVENT_UserModified, "user", user->id, {"username", user->username},
                        {"type", type}, {"credential", id}, {"movedAfter", after_id});
}

int admin_credentials_delete_type(const struct auth_ctx *ctx, struct store_write *w,
                                  const struct user *user, struct str type)
{
    struct credentials list;
    bool any = false;
    TRY(credential_list(store_write_reader(w), ctx->arena, user->pk, &list));
    for (size_t i = 0; i < list.count; i++) {
        if (!str_eq(list.items[i].type, type))
            continue;
        TRY(credential_delete(w, list.items[i].pk));
        any = true;
    }
    if (!any)
        return 0;
    return ADMIN_RECORD(ctx, w, EVENT_CredentialsReset, "user", user->id,
                        {"username", user->username}, {"type", type}, {"action", STR("delete")});
}

int admin_federated_link(const struct auth_ctx *ctx, struct store_write *w, const struct user *user,
                         const struct federated_identity *identity)
{
    TRY(text_check(identity->provider, ACCOUNT_MAX_BYTES, "identityProvider", ctx->err));
    TRY(text_check(identity->user_id, ACCOUNT_MAX_BYTES, "userId", ctx->err));
    TRY(text_check(identity->user_name, ACCOUNT_MAX_BYTES, "userName", ctx->err));
    if (str_empty(identity->provider) || str_empty(identity->user_id))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "userId",
                         "A provider and the id of the account there are needed");
    int rc = federated_identity_insert(w, user->pk, identity);
    if (rc == ERR_CONFLICT)
        return err_set(ctx->err, rc, "User is already linked with provider");
    TRY(rc);
    return ADMIN_RECORD(ctx, w, EVENT_UserModified, "user", user->id, {"username", user->username},
                        {"linkAdded", identity->provider}, {"accountId", identity->user_id});
}

int admin_federated_unlink(const struct auth_ctx *ctx, struct store_write *w,
                           const struct user *user, struct str provider)
{
    int rc = federated_identity_delete(w, user->pk, provider);
    if (rc == ERR_NOT_FOUND)
        return err_set(ctx->err, rc, "Link not found");
    TRY(rc);
    return ADMIN_RECORD(ctx, w, EVENT_UserModified, "user", user->id, {"username", user->username},
                        {"linkRemoved", provider});
}
