/* ~/users/profile. */
#include "core/admin/profile.h"

#include "core/port/profiles.h"
#include "web/admin/admin.h"

#include "core/base/banned.h"

int rest_profile_get(struct admin_call *call)
{
    struct str json;
    TRY(admin_read(call));
    TRY(admin_profile_get(&call->ctx, call->r, &json));
    jw_raw(&call->out, json);
    return 0;
}

int rest_profile_put(struct admin_call *call)
{
    struct str json;
    TRY(admin_body_object(call));
    TRY(admin_write(call));
    TRY(admin_profile_put(&call->ctx, call->w, call->body));
    TRY(admin_profile_get(&call->ctx, call->r, &json));
    jw_raw(&call->out, json);
    return 0;
}

int rest_profile_metadata(struct admin_call *call)
{
    profile_write_metadata(&call->out, realm_view_profile(call->ctx.view), STR(PROFILE_ROLE_ADMIN));
    return 0;
}
