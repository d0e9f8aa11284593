/* What a person is: profile, groups, accounts elsewhere, credentials. */
#include "web/account/account.h"

#include "core/account/profile.h"
#include "core/admin/user_parts.h"
#include "core/admin/users.h"
#include "core/auth/action_token.h"
#include "core/auth/password_change.h"
#include "core/codec/mail.h"
#include "core/codec/unicode.h"
#include "core/mail/letter.h"
#include "core/model/represent.h"
#include "core/port/roles.h"
#include "core/port/users.h"
#include "web/body.h"
#include "web/mail/post.h"
#include "web/web.h"

#include "core/base/banned.h"

/* --- The profile --- */

static bool wants_metadata(struct account_call *call, bool *ret_wanted)
{
    const struct form *query;
    struct str value;
    if (request_query(call->req, &query) != 0)
        return false;
    value = form_get(query, "userProfileMetadata");
    *ret_wanted = str_absent(value) || str_ieq(value, STR("true"));
    return true;
}

/* OI-08: an address that waits for its proof, which the person alone sees. */
static int write_wish(struct account_call *call)
{
    struct str email;
    int rc = action_token_wished_address(&call->ctx, call->r, &call->user, &email);
    if (rc == 0)
        jw_member_str(&call->out, "pendingEmail", email);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

int account_get(struct account_call *call)
{
    struct json_writer *w = &call->out;
    struct profile profile;
    bool metadata;
    if (!wants_metadata(call, &metadata))
        return ERR_INVALID_REQUEST;
    TRY(account_read(call));
    TRY(account_profile(&call->ctx, &profile));
    struct user seen =
        profile_seen(call->req->arena, &profile, &call->user, STR(PROFILE_ROLE_USER));
    jw_begin_object(w);
    jw_member_str(w, "id", seen.id);
    jw_member_str(w, "username", seen.username);
    jw_member_str(w, "firstName", seen.first_name);
    jw_member_str(w, "lastName", seen.last_name);
    jw_member_str(w, "email", seen.email);
    jw_member_bool(w, "emailVerified", seen.email_verified);
    TRY(write_wish(call));
    if (metadata) {
        jw_key(w, "userProfileMetadata");
        profile_write_metadata(w, &profile, STR(PROFILE_ROLE_USER));
    }
    represent_attrs(w, "attributes", &seen.attributes);
    jw_end_object(w);
    return 0;
}

/* Of the body only what a profile is made of: nobody proves his address or enables himself by it. */
static int read_changes(struct account_call *call, const struct json_value *body,
                        struct user *ret_user)
{
    struct user sent = call->user, after = call->user;
    TRY(fields_merge(&user_fields, &sent, call->req->arena, body, &call->req->err));
    after.username = sent.username;
    after.email = sent.email;
    after.first_name = sent.first_name;
    after.last_name = sent.last_name;
    after.attributes = sent.attributes;
    *ret_user = after;
    return 0;
}

/* PW-08: an address is a way to a new password, and what names somebody is what he logs in with. */
static int check_names(struct account_call *call, const struct user *after)
{
    bool same = str_ieq(unicode_trim(after->email), call->user.email) &&
                str_ieq(unicode_trim(after->username), call->user.username);
    return same ? 0 : account_fresh(call);
}

static void order_proof(struct account_call *call, struct str email)
{
    const struct post_order order = {.kind = POST_ADDRESS,
                                     .who = call->user.id,
                                     .email = email,
                                     .client_id = call->caller.client_id};
    if (call->req->web->post)
        post_put(call->req->web->post, &call->ctx, &order);
}

/* The whole change is tried and taken back, so that an address that may not be is told now. */
static int try_change(struct account_call *call, const struct profile *profile,
                      const struct user *after, struct str *ret_email)
{
    struct user tried;
    TRY(admin_user_update_own(&call->ctx, call->w, profile, ADDRESS_PROVED, &call->user, after));
    TRY(user_find_by_pk(call->r, call->req->arena, call->user.pk, &tried));
    *ret_email = tried.email;
    call->r = NULL;
    store_rollback_p(&call->w);
    return mail_address_is_sound(*ret_email) ? 0
                                             : err_field(&call->req->err, ERR_INVALID_REQUEST,
                                                         "email", "No mail goes to this address");
}

/* OI-08: where the realm wants addresses proved, a new one counts once the link that is mailed there was
 * followed; all else of the change is done. */
static int change_but_address(struct account_call *call, const struct profile *profile,
                              const struct json_value *body)
{
    struct user after;
    struct str email;
    TRY(read_changes(call, body, &after));
    TRY(try_change(call, profile, &after, &email));
    TRY(account_write(call, NEED_CHANGE));
    TRY(read_changes(call, body, &after));
    after.email = call->user.email;
    TRY(admin_user_update_own(&call->ctx, call->w, profile, ADDRESS_AS_TYPED, &call->user, &after));
    TRY(account_commit(call));
    order_proof(call, email);
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "pendingEmail", email);
    jw_end_object(&call->out);
    return 0;
}

