/* /admin/{realm}/console/whoami: who the caller is and what it may do. */
#include "web/admin/admin.h"

#include "core/admin/each_realm.h"
#include "core/port/users.h"
#include "web/web.h"

#include "core/base/banned.h"

static int write_access(struct admin_call *call, struct str realm)
{
    struct strs names;
    TRY(admin_roles_over(&call->caller, call->req->arena, realm, &names));
    if (names.count == 0)
        return 0;
    jw_key_s(&call->out, realm);
    jw_begin_array(&call->out);
    for (size_t i = 0; i < names.count; i++)
        jw_str(&call->out, names.items[i]);
    jw_end_array(&call->out);
    return 0;
}

static int write_next(void *arg, const struct realm_summary *realm)
{
    return write_access(arg, realm->name);
}

static int write_all_access(struct admin_call *call)
{
    if (!call->caller.of_master)
        return write_access(call, call->caller.realm);
    return each_realm(call->req->web->services.store, call->req->arena, write_next, call);
}

/* Of the caller's own realm, which need not be the one that he asks about: what he chose, else what the
 * realm speaks; English where it speaks one language only. */
static int find_locale(struct admin_call *call, struct str *ret_locale)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct user user;
    *ret_locale = STR("en");
    TRY(realm_view_acquire(call->req->web->services.store, call->caller.realm, &view));
    const struct realm *realm = realm_view_realm(view);
    if (!realm->internationalization_enabled)
        return 0;
    TRY(store_read_begin(view, &r));
    TRY(user_find_by_id(r, call->req->arena, call->caller.user_id, &user));
    struct str locale = attrs_first(&user.attributes, STR("locale"));
    bool spoken =
        realm->supported_locales.count == 0 || strs_has(&realm->supported_locales, locale);
    if (str_empty(locale) || !spoken)
        locale = realm->default_locale;
    if (str_empty(locale))
        return 0;
    *ret_locale = arena_str(call->req->arena, locale); /* the view goes */
    return str_absent(*ret_locale) ? ERR_NO_MEMORY : 0;
}

int rest_whoami(struct admin_call *call)
{
    struct str locale;
    TRY(find_locale(call, &locale));
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_str(w, "userId", call->caller.user_id);
    jw_member_str(w, "realm", call->caller.realm);
    jw_member_str(w, "displayName", call->caller.username);
    jw_member_str(w, "locale", locale);
    jw_member_bool(w, "createRealm",
                   admin_may(&call->caller, STR(REALM_MASTER), ADMIN_CREATE_REALM));
    jw_member_object(w, "realm_access");
    TRY(write_all_access(call));
    jw_end_object(w);
    jw_member_bool(w, "temporary", false);
    jw_end_object(w);
    return 0;
}
