/* ~/organizations/{id}/invitations and the two ways to invite somebody. Mails are sent before the answer, which
 * says whether the mail server took them. AD-07: whom they are for is for who looks at people, and who makes
 * people come (the link makes an account) is who manages them. */
#include "core/admin/invitations.h"
#include "core/codec/form.h"
#include "core/codec/header.h"
#include "core/codec/multipart.h"
#include "core/mail/sender.h"
#include "core/port/users.h"
#include "web/admin/organizations.h"
#include "web/mail/words.h"
#include "web/web.h"

#include "core/base/banned.h"

/* --- The body: a form, or what a browser's FormData makes of one --- */

static int unsupported(struct admin_call *call)
{
    return err_set(&call->req->err, ERR_UNSUPPORTED_MEDIA_TYPE,
                   "The body must be a form (application/x-www-form-urlencoded)");
}

static int broken(struct admin_call *call)
{
    return err_set(&call->req->err, ERR_INVALID_REQUEST, "The form cannot be read");
}

struct body {
    struct multipart parts;
    struct form form;
    bool is_multipart;
};

static int read_parts(struct admin_call *call, struct str type, struct body *ret_body)
{
    int rc = multipart_parse(call->req->arena, type, call->req->body, &ret_body->parts);
    ret_body->is_multipart = true;
    return rc == 0 || rc == ERR_NO_MEMORY ? rc : broken(call);
}

static int read_body(struct admin_call *call, struct body *ret_body)
{
    struct request *req = call->req;
    struct media_type media;
    struct str type = request_header(req, STR("Content-Type"));
    if (str_absent(type) || media_type_parse(type, &media) != 0)
        return unsupported(call);
    if (media_type_is(&media, "multipart", "form-data"))
        return read_parts(call, type, ret_body);
    if (!media_type_is(&media, "application", "x-www-form-urlencoded"))
        return unsupported(call);
    int rc = form_parse(req->arena, req->body, NULL, &ret_body->form, NULL);
    return rc == 0 || rc == ERR_NO_MEMORY ? rc : broken(call);
}

static struct str member(const struct body *body, const char *name)
{
    struct str value =
        body->is_multipart ? multipart_get(&body->parts, name) : form_get(&body->form, name);
    return str_absent(value) ? STR("") : str_trim(value);
}

/* --- Sending --- */

static int mail(struct admin_call *call, const struct organization *o, const struct invitation *i,
                const struct user *user, struct str link)
{
    const struct template_set *templates = call->req->web->templates;
    struct mail_sender sender;
    struct mail_words words;
    struct str locale = user ? attrs_first(&user->attributes, STR("locale")) : str_of(NULL, 0);
    struct str language = mail_language(&call->ctx, templates, locale, str_of(NULL, 0));
    const struct mail_invitation said = {o->name, link, i->expires_s - i->sent_s};
    TRY(mail_sender_load(&call->ctx, &sender));
    TRY(mail_words_of_invitation(&call->ctx, templates, language, &said, &words));
    return mail_send(&call->ctx, &sender, (struct mail_address){.address = i->email}, &words);
}

/* The link is on the disk before it goes out, and no transaction waits for the mail server. */
static int invite(struct admin_call *call, const struct organization *o,
                  const struct invitee *invitee)
{
    struct invitation invitation;
    struct str link;
    if (!invitee->user)
        TRY(admin_require(call, ADMIN_MANAGE_USERS));
    TRY(admin_invitation_make(&call->ctx, call->w, o, invitee, &invitation, &link));
    TRY(admin_commit(call));
    int rc = mail(call, o, &invitation, invitee->user, link);
    if (rc != 0)
        TRY(admin_invitation_failed(&call->ctx, &invitation));
    return rc;
}

static int invite_address(struct admin_call *call, const struct organization *o,
                          struct invitee *invitee)
{
    struct user user;
    invitee->email = arena_lower(call->req->arena, invitee->email);
    if (str_absent(invitee->email))
        return ERR_NO_MEMORY;
    int rc = invitation_owner_of(&call->ctx, call->r, invitee->email, &user);
    if (rc == ERR_EMAIL_TAKEN)
        return err_field(&call->req->err, rc, "email",
                         "%.*s has this email and did not prove it, or is not the only one who may "
                         "have it: invite the user by id (invite-existing-user)",
                         STR_ARG(user.username));
    if (rc != ERR_NOT_FOUND)
        TRY(rc);
    invitee->user = rc == 0 ? &user : NULL;
    return invite(call, o, invitee);
}

int rest_organization_invite(struct admin_call *call)
{
    struct organization organization;
    struct body body = {.is_multipart = false};
    TRY(read_body(call, &body));
    struct invitee invitee = {member(&body, "email"), member(&body, "firstName"),
                              member(&body, "lastName"), NULL};
    if (str_empty(invitee.email))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "email",
                         "Email is required to invite a member");
    TRY(organizations_find_to_change(call, &organization));
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    return invite_address(call, &organization, &invitee);
}