int account_post(struct account_call *call)
{
    const struct json_value *body;
    struct profile profile;
    struct user after;
    TRY(body_object(call->req, &body));
    TRY(account_write(call, NEED_CHANGE));
    TRY(account_profile(&call->ctx, &profile));
    TRY(read_changes(call, body, &after));
    TRY(check_names(call, &after));
    bool waits = auth_realm(&call->ctx)->verify_email &&
                 !str_ieq(unicode_trim(after.email), call->user.email) &&
                 !str_empty(unicode_trim(after.email));
    return waits ? change_but_address(call, &profile, body)
                 : admin_user_update_own(&call->ctx, call->w, &profile, ADDRESS_AS_TYPED,
                                         &call->user, &after);
}

static int no_wish(struct account_call *call, int rc)
{
    return rc == ERR_NOT_FOUND
               ? err_set(&call->req->err, ERR_NOT_FOUND, "No address waits for its proof")
               : rc;
}

/* HT-08: mails to one person are few however often this is asked for. */
int account_wish_send(struct account_call *call)
{
    struct str email;
    bool may;
    TRY(account_read(call));
    TRY(no_wish(call, action_token_wished_address(&call->ctx, call->r, &call->user, &email)));
    TRY(letter_may_go(&call->ctx, call->r, &call->user, ACTION_UPDATE_EMAIL, &may));
    if (!may)
        return err_set(&call->req->err, ERR_RATE_LIMITED, "A mail went there a moment ago");
    order_proof(call, email);
    return 0;
}

int account_wish_withdraw(struct account_call *call)
{
    TRY(account_write(call, NEED_CHANGE));
    return no_wish(call, action_token_withdraw_address(&call->ctx, call->w, &call->user));
}

/* What the console shows by: not Keycloak's, whose console reads its own token. */
int account_permissions(struct account_call *call)
{
    const struct roles *roles = &call->caller.roles;
    jw_begin_object(&call->out);
    jw_member_array(&call->out, "roles");
    for (size_t i = 0; i < roles->count; i++)
        jw_str(&call->out, roles->items[i].name);
    jw_end_array(&call->out);
    jw_end_object(&call->out);
    return 0;
}

int account_locales(struct account_call *call)
{
    const struct realm *realm = auth_realm(&call->ctx);
    jw_begin_array(&call->out);
    for (size_t i = 0; realm->internationalization_enabled && i < realm->supported_locales.count;
         i++)
        jw_str(&call->out, realm->supported_locales.items[i]);
    jw_end_array(&call->out);
    return 0;
}

int account_groups(struct account_call *call)
{
    struct groups groups;
    TRY(account_read(call));
    TRY(user_groups(call->r, call->req->arena, call->user.pk, &groups));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < groups.count; i++) {
        jw_begin_object(&call->out);
        jw_member_str(&call->out, "id", groups.items[i].id);
        jw_member_str(&call->out, "name", groups.items[i].name);
        jw_member_str(&call->out, "path", groups.items[i].path);
        jw_end_object(&call->out);
    }
    jw_end_array(&call->out);
    return 0;
}

/* --- Accounts at other identity providers --- */

int account_links(struct account_call *call)
{
    struct json_writer *w = &call->out;
    struct federated_identity *items;
    size_t count;
    TRY(account_read(call));
    TRY(federated_identity_list(call->r, call->req->arena, call->user.pk, &items, &count));
    jw_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        jw_begin_object(w);
        jw_member_bool(w, "connected", true);
        jw_member_str(w, "providerAlias", items[i].provider);
        jw_member_str(w, "providerName", items[i].provider);
        jw_member_str(w, "displayName", items[i].provider);
        jw_member_str(w, "linkedUsername", items[i].user_name);
        jw_end_object(w);
    }
    jw_end_array(w);
    return 0;
}

