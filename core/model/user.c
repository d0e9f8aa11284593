/* The field table of a user, the canonical form of user names, and what may be stored of a person. */
#include "core/model/user.h"

#include "core/codec/unicode.h"
#include "core/model/check.h"

#include "core/base/banned.h"

#define NAME_MAX_CHARACTERS 255
#define NAME_MAX_BYTES      (4 * NAME_MAX_CHARACTERS)
#define EMAIL_MAX_BYTES     254 /* RFC 5321 4.5.3.1.3, without the angle brackets */
#define LOCAL_MAX_BYTES     64  /* RFC 5321 4.5.3.1.1 */
#define LABEL_MAX_BYTES     63
#define ACTIONS_MAX         32

static const struct field user_field_list[] = {
#define U(kind, member, json, number, text)                                                        \
    {json, offsetof(struct user, member), FIELD_##kind, number, text},
#include "core/model/user.def"
#undef U
};

const struct field_table user_fields = {user_field_list, ARRAY_LEN(user_field_list)};

static int name_shape_check(struct str name, struct err_ctx *ctx)
{
    if (str_empty(name))
        return err_field(ctx, ERR_INVALID_REQUEST, "username", "a user name is needed");
    if (name.len > NAME_MAX_BYTES || !str_is_utf8(name) ||
        str_utf8_length(name) > NAME_MAX_CHARACTERS)
        return err_field(ctx, ERR_INVALID_REQUEST, "username",
                         "a user name is at most %d characters of UTF-8", NAME_MAX_CHARACTERS);
    if (text_is_deceptive(name))
        return err_field(ctx, ERR_INVALID_REQUEST, "username",
                         "a user name holds no control or invisible characters");
    return 0;
}

int username_spelled(struct arena *a, struct str raw, struct str *ret_name, struct err_ctx *ctx)
{
    struct str name = str_trim(raw);
    TRY(name_shape_check(name, ctx));
    name = arena_lower(a, name);
    if (str_absent(name))
        return ERR_NO_MEMORY;
    *ret_name = name;
    return 0;
}

int username_canonical(struct arena *a, struct str raw, struct str *ret_name, struct err_ctx *ctx)
{
    struct str name;
    TRY(username_spelled(a, raw, &name, ctx));
    if (!unicode_is_ascii(name)) {
        TRY(unicode_fold(a, name, &name));
        name = str_trim(name); /* spaces of other kinds have become spaces */
        TRY(name_shape_check(name, ctx));
    }
    *ret_name = name;
    return 0;
}

/* atext of RFC 5322 3.2.3, dots, and what is not ASCII (RFC 6531). Quoted local parts are legal
 * and never meant: they are refused. */
static bool local_part_is_valid(struct str local)
{
    static const char specials[] = "!#$%&'*+-/=?^_`{|}~.";
    if (str_empty(local) || local.len > LOCAL_MAX_BYTES || local.ptr[0] == '.' ||
        local.ptr[local.len - 1] == '.' || str_find_str(local, STR("..")) >= 0)
        return false;
    for (size_t i = 0; i < local.len; i++) {
        unsigned char c = (unsigned char)local.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c < 0x80 && (c == '\0' || !strchr(specials, c)))
            return false;
    }
    return true;
}

static bool label_is_valid(struct str label)
{
    if (str_empty(label) || label.len > LABEL_MAX_BYTES || label.ptr[0] == '-' ||
        label.ptr[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++) {
        unsigned char c = (unsigned char)label.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c < 0x80)
            return false;
    }
    return true;
}

static bool domain_is_valid(struct str domain)
{
    struct str rest = domain, label;
    if (str_empty(domain) || domain.ptr[domain.len - 1] == '.')
        return false;
    while (str_next(&rest, '.', &label))
        if (!label_is_valid(label))
            return false;
    return true;
}

/* Of whatever width: one before an address would make it look like another one. */
static bool holds_space(struct str text)
{
    for (struct str rest = text; rest.len > 0;)
        if (unicode_is_space(unicode_next(&rest)))
            return true;
    return false;
}

bool email_is_sound(struct str email)
{
    ptrdiff_t at = str_find(email, '@');
    return email.len <= EMAIL_MAX_BYTES && at > 0 && str_is_utf8(email) &&
           !text_is_deceptive(email) && !holds_space(email) &&
           local_part_is_valid(str_sub(email, 0, (size_t)at)) &&
           domain_is_valid(str_from(email, (size_t)at + 1));
}

static int email_check(struct str email, struct err_ctx *ctx)
{
    if (str_empty(email) || email_is_sound(email))
        return 0;
    return err_field(ctx, ERR_INVALID_REQUEST, "email", "the e-mail address is malformed");
}

/* PW-07: a form that posts its password field as an attribute must not get it stored in clear. */
static int attribute_names_check(const struct attrs *attrs, struct err_ctx *ctx)
{
    static const char *const refused[] = {"password", "password-new", "password-confirm"};
    for (size_t i = 0; i < attrs->count; i++)
        for (size_t j = 0; j < ARRAY_LEN(refused); j++)
            if (str_ieq(attrs->items[i].name, str_c(refused[j])))
                return err_field(ctx, ERR_INVALID_REQUEST, "attributes",
                                 "an attribute may not be called %s", refused[j]);
    return 0;
}

static int actions_check(const struct strs *actions, struct err_ctx *ctx)
{
    if (actions->count > ACTIONS_MAX)
        return err_field(ctx, ERR_INVALID_REQUEST, "requiredActions", "too many required actions");
    for (size_t i = 0; i < actions->count; i++) {
        if (str_empty(actions->items[i]))
            return err_field(ctx, ERR_INVALID_REQUEST, "requiredActions",
                             "a required action has no name");
        TRY(text_check(actions->items[i], 64, "requiredActions", ctx));
    }
    return 0;
}

int user_check(const struct user *user, struct err_ctx *ctx)
{
    if (str_empty(user->username))
        return err_field(ctx, ERR_INVALID_REQUEST, "username", "a user name is needed");
    TRY(text_check(user->username, NAME_MAX_BYTES, "username", ctx));
    TRY(email_check(user->email, ctx));
    TRY(text_check(user->first_name, NAME_MAX_BYTES, "firstName", ctx));
    TRY(text_check(user->last_name, NAME_MAX_BYTES, "lastName", ctx));
    TRY(attrs_check(&user->attributes, "attributes", ctx));
    TRY(attribute_names_check(&user->attributes, ctx));
    if (user->not_before_s < 0)
        return err_field(ctx, ERR_INVALID_REQUEST, "notBefore", "notBefore is not a date");
    return actions_check(&user->required_actions, ctx);
}