int rest_organization_invite_existing(struct admin_call *call)
{
    struct organization organization;
    struct body body = {.is_multipart = false};
    struct user user;
    TRY(read_body(call, &body));
    struct str id = member(&body, "id");
    if (str_empty(id))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "id",
                         "To invite a member you need to provide the user id");
    TRY(organizations_find_to_change(call, &organization));
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    int rc = user_find_by_id(call->r, call->req->arena, id, &user);
    if (rc == ERR_NOT_FOUND)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "id", "User does not exist");
    TRY(rc);
    if (str_empty(user.email))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "email", "User email missing");
    const struct invitee invitee = {user.email, user.first_name, user.last_name, &user};
    return invite(call, &organization, &invitee);
}

/* --- The list --- */

static void write_one(struct admin_call *call, const struct invitation *i)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_str(w, "id", i->id);
    jw_member_str(w, "organizationId", i->organization_id);
    jw_member_str(w, "email", i->email);
    jw_member_str_opt(w, "firstName", str_empty(i->first_name) ? str_of(NULL, 0) : i->first_name);
    jw_member_str_opt(w, "lastName", str_empty(i->last_name) ? str_of(NULL, 0) : i->last_name);
    jw_member_i64(w, "sentDate", i->sent_s);
    jw_member_i64(w, "expiresAt", i->expires_s);
    jw_member_c(w, "status", invitation_is_over(&call->ctx, i) ? "EXPIRED" : "PENDING");
    jw_end_object(w);
}

/* Absent members ask for nothing; all are in lower case. */
struct filter {
    struct str search, email, first_name, last_name, status;
};

static int take(struct admin_call *call, const char *name, struct str *ret_lower)
{
    TRY(admin_query(call, name, ret_lower));
    if (!str_absent(*ret_lower))
        *ret_lower = arena_lower(call->req->arena, *ret_lower);
    return 0;
}

static int take_filter(struct admin_call *call, struct filter *ret_filter)
{
    struct filter f;
    TRY(take(call, "search", &f.search));
    TRY(take(call, "email", &f.email));
    TRY(take(call, "firstName", &f.first_name));
    TRY(take(call, "lastName", &f.last_name));
    TRY(take(call, "status", &f.status));
    if (!str_absent(f.status) && !str_eq(f.status, STR("pending")) &&
        !str_eq(f.status, STR("expired")))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "status",
                         "status must be PENDING or EXPIRED");
    *ret_filter = f;
    return 0;
}

static bool has_part(struct arena *a, struct str text, struct str wanted)
{
    return str_absent(wanted) || str_find_str(arena_lower(a, text), wanted) >= 0;
}

static bool matches(struct admin_call *call, const struct filter *f, const struct invitation *i)
{
    struct arena *a = call->req->arena;
    bool over = invitation_is_over(&call->ctx, i);
    if (!str_absent(f->status) && str_eq(f->status, STR("expired")) != over)
        return false;
    bool any = str_absent(f->search) || has_part(a, i->email, f->search) ||
               has_part(a, i->first_name, f->search) || has_part(a, i->last_name, f->search);
    return any && has_part(a, i->email, f->email) && has_part(a, i->first_name, f->first_name) &&
           has_part(a, i->last_name, f->last_name);
}

int rest_organization_invitations(struct admin_call *call)
{
    struct organization organization;
    struct invitations all;
    struct admin_page page;
    struct filter f;
    size_t found = 0;
    TRY(admin_page(call, &page));
    TRY(take_filter(call, &f));
    TRY(organizations_find(call, &organization));
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    TRY(admin_invitation_list(&call->ctx, call->r, &organization, &all));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < all.count; i++)
        if (matches(call, &f, &all.items[i]) && admin_page_has(&page, found++))
            write_one(call, &all.items[i]);
    jw_end_array(&call->out);
    return 0;
}

/* --- One --- */

static int find(struct admin_call *call, const struct organization *organization,
                struct invitation *ret_invitation)
{
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    return admin_invitation_find(&call->ctx, call->r, organization, admin_param(call, 2),
                                 ret_invitation);
}

int rest_organization_invitation(struct admin_call *call)
{
    struct organization organization;
    struct invitation invitation;
    TRY(organizations_find(call, &organization));
    TRY(find(call, &organization, &invitation));
    write_one(call, &invitation);
    return 0;
}

int rest_organization_invitation_remove(struct admin_call *call)
{
    struct organization organization;
    struct invitation invitation;
    TRY(organizations_find_to_change(call, &organization));
    TRY(find(call, &organization, &invitation));
    return admin_invitation_remove(&call->ctx, call->w, &invitation);
}

static int invite_again(struct admin_call *call, const struct organization *o,
                        const struct invitation *former)
{
    struct user user;
    int rc = user_find_by_id(call->r, call->req->arena, former->user_id, &user);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !str_eq(user.email, former->email)))
        return err_field(&call->req->err, ERR_CONFLICT, "email",
                         "who was invited does not have this email any more");
    TRY(rc);
    const struct invitee invitee = {former->email, former->first_name, former->last_name, &user};
    return invite(call, o, &invitee);
}

/* The link of before is good for nothing any more. */
int rest_organization_invitation_resend(struct admin_call *call)
{
    struct organization organization;
    struct invitation former;
    TRY(organizations_find_to_change(call, &organization));
    TRY(find(call, &organization, &former));
    TRY(admin_invitation_remove(&call->ctx, call->w, &former));
    if (!str_empty(former.user_id))
        return invite_again(call, &organization, &former);
    struct invitee invitee = {former.email, former.first_name, former.last_name, NULL};
    return invite_address(call, &organization, &invitee);
}
