/* What the link of an invitation is good for, and using it. */
#include "core/admin/invitations.h"

#include "core/admin/record.h"
#include "core/admin/record_document.h"
#include "core/admin/users.h"
#include "core/auth/password_change.h"
#include "core/auth/report.h"
#include "core/auth/session.h"
#include "core/base/ct.h"
#include "core/codec/base64.h"
#include "core/port/organizations.h"
#include "core/port/records.h"
#include "core/port/users.h"

#include "core/base/banned.h"

/* --- Looking --- */

static int check_key(const struct auth_ctx *ctx, const struct invitation *i, struct str secret)
{
    struct str hash = handle_hash(ctx->arena, HANDLE_ACTION_TOKEN, secret);
    struct str text = str_absent(hash) ? hash : base64url_encode(ctx->arena, hash);
    if (str_absent(text))
        return ERR_NO_MEMORY;
    return ct_eq(text, i->hash) && !invitation_is_over(ctx, i) ? 0 : ERR_ACTION_TOKEN;
}

static int find_invitation(const struct auth_ctx *ctx, struct store_read *r, struct str key,
                           struct invitation *ret_invitation)
{
    struct realm_record record;
    ptrdiff_t dot = str_find(key, '.');
    if (dot <= 0)
        return ERR_ACTION_TOKEN;
    struct str id = str_sub(key, 0, (size_t)dot);
    int rc = record_find(r, ctx->arena, RECORD_INVITATION, id, &record);
    if (rc == ERR_NOT_FOUND)
        return ERR_ACTION_TOKEN;
    TRY(rc);
    struct invitation i = {.id = record.id, .organization_id = record.parent};
    TRY(record_document_read(ctx, &invitation_fields, &i, record.json));
    *ret_invitation = i;
    return check_key(ctx, &i, str_from(key, (size_t)dot + 1));
}

static int find_organization(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                             struct organization *ret_organization)
{
    if (!auth_realm(ctx)->organizations_enabled)
        return ERR_ACTION_TOKEN;
    int rc = admin_organization_find(ctx, r, id, ret_organization);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !ret_organization->enabled))
        return ERR_ACTION_TOKEN;
    return rc;
}

/* The account that was invited, unless it has another address by now. */
static int find_invited(const struct auth_ctx *ctx, struct store_read *r,
                        struct invitation_visit *v)
{
    int rc = user_find_by_id(r, ctx->arena, v->invitation.user_id, &v->user);
    if (rc == ERR_NOT_FOUND)
        return ERR_ACTION_TOKEN;
    TRY(rc);
    return str_eq(v->user.email, v->invitation.email) ? 0 : ERR_ACTION_TOKEN;
}

/* RE-03: anybody can write an address into his profile, and the link goes to whose it is. */
int invitation_owner_of(const struct auth_ctx *ctx, struct store_read *r, struct str email,
                        struct user *ret_user)
{
    TRY(user_find_by_email(r, ctx->arena, email, ret_user));
    bool proved = ret_user->email_verified && !auth_realm(ctx)->duplicate_emails_allowed;
    return proved ? 0 : ERR_EMAIL_TAKEN;
}

static int find_account(const struct auth_ctx *ctx, struct store_read *r,
                        struct invitation_visit *v)
{
    bool invited = !str_empty(v->invitation.user_id);
    /* An address was invited: its owner makes the account, or has it meanwhile. */
    int rc = invited ? find_invited(ctx, r, v)
                     : invitation_owner_of(ctx, r, v->invitation.email, &v->user);
    v->has_account = rc == 0;
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    return v->user.enabled && str_empty(v->user.service_account_client_id) ? 0 : ERR_ACTION_TOKEN;
}

static int fill_visit(const struct auth_ctx *ctx, struct store_read *r, struct str key,
                      struct invitation_visit *ret_visit)
{
    struct invitation_visit v = {.has_account = false};
    TRY(find_invitation(ctx, r, key, &v.invitation));
    TRY(find_organization(ctx, r, v.invitation.organization_id, &v.organization));
    TRY(find_account(ctx, r, &v));
    *ret_visit = v;
    return 0;
}

