/* Names that people give themselves. */
#include "core/admin/own_name.h"

#include "core/admin/clients.h"
#include "core/codec/unicode.h"
#include "core/model/name.h"
#include "core/port/profiles.h"

#include "core/base/banned.h"

#define LONG_DASH       0x30fc /* the skeleton of all long dashes (UTS #39) */
#define SHAPE_MAX_BYTES ((size_t)64 << 10)

/* --- Names of service accounts --- */

static bool stands_between_words(uint32_t c)
{
    const char *category = unicode_category(c);
    return c == LONG_DASH || category[0] == 'P' || category[0] == 'Z' || category[0] == 'S';
}

/* The skeleton ("0" has that of "O") in small letters, with whatever stands between words as one sign: the eye
 * reads "service_account.x" alike. */
static int shape_of(struct arena *a, struct str name, struct str *ret_shape)
{
    struct str skeleton;
    struct buf b;
    TRY(name_skeleton(a, name, &skeleton));
    buf_init(&b, a, SHAPE_MAX_BYTES);
    for (struct str rest = skeleton; rest.len > 0;) {
        struct str from = rest;
        bool between = stands_between_words(unicode_next(&rest));
        buf_add(&b, between ? STR("-") : str_sub(from, 0, from.len - rest.len));
    }
    TRY(buf_finish(&b, &skeleton));
    *ret_shape = arena_lower(a, skeleton);
    return str_absent(*ret_shape) ? ERR_NO_MEMORY : 0;
}

static int check_prefix(const struct auth_ctx *ctx, struct str name)
{
    struct str shape, reserved;
    TRY(shape_of(ctx->arena, name, &shape));
    TRY(shape_of(ctx->arena, STR(SERVICE_ACCOUNT_PREFIX), &reserved));
    return str_starts(shape, reserved)
               ? err_field(ctx->err, ERR_INVALID_REQUEST, "username",
                           "a user name does not begin with " SERVICE_ACCOUNT_PREFIX
                           " or what looks like it")
               : 0;
}

/* --- Addresses --- */

static bool has_form_of_address(struct str name)
{
    return str_find(name, '@') >= 0;
}

int own_name_check(const struct auth_ctx *ctx, const struct user *user)
{
    TRY(check_prefix(ctx, user->username));
    if (has_form_of_address(user->username) && !str_eq(user->username, user->email))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "username",
                         "a user name with @ is the email of whose name it is");
    return 0;
}

static bool may_choose(const struct auth_ctx *ctx)
{
    return auth_realm(ctx)->edit_username_allowed &&
           profile_edits(realm_view_profile(ctx->view), STR("username"), STR(PROFILE_ROLE_USER));
}

static int follow(const struct auth_ctx *ctx, struct user *io_after)
{
    TRY(username_canonical(ctx->arena, io_after->email, &io_after->username, ctx->err));
    TRY(name_check(io_after->username, ctx->err));
    return own_name_check(ctx, io_after);
}

int own_name_follow(const struct auth_ctx *ctx, const struct user *before, enum address_proof proof,
                    struct user *io_after)
{
    bool names_are_addresses = auth_realm(ctx)->registration_email_as_username;
    bool chooses = may_choose(ctx);
    bool stays = !chooses && !names_are_addresses && before->email_verified;
    bool was_address =
        has_form_of_address(before->username) && str_eq(before->username, before->email);
    if (!was_address || str_eq(before->email, io_after->email) || stays)
        return 0;
    /* By an address that nobody proved a person would choose the name that he may not choose. */
    bool may_follow = chooses || proof == ADDRESS_PROVED;
    if (may_follow && !str_empty(io_after->email))
        return follow(ctx, io_after);
    return err_field(ctx->err, ERR_INVALID_REQUEST, "email",
                     "the user name is the email of before, which would not be this person's any "
                     "more: %s",
                     chooses ? "another user name is needed first"
                             : "an administrator can change both");
}
