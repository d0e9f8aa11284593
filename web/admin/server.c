/* /admin/{realm}/console/whoami: who the caller is and what it may do. */
#include "web/admin/admin.h"

#include "core/admin/each_realm.h"
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

int rest_whoami(struct admin_call *call)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_str(w, "userId", call->caller.user_id);
    jw_member_str(w, "realm", call->caller.realm);
    jw_member_str(w, "displayName", call->caller.username);
    jw_member_c(w, "locale", "en");
    jw_member_bool(w, "createRealm",
                   admin_may(&call->caller, STR(REALM_MASTER), ADMIN_CREATE_REALM));
    jw_member_object(w, "realm_access");
    TRY(write_all_access(call));
    jw_end_object(w);
    jw_member_bool(w, "temporary", false);
    jw_end_object(w);
    return 0;
}
