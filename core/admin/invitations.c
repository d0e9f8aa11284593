/* Making and taking back invitations. */
#include "core/admin/invitations.h"

#include "core/admin/record.h"
#include "core/admin/record_document.h"
#include "core/auth/session.h"
#include "core/base/rng.h"
#include "core/codec/base64.h"
#include "core/codec/mail.h"
#include "core/model/check.h"
#include "core/port/organizations.h"
#include "core/port/records.h"

#include "core/base/banned.h"

#define LINK_PATH      "/login-actions/invitation?key="
#define NAME_MAX_BYTES 255

/* --- Records --- */

static int from_record(const struct auth_ctx *ctx, const struct realm_record *record,
                       struct invitation *ret_invitation)
{
    struct invitation i = {.id = record->id, .organization_id = record->parent};
    TRY(record_document_read(ctx, &invitation_fields, &i, record->json));
    *ret_invitation = i;
    return 0;
}

static struct str record_name(const struct auth_ctx *ctx, struct str organization_id,
                              struct str email)
{
    return ARENA_CONCAT(ctx->arena, organization_id, STR(" "), email);
}

int admin_invitation_list(const struct auth_ctx *ctx, struct store_read *r,
                          const struct organization *organization,
                          struct invitations *ret_invitations)
{
    struct realm_record *records;
    size_t count;
    TRY(record_list_children(r, ctx->arena, RECORD_INVITATION, organization->id, &records, &count));
    struct invitation *items = ARENA_ARRAY(ctx->arena, count + 1, struct invitation);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        TRY(from_record(ctx, &records[i], &items[i]));
    *ret_invitations = (struct invitations){items, count};
    return 0;
}

int admin_invitation_find(const struct auth_ctx *ctx, struct store_read *r,
                          const struct organization *organization, struct str id,
                          struct invitation *ret_invitation)
{
    struct realm_record record;
    int rc = record_find(r, ctx->arena, RECORD_INVITATION, id, &record);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !str_eq(record.parent, organization->id)))
        return err_set(ctx->err, ERR_NOT_FOUND, "Invitation not found");
    TRY(rc);
    return from_record(ctx, &record, ret_invitation);
}

bool invitation_is_over(const struct auth_ctx *ctx, const struct invitation *invitation)
{
    return invitation->expires_s <= now_s(ctx->now);
}

/* --- Events: the address of who has no account stands in none (AU-04) --- */

static int record_event(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                        const struct invitation *i, struct str error)
{
    bool known = !str_empty(i->user_id);
    return ADMIN_RECORD(ctx, w, type, known ? "user" : "organization",
                        known ? i->user_id : i->organization_id,
                        {"organizationId", i->organization_id}, {"invitation", i->id},
                        {"email", known ? i->email : str_of(NULL, 0)}, {"error", error});
}

/* --- Making one --- */

static int check_invitee(const struct auth_ctx *ctx, const struct invitee *invitee)
{
    const struct user *user = invitee->user;
    if (!mail_address_is_sound(invitee->email))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "email", "Invalid email format");
    TRY(text_check(invitee->first_name, NAME_MAX_BYTES, "firstName", ctx->err));
    TRY(text_check(invitee->last_name, NAME_MAX_BYTES, "lastName", ctx->err));
    if (user && (!user->enabled || !str_empty(user->service_account_client_id)))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "id", "This user cannot be invited");
    return 0;
}