int account_unlink(struct account_call *call)
{
    TRY(account_fresh(call)); /* PW-08 */
    TRY(account_write(call, NEED_CHANGE));
    return admin_federated_unlink(&call->ctx, call->w, &call->user, account_param(call, 0));
}

/* --- Credentials --- */

struct kind {
    const char *type, *category, *display_name, *action, *icon;
    bool removeable;
};

/* As Keycloak's containers; what can be set up is a required action of the realm (kc_action). */
static const struct kind kinds[] = {
    {CREDENTIAL_PASSWORD, "basic-authentication", "password-display-name",
     REQUIRED_ACTION_UPDATE_PASSWORD, "kcAuthenticatorPasswordClass", false},
    {CREDENTIAL_OTP, "two-factor", "otp-display-name", "CONFIGURE_TOTP", "kcAuthenticatorOTPClass",
     true},
};

static const struct kind *kind_of(struct str type)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eq_c(type, kinds[i].type))
            return &kinds[i];
    return NULL;
}

/* Neither what it is nor what it is made of. */
static void write_credential(struct json_writer *w, const struct credential *c)
{
    jw_begin_object(w);
    jw_member_object(w, "credential");
    jw_member_str(w, "id", c->id);
    jw_member_str(w, "type", c->type);
    if (!str_empty(c->user_label))
        jw_member_str(w, "userLabel", c->user_label);
    jw_member_i64(w, "createdDate", c->created_ms);
    jw_end_object(w);
    jw_end_object(w);
}

static void write_container(struct json_writer *w, const struct kind *kind,
                            const struct credentials *list)
{
    size_t count = 0;
    jw_begin_object(w);
    jw_member_c(w, "type", kind->type);
    jw_member_c(w, "category", kind->category);
    jw_member_c(w, "displayName", kind->display_name);
    jw_member_c(w, "iconCssClass", kind->icon);
    jw_member_bool(w, "removeable", kind->removeable);
    jw_member_array(w, "userCredentialMetadatas");
    for (size_t i = 0; i < list->count; i++) {
        if (!str_eq_c(list->items[i].type, kind->type))
            continue;
        write_credential(w, &list->items[i]);
        count++;
    }
    jw_end_array(w);
    /* A password is one: it is changed. Of the others there may be several. */
    if (kind->removeable || count == 0)
        jw_member_c(w, "createAction", kind->action);
    else
        jw_member_c(w, "updateAction", kind->action);
    jw_end_object(w);
}

int account_credentials(struct account_call *call)
{
    struct credentials list;
    TRY(account_read(call));
    TRY(credential_list(call->r, call->req->arena, call->user.pk, &list));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        write_container(&call->out, &kinds[i], &list);
    jw_end_array(&call->out);
    return 0;
}

/* The caller's own, of a kind that is shown. */
static int find_credential(struct account_call *call, const struct kind **ret_kind)
{
    struct str id = account_param(call, 0);
    struct credentials list;
    TRY(credential_list(call->r, call->req->arena, call->user.pk, &list));
    for (size_t i = 0; i < list.count; i++) {
        *ret_kind = kind_of(list.items[i].type);
        if (str_eq(list.items[i].id, id) && *ret_kind)
            return 0;
    }
    return err_set(&call->req->err, ERR_NOT_FOUND, "Credential not found");
}

/* The body is the text itself, as text/plain or as a JSON text. */
int account_credential_label(struct account_call *call)
{
    const struct json_value *json;
    const struct kind *kind;
    struct str label = call->req->body;
    if (str_starts(label, STR("\""))) {
        TRY(body_json(call->req, &json));
        label = json_str(json);
    }
    TRY(account_write(call, NEED_CHANGE));
    TRY(find_credential(call, &kind));
    return admin_credential_label(&call->ctx, call->w, &call->user, account_param(call, 0), label);
}

/* PW-08, MF-04: a factor is taken away by who has just logged in with all that he has. */
int account_credential_remove(struct account_call *call)
{
    const struct kind *kind;
    TRY(account_fresh(call));
    TRY(account_write(call, NEED_CHANGE));
    TRY(find_credential(call, &kind));
    if (!kind->removeable)
        return err_set(&call->req->err, ERR_FORBIDDEN, "A password is changed and not removed");
    return admin_credential_delete(&call->ctx, call->w, &call->user, account_param(call, 0));
}