int invitation_visit(const struct auth_ctx *ctx, struct str key, struct invitation_visit *ret_visit)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(ctx->view, &r));
    return fill_visit(ctx, r, key, ret_visit);
}

/* --- Joining --- */

static int report_done(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                       const struct invitation_visit *v)
{
    struct report report = {.type = type, .user_id = v->user.id, .username = v->user.username};
    report_add(&report, "organization", v->organization.name);
    report_add(&report, "organizationId", v->organization.id);
    report_add(&report, "email", v->user.email);
    return report_write(ctx, w, &report);
}

static int join(const struct auth_ctx *ctx, struct store_write *w, const struct invitation_visit *v)
{
    int rc = organization_member_add(w, v->organization.id, v->user.pk);
    if (rc != ERR_CONFLICT) /* an administrator was quicker */
        TRY(rc);
    TRY(record_delete(w, RECORD_INVITATION, v->invitation.id));
    return report_done(ctx, w, EVENT_InvitationAccepted, v);
}

/* OI-08: the address of the account is not proved by this. Who read the mail need not be who has the account. */
static int accept(const struct auth_ctx *ctx, struct str key, struct str account,
                  struct invitation_visit *ret_visit)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(store_write_begin(ctx->view, ctx->now, &w));
    TRY(fill_visit(ctx, store_write_reader(w), key, ret_visit));
    if (!ret_visit->has_account || !str_eq(ret_visit->user.id, account))
        return ERR_ACTION_TOKEN;
    TRY(join(ctx, w, ret_visit));
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int report_refused(const struct auth_ctx *ctx, struct str error)
{
    struct report report = {.type = EVENT_InvitationRefused, .subject_kind = STR("realm")};
    report.subject_id = auth_realm(ctx)->id;
    report_add(&report, "error", error);
    return report_alone(ctx, &report);
}

int invitation_accept(const struct auth_ctx *ctx, struct str key, struct str account,
                      struct invitation_visit *ret_visit)
{
    int rc = accept(ctx, key, account, ret_visit);
    if (rc == ERR_ACTION_TOKEN)
        TRY(report_refused(ctx, STR("expired_code")));
    if (rc == ERR_EMAIL_TAKEN)
        TRY(report_refused(ctx, STR("email_in_use")));
    return rc;
}

/* --- Making the account --- */

static int prepare(const struct auth_ctx *ctx, const struct invitation_visit *v, struct user *io)
{
    io->enabled = true;
    io->email = v->invitation.email;
    io->email_verified = true;
    if (auth_realm(ctx)->registration_email_as_username)
        io->username = io->email;
    return admin_user_prepare(ctx, io);
}

static int store(const struct auth_ctx *ctx, struct str key, struct user *io_user,
                 struct password_change *change, struct invitation_visit *ret_visit)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(store_write_begin(ctx->view, ctx->now, &w));
    TRY(fill_visit(ctx, store_write_reader(w), key, ret_visit));
    if (ret_visit->has_account)
        return ERR_ACTION_TOKEN;
    TRY(admin_user_register(ctx, w, io_user));
    change->user_pk = io_user->pk;
    change->user_id = io_user->id;
    ret_visit->user = *io_user;
    ret_visit->has_account = true;
    TRY(password_change_store(ctx, w, change, false, 0, EVENT_PasswordUpdated));
    TRY(join(ctx, w, ret_visit));
    return store_commit_p(&w, DURABLE_STANDBY);
}

int invitation_register(const struct auth_ctx *ctx, struct str key, struct user *io_user,
                        struct str password, struct str password_again,
                        struct invitation_visit *ret_visit, struct password_problem *ret_problem)
{
    struct password_change change = {.user_pk = 0};
    TRY(invitation_visit(ctx, key, ret_visit)); /* nothing is hashed for who has no link */
    TRY(prepare(ctx, ret_visit, io_user));
    if (!str_eq(password, password_again)) {
        ret_problem->message = "notMatchPasswordMessage";
        return ERR_PASSWORD_POLICY;
    }
    TRY(password_change_prepare(ctx, io_user, password, &change, ret_problem));
    return store(ctx, key, io_user, &change, ret_visit);
}
