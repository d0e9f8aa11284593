/* User profile configuration. */
#include "core/admin/profile.h"

#include "core/admin/record.h"
#include "core/model/check.h"
#include "core/port/documents.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES 255
#define ATTRIBUTES_MAX 256

#define BOTH "\"permissions\":{\"view\":[\"admin\",\"user\"],\"edit\":[\"admin\",\"user\"]}"
static const char first_profile[] =
    "{\"attributes\":["
    "{\"name\":\"username\",\"displayName\":\"${username}\",\"validations\":{\"length\":"
    "{\"min\":3,\"max\":255},\"username-prohibited-characters\":{},"
    "\"up-username-not-idn-homograph\":{}}," BOTH ",\"multivalued\":false},"
    "{\"name\":\"email\",\"displayName\":\"${email}\",\"validations\":{\"email\":{},\"length\":"
    "{\"max\":255}},\"required\":{\"roles\":[\"user\"]}," BOTH ",\"multivalued\":false},"
    "{\"name\":\"firstName\",\"displayName\":\"${firstName}\",\"validations\":{\"length\":"
    "{\"max\":255},\"person-name-prohibited-characters\":{}},\"required\":{\"roles\":[\"user\"]}," BOTH
    ",\"multivalued\":false},"
    "{\"name\":\"lastName\",\"displayName\":\"${lastName}\",\"validations\":{\"length\":"
    "{\"max\":255},\"person-name-prohibited-characters\":{}},\"required\":{\"roles\":[\"user\"]}," BOTH
    ",\"multivalued\":false}],"
    "\"groups\":[{\"name\":\"user-metadata\",\"displayHeader\":\"User metadata\","
    "\"displayDescription\":\"Attributes, which refer to user metadata\"}],"
    "\"unmanagedAttributePolicy\":\"ENABLED\"}";

int admin_profile_get(const struct auth_ctx *ctx, struct store_read *r, struct str *ret_json)
{
    int rc = document_find(r, ctx->arena, STR(DOCUMENT_USER_PROFILE), ret_json);
    if (rc != ERR_NOT_FOUND)
        return rc;
    *ret_json = STR(first_profile);
    return 0;
}

static int wrong(const struct auth_ctx *ctx, const char *field, const char *what)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST, field, "%s", what);
}

static bool is_among(const struct json_value *list, struct str name)
{
    const struct json_value *item;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        if (str_eq(json_get_str(item, "name"), name))
            return true;
    return false;
}

/* Names of a list of objects: present, bounded, each once. */
static int check_names(const struct auth_ctx *ctx, const struct json_value *list, const char *field)
{
    const struct json_value *item;
    struct strs seen = {0};
    if (!json_is_none(list) && !json_is_array(list))
        return wrong(ctx, field, "A list of objects is expected");
    if (json_count(list) > ATTRIBUTES_MAX)
        return wrong(ctx, field, "There are too many");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        struct str name = json_get_str(item, "name");
        if (str_empty(name))
            return wrong(ctx, field, "Each needs a name");
        TRY(text_check(name, NAME_MAX_BYTES, field, ctx->err));
        if (strs_has(&seen, name))
            return wrong(ctx, field, "A name stands twice");
        TRY(strs_add(&seen, ctx->arena, name));
    }
    return 0;
}

static int check_attributes(const struct auth_ctx *ctx, const struct json_value *profile)
{
    const struct json_value *list = json_get(profile, "attributes"), *item;
    TRY(check_names(ctx, list, "attributes"));
    if (!is_among(list, STR("username")) || !is_among(list, STR("email")))
        return wrong(ctx, "attributes", "username and email are part of every profile");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        struct str group = json_get_str(item, "group");
        if (!str_empty(group) && !is_among(json_get(profile, "groups"), group))
            return wrong(ctx, "group", "An attribute names a group that is not there");
    }
    return 0;
}

static int check(const struct auth_ctx *ctx, const struct json_value *profile)
{
    static const char *const policies[] = {"ENABLED", "ADMIN_VIEW", "ADMIN_EDIT", "DISABLED"};
    const struct json_value *policy = json_get(profile, "unmanagedAttributePolicy");
    bool known = json_is_none(policy);
    TRY(check_names(ctx, json_get(profile, "groups"), "groups"));
    TRY(check_attributes(ctx, profile));
    for (size_t i = 0; i < ARRAY_LEN(policies); i++)
        known = known || str_eq_c(json_str(policy), policies[i]);
    return known ? 0 : wrong(ctx, "unmanagedAttributePolicy", "There is no such policy");
}

int admin_profile_put(const struct auth_ctx *ctx, struct store_write *w,
                      const struct json_value *profile)
{
    struct buf b;
    struct json_writer j;
    struct str text, before;
    TRY(check(ctx, profile));
    buf_init(&b, ctx->arena, PROFILE_MAX_BYTES);
    jw_init(&j, &b);
    jw_value(&j, profile);
    TRY(jw_finish(&j, &text));
    TRY(admin_profile_get(ctx, store_write_reader(w), &before));
    TRY(document_put(w, STR(DOCUMENT_USER_PROFILE), text));
    return ADMIN_RECORD(ctx, w, EVENT_ConfigurationChanged, "realm", auth_realm(ctx)->id,
                        {"document", STR(DOCUMENT_USER_PROFILE)}, {"before", before},
                        {"after", text});
}
