/* ~/users/{id}/reset-password, /credentials, /federated-identity. */
#include "core/admin/user_parts.h"
#include "core/auth/password_change.h"
#include "core/model/represent.h"
#include "web/admin/users.h"

#include "core/base/banned.h"

/* The old ones, kept to be compared with, are nobody's business. */
static bool is_shown(const struct credential *c)
{
    return !str_eq(c->type, STR(CREDENTIAL_PASSWORD_HISTORY));
}

int rest_user_credentials(struct admin_call *call)
{
    struct user user;
    struct credentials list;
    TRY(users_find(call, &user));
    TRY(credential_list(call->r, call->req->arena, user.pk, &list));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < list.count; i++)
        if (is_shown(&list.items[i]))
            represent_credential(&call->out, &list.items[i], false);
    jw_end_array(&call->out);
    return 0;
}

int rest_user_credential_remove(struct admin_call *call)
{
    struct user user;
    TRY(users_find_to_change(call, &user));
    return admin_credential_delete(&call->ctx, call->w, &user, admin_param(call, 2));
}

int rest_user_credential_first(struct admin_call *call)
{
    struct user user;
    TRY(users_find_to_change(call, &user));
    return admin_credential_move(&call->ctx, call->w, &user, admin_param(call, 2), str_of(NULL, 0));
}

int rest_user_credential_after(struct admin_call *call)
{
    struct user user;
    TRY(users_find_to_change(call, &user));
    return admin_credential_move(&call->ctx, call->w, &user, admin_param(call, 2),
                                 admin_param(call, 3));
}

int rest_user_remove_totp(struct admin_call *call)
{
    struct user user;
    TRY(users_find_to_change(call, &user));
    return admin_credentials_delete_type(&call->ctx, call->w, &user, STR(CREDENTIAL_OTP));
}

static int disable_type(struct admin_call *call, const struct user *user, struct str type)
{
    bool has;
    if (str_absent(type))
        return err_set(&call->req->err, ERR_INVALID_REQUEST, "A list of types is expected");
    if (str_eq(type, STR(CREDENTIAL_OTP)))
        return admin_credentials_delete_type(&call->ctx, call->w, user, type);
    TRY(credential_exists(call->r, user->pk, type, &has));
    return has ? err_set(&call->req->err, ERR_NOT_IMPLEMENTED,
                         "Credentials are deleted and not disabled")
               : 0;
}

/* Keycloak's console takes one-time passwords away by it; nothing else can be disabled, as
 * disableableCredentialTypes says. */
int rest_user_disable_types(struct admin_call *call)
{
    const struct json_value *item;
    struct user user;
    TRY(admin_body_array(call));
    TRY(users_find_to_change(call, &user));
    for (struct json_iter it = json_iter(call->body); json_next(&it, NULL, &item);)
        TRY(disable_type(call, &user, json_str(item)));
    return 0;
}

/* People of other stores do not exist here. */
int rest_user_storage_types(struct admin_call *call)
{
    struct user user;
    TRY(users_find(call, &user));
    jw_begin_array(&call->out);
    jw_end_array(&call->out);
    return 0;
}

/* The body is the text itself, as text/plain or as a JSON text. */
int rest_user_credential_label(struct admin_call *call)
{
    struct user user;
    struct str label = call->req->body;
    const struct json_value *json;
    if (str_starts(label, STR("\"")) &&
        json_parse(call->req->arena, label, ADMIN_BODY_IGNORED, &json) == 0)
        label = json_str(json);
    TRY(users_find_to_change(call, &user));
    return admin_credential_label(&call->ctx, call->w, &user, admin_param(call, 2), label);
}

static int read_password(struct admin_call *call, struct str *ret_value, bool *ret_temporary)
{
    struct str type = STR(CREDENTIAL_PASSWORD);
    *ret_value = str_of(NULL, 0);
    *ret_temporary = false;
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "type", &type));
    TRY(admin_member_str(call, call->body, "value", ret_value));
    TRY(admin_member_bool(call, call->body, "temporary", ret_temporary));
    if (!str_eq(type, STR(CREDENTIAL_PASSWORD)))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "type", "type must be password");
    if (str_empty(*ret_value))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "value",
                         "Empty password not allowed");
    return 0;
}

/* Hashing must not hold the realm's write: the person is found twice, and what is stored belongs to
 * the id that was checked both times (AD-05). */
int rest_user_reset_password(struct admin_call *call)
{
    struct user user;
    struct str value;
    struct password_change change;
    bool temporary;
    TRY(read_password(call, &value, &temporary));
    TRY(users_find(call, &user));
    TRY(admin_may_change_user(&call->ctx, &call->caller, call->r, user.pk));
    store_read_end_p(&call->r);
    TRY(password_change_prepare(&call->ctx, &user, value, &change, NULL));
    TRY(users_find_to_change(call, &user));
    return password_change_store(&call->ctx, call->w, &change, temporary, 0,
                                 EVENT_CredentialsReset);
}

/* --- Accounts at other identity providers --- */

int rest_user_links(struct admin_call *call)
{
    struct user user;
    struct federated_identity *items;
    size_t count;
    struct json_writer *w = &call->out;
    TRY(users_find(call, &user));
    TRY(federated_identity_list(call->r, call->req->arena, user.pk, &items, &count));
    jw_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        jw_begin_object(w);
        jw_member_str(w, "identityProvider", items[i].provider);
        jw_member_str(w, "userId", items[i].user_id);
        jw_member_str(w, "userName", items[i].user_name);
        jw_end_object(w);
    }
    jw_end_array(w);
    return 0;
}

int rest_user_link(struct admin_call *call)
{
    struct user user;
    struct federated_identity identity = {.provider = admin_param(call, 2)};
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "userId", &identity.user_id));
    TRY(admin_member_str(call, call->body, "userName", &identity.user_name));
    if (str_absent(identity.user_name))
        identity.user_name = STR("");
    TRY(users_find_to_change(call, &user));
    return admin_federated_link(&call->ctx, call->w, &user, &identity);
}

int rest_user_unlink(struct admin_call *call)
{
    struct user user;
    TRY(users_find_to_change(call, &user));
    return admin_federated_unlink(&call->ctx, call->w, &user, admin_param(call, 2));
}
