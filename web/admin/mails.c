/* Mails that administrators cause: ~/users/{id}/execute-actions-email, /reset-password-email,
 * /send-verify-email, and ~/testSMTPConnection. They are sent before the answer, which says whether the mail
 * server took them. */
#include "core/admin/smtp.h"
#include "core/mail/letter.h"
#include "core/mail/sender.h"
#include "core/model/required_action.h"
#include "core/oidc/redirect_uri.h"
#include "web/admin/users.h"
#include "web/mail/words.h"
#include "web/web.h"

#include "core/base/banned.h"

#define ACTIONS_MAX    16
#define CLIENT_DEFAULT STR("account")

static int refuse(struct admin_call *call, const char *field, const char *why)
{
    return err_field(&call->req->err, ERR_INVALID_REQUEST, field, "%s", why);
}

/* --- What the query says --- */

static int find_client(struct admin_call *call, struct str client_id,
                       const struct client **ret_client)
{
    bool meant = !str_absent(client_id);
    *ret_client = NULL;
    int rc = realm_view_client(call->ctx.view, meant ? client_id : CLIENT_DEFAULT, ret_client);
    if (rc == ERR_NOT_FOUND)
        return meant ? refuse(call, "client_id", "Client doesn't exist") : 0;
    TRY(rc);
    if (!(*ret_client)->enabled && meant)
        return refuse(call, "client_id", "Client is not enabled");
    return 0;
}

static int read_way_back(struct admin_call *call, struct action_wish *wish)
{
    struct str client_id, redirect_uri;
    TRY(admin_query(call, "client_id", &client_id));
    TRY(admin_query(call, "redirect_uri", &redirect_uri));
    if (str_absent(client_id) && !str_absent(redirect_uri))
        return refuse(call, "client_id", "Client id missing");
    TRY(find_client(call, client_id, &wish->client));
    if (str_absent(redirect_uri))
        return 0;
    int rc = redirect_uri_resolve(call->req->arena, wish->client, auth_own_urls(&call->ctx),
                                  redirect_uri, &wish->redirect_uri);
    return rc == ERR_INVALID_REDIRECT_URI ? refuse(call, "redirect_uri", "Invalid redirect uri.")
                                          : rc;
}

static int read_lifespan(struct admin_call *call, struct action_wish *wish)
{
    struct str text;
    TRY(admin_query(call, "lifespan", &text));
    wish->lifespan_s = auth_realm(&call->ctx)->action_token_admin_s;
    if (str_absent(text))
        return 0;
    if (str_to_i64(text, &wish->lifespan_s) != 0 || wish->lifespan_s < 1 ||
        wish->lifespan_s > ACTION_TOKEN_MAX_S)
        return refuse(call, "lifespan", "lifespan must be 1 to 2592000 seconds");
    return 0;
}

/* --- Sending --- */

static int send_letter(struct admin_call *call, const struct letter *letter)
{
    const struct template_set *templates = call->req->web->templates;
    struct mail_sender sender;
    struct mail_words words;
    struct str language = mail_language(&call->ctx, templates, letter->locale, str_of(NULL, 0));
    int rc = mail_sender_load(&call->ctx, &sender);
    if (rc == 0)
        rc = mail_words_of_letter(&call->ctx, templates, language, letter, &words);
    if (rc == 0)
        rc = mail_send(&call->ctx, &sender, letter->to, &words);
    if (rc != 0)
        TRY(letter_failed(&call->ctx, letter));
    return rc;
}

/* The link is on the disk before it goes out, and no transaction waits for the mail server. */
static int send_to_person(struct admin_call *call, struct action_wish *wish)
{
    struct user user;
    struct letter letter;
    TRY(read_way_back(call, wish));
    TRY(read_lifespan(call, wish));
    TRY(users_find_to_change(call, &user));
    TRY(letter_by_admin(&call->ctx, call->w, &user, wish, &letter));
    TRY(admin_commit(call));
    return send_letter(call, &letter);
}

/* --- The lines --- */

static int add_action(struct admin_call *call, struct str action, struct str *io_actions)
{
    if (!action_provider_find(action))
        return refuse(call, "actions", "Provided invalid required actions");
    if (!action_token_takes(action))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "actions",
                         "%.*s cannot be done behind a link in a mail", STR_ARG(action));
    if (str_has_word(*io_actions, action))
        return 0;
    *io_actions = str_empty(*io_actions)
                      ? action
                      : ARENA_CONCAT(call->req->arena, *io_actions, STR(" "), action);
    return str_absent(*io_actions) ? ERR_NO_MEMORY : 0;
}

static int read_actions(struct admin_call *call, struct str *ret_actions)
{
    const struct json_value *item;
    struct str actions = STR("");
    TRY(admin_body_array(call));
    if (json_count(call->body) == 0 || json_count(call->body) > ACTIONS_MAX)
        return refuse(call, "actions", "Provided invalid required actions");
    for (struct json_iter it = json_iter(call->body); json_next(&it, NULL, &item);) {
        if (json_kind(item) != JSON_STRING)
            return refuse(call, "actions", "Provided invalid required actions");
        TRY(add_action(call, json_str(item), &actions));
    }
    *ret_actions = actions;
    return 0;
}

int rest_user_execute_actions(struct admin_call *call)
{
    struct action_wish wish = {.purpose = ACTION_EXECUTE};
    TRY(read_actions(call, &wish.actions));
    return send_to_person(call, &wish);
}

int rest_user_reset_password_email(struct admin_call *call)
{
    struct action_wish wish = {.purpose = ACTION_EXECUTE,
                               .actions = STR(REQUIRED_ACTION_UPDATE_PASSWORD)};
    return send_to_person(call, &wish);
}

int rest_user_send_verify_email(struct admin_call *call)
{
    struct action_wish wish = {.purpose = ACTION_VERIFY_EMAIL,
                               .actions = STR(REQUIRED_ACTION_VERIFY_EMAIL)};
    return send_to_person(call, &wish);
}

/* --- Trying the settings out --- */

/* MF-03: it goes to the address of who asks and to no other. */
static int find_own_address(struct admin_call *call, struct user *ret_user)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(realm_view_acquire(call->req->web->services.store, call->caller.realm, &view));
    TRY(store_read_begin(view, &r));
    TRY(user_find_by_id(r, call->req->arena, call->caller.user_id, ret_user));
    return str_empty(ret_user->email)
               ? err_set(&call->req->err, ERR_MAIL, "Logged in user does not have an e-mail.")
               : 0;
}

/* A masked password means the one that is kept, for the server that it is kept for (AD-06). */
static int read_sender(struct admin_call *call, struct mail_sender *ret_sender)
{
    struct str_map settings;
    TRY(admin_body_object(call));
    TRY(smtp_of_json(&call->ctx, call->body, &settings));
    TRY(admin_read(call));
    TRY(smtp_fill_masked(&call->ctx, call->r, &settings));
    store_read_end_p(&call->r);
    return mail_sender_read(&settings, call->ctx.err, ret_sender);
}

int rest_test_smtp(struct admin_call *call)
{
    const struct template_set *templates = call->req->web->templates;
    struct mail_sender sender;
    struct mail_words words;
    struct user user;
    TRY(read_sender(call, &sender));
    TRY(find_own_address(call, &user));
    struct str language = mail_language(
        &call->ctx, templates, attrs_first(&user.attributes, STR("locale")), str_of(NULL, 0));
    TRY(mail_words_of_test(&call->ctx, templates, language, &words));
    return mail_send(&call->ctx, &sender, (struct mail_address){.address = user.email}, &words);
}
