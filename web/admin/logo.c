/* ~/logo: the logo that a realm keeps itself. Not Keycloak's. */
#include "core/admin/logo.h"

#include "web/admin/admin.h"

#include "core/base/banned.h"

int rest_logo_get(struct admin_call *call)
{
    struct logo logo;
    TRY(admin_read(call));
    int rc = logo_find(call->r, call->req->arena, &logo);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        return rc;
    jw_begin_object(&call->out);
    if (rc == 0) {
        jw_member_str(&call->out, "type", logo.type);
        jw_member_str(&call->out, "data", logo.data);
    }
    jw_end_object(&call->out);
    return 0;
}

/* What is read may be put back: none. */
static int keep_none(struct admin_call *call)
{
    int rc = admin_logo_delete(&call->ctx, call->w);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

int rest_logo_put(struct admin_call *call)
{
    struct str data = {NULL, 0};
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "data", &data));
    TRY(admin_write(call));
    return str_absent(data) ? keep_none(call) : admin_logo_put(&call->ctx, call->w, data);
}

int rest_logo_delete(struct admin_call *call)
{
    TRY(admin_write(call));
    int rc = admin_logo_delete(&call->ctx, call->w);
    return rc == ERR_NOT_FOUND ? admin_missing(call, "Logo") : rc;
}
