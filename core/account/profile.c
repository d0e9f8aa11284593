/* What people see and change of themselves. */
#include "core/account/profile.h"

#include "core/model/realm.h"
#include "core/port/profiles.h"

#include "core/base/banned.h"

#define VALIDATIONS_MAX_BYTES ((size_t)16 << 10)

/* People still see it when they could change it. */
static int close_attribute(const struct auth_ctx *ctx, struct profile *profile, struct str name)
{
    for (size_t i = 0; i < profile->count; i++) {
        struct profile_attribute *attribute = &profile->attributes[i];
        if (!str_eq(attribute->name, name) || !strs_has(&attribute->edit, STR(PROFILE_ROLE_USER)))
            continue;
        attribute->edit = (struct strs){0};
        attribute->view = (struct strs){0};
        return strs_add(&attribute->view, ctx->arena, STR(PROFILE_ROLE_USER));
    }
    return 0;
}

/* {"options":{"options":["en","es"]}} */
static int locale_validations(const struct auth_ctx *ctx, const struct json_value **ret_json)
{
    const struct strs *locales = &auth_realm(ctx)->supported_locales;
    struct buf b;
    struct json_writer w;
    struct str text;
    buf_init(&b, ctx->arena, VALIDATIONS_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_object(&w, "options");
    jw_member_array(&w, "options");
    for (size_t i = 0; i < locales->count; i++)
        jw_str(&w, locales->items[i]);
    jw_end_array(&w);
    jw_end_object(&w);
    jw_end_object(&w);
    TRY(jw_finish(&w, &text));
    return json_parse(ctx->arena, text, VALIDATIONS_MAX_BYTES, ret_json);
}

static int add_locale(const struct auth_ctx *ctx, struct profile *profile)
{
    const struct realm *realm = auth_realm(ctx);
    const struct json_value *validations;
    if (!realm->internationalization_enabled || realm->supported_locales.count == 0 ||
        profile_find(profile, STR(ACCOUNT_ATTR_LOCALE)))
        return 0;
    TRY(locale_validations(ctx, &validations));
    struct profile_attribute locale = {.name = STR(ACCOUNT_ATTR_LOCALE),
                                       .display_name = STR("${locale}"),
                                       .default_value = STR(""),
                                       .group = STR(""),
                                       .validations = validations};
    TRY(strs_add(&locale.edit, ctx->arena, STR(PROFILE_ROLE_USER)));
    profile->attributes[profile->count++] = locale;
    return 0;
}

int account_profile(const struct auth_ctx *ctx, struct profile *ret_profile)
{
    struct profile profile = *realm_view_profile(ctx->view);
    const struct profile_attribute *all = profile.attributes;
    profile.attributes = ARENA_ARRAY(ctx->arena, profile.count + 1, struct profile_attribute);
    if (!profile.attributes)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < profile.count; i++)
        profile.attributes[i] = all[i];
    if (profile.unmanaged == PROFILE_UNMANAGED_ENABLED)
        profile.unmanaged = PROFILE_UNMANAGED_ADMIN_EDIT;
    if (!auth_realm(ctx)->edit_username_allowed)
        TRY(close_attribute(ctx, &profile, STR("username")));
    TRY(add_locale(ctx, &profile));
    *ret_profile = profile;
    return 0;
}