static int check_stranger(const struct auth_ctx *ctx, struct store_read *r,
                          const struct organization *o, const struct invitee *invitee)
{
    if (!invitee->user)
        return 0;
    int rc = organization_member_find(r, o->id, invitee->user->pk);
    if (rc == 0)
        return err_set(ctx->err, ERR_CONFLICT, "User already a member of the organization");
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int clear_place(const struct auth_ctx *ctx, struct store_write *w,
                       const struct organization *o, struct str name)
{
    struct store_read *r = store_write_reader(w);
    struct realm_record *records, record;
    struct invitation former;
    size_t count;
    int rc = record_find_by_name(r, ctx->arena, RECORD_INVITATION, name, &record);
    if (rc == 0) {
        TRY(from_record(ctx, &record, &former));
        if (!invitation_is_over(ctx, &former))
            return err_set(ctx->err, ERR_CONFLICT, "User already has a pending invitation");
        return record_delete(w, RECORD_INVITATION, record.id);
    }
    if (rc != ERR_NOT_FOUND)
        return rc;
    TRY(record_list_children(r, ctx->arena, RECORD_INVITATION, o->id, &records, &count));
    return count < INVITATIONS_MAX
               ? 0
               : err_set(ctx->err, ERR_LIMIT_REACHED, "An organization has at most %d invitations",
                         INVITATIONS_MAX);
}

/* The key is the invitation's id and a secret. */
static int make_link(const struct auth_ctx *ctx, struct invitation *io, struct str *ret_link)
{
    struct str secret = token_new(ctx->arena);
    struct str hash = handle_hash(ctx->arena, HANDLE_ACTION_TOKEN, secret);
    if (str_absent(secret) || str_absent(hash))
        return ERR_NO_MEMORY;
    io->hash = base64url_encode(ctx->arena, hash);
    /* WE-09: the origin is the configured one. */
    *ret_link = ARENA_CONCAT(ctx->arena, ctx->issuer, STR(LINK_PATH), io->id, STR("."), secret);
    return str_absent(io->hash) || str_absent(*ret_link) ? ERR_NO_MEMORY : 0;
}

static int insert(const struct auth_ctx *ctx, struct store_write *w, const struct invitation *i,
                  struct str name)
{
    struct realm_record record = {.kind = RECORD_INVITATION,
                                  .id = i->id,
                                  .name = name,
                                  .parent = i->organization_id,
                                  .position = i->sent_s};
    TRY(record_document_write(ctx, &invitation_fields, i, "id", i->id, &record.json));
    return record_insert(w, &record);
}

int admin_invitation_make(const struct auth_ctx *ctx, struct store_write *w,
                          const struct organization *organization, const struct invitee *invitee,
                          struct invitation *ret_invitation, struct str *ret_link)
{
    struct invitation i = {
        .organization_id = organization->id,
        .email = invitee->email,
        .first_name = str_absent(invitee->first_name) ? STR("") : invitee->first_name,
        .last_name = str_absent(invitee->last_name) ? STR("") : invitee->last_name,
        .user_id = invitee->user ? invitee->user->id : STR(""),
        .sent_s = now_s(ctx->now),
        .expires_s = now_s(ctx->now) + auth_realm(ctx)->action_token_admin_s,
    };
    struct str name = record_name(ctx, organization->id, invitee->email);
    if (str_absent(name))
        return ERR_NO_MEMORY;
    TRY(check_invitee(ctx, invitee));
    TRY(check_stranger(ctx, store_write_reader(w), organization, invitee));
    TRY(clear_place(ctx, w, organization, name));
    TRY(admin_id(ctx->arena, &i.id));
    TRY(make_link(ctx, &i, ret_link));
    TRY(insert(ctx, w, &i, name));
    *ret_invitation = i;
    return record_event(ctx, w, EVENT_OrganizationInvited, &i, str_of(NULL, 0));
}

/* --- Taking back --- */

int admin_invitation_remove(const struct auth_ctx *ctx, struct store_write *w,
                            const struct invitation *invitation)
{
    TRY(record_delete(w, RECORD_INVITATION, invitation->id));
    return record_event(ctx, w, EVENT_OrganizationInvitationRemoved, invitation, str_of(NULL, 0));
}

int admin_invitation_failed(const struct auth_ctx *ctx, const struct invitation *invitation)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(store_write_begin(ctx->view, ctx->now, &w));
    int rc = record_delete(w, RECORD_INVITATION, invitation->id);
    if (rc != ERR_NOT_FOUND)
        TRY(rc);
    TRY(record_event(ctx, w, EVENT_OrganizationInviteMailFailed, invitation,
                     STR("email_send_failed")));
    return store_commit_p(&w, DURABLE_STANDBY);
}

int admin_invitations_forget(const struct auth_ctx *ctx, struct store_write *w, struct str email)
{
    struct realm_record *records;
    size_t count;
    if (str_empty(email))
        return 0;
    TRY(record_list(store_write_reader(w), ctx->arena, RECORD_INVITATION, &records, &count));
    for (size_t i = 0; i < count; i++) {
        struct invitation invitation;
        TRY(from_record(ctx, &records[i], &invitation));
        if (str_eq(invitation.email, email))
            TRY(record_delete(w, RECORD_INVITATION, records[i].id));
    }
    return 0;
}
