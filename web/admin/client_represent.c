/* Clients as Keycloak's representations, with what the caller may do with them. */
#include "web/admin/clients.h"

#include "core/base/banned.h"

static void write_access(struct admin_call *call)
{
    struct json_writer *w = &call->out;
    bool manages = admin_has(call, ADMIN_MANAGE_CLIENTS);
    jw_member_object(w, "access");
    jw_member_bool(w, "view", admin_has(call, ADMIN_VIEW_CLIENTS));
    jw_member_bool(w, "configure", manages);
    jw_member_bool(w, "manage", manages);
    jw_end_object(w);
}

void represent_client(struct admin_call *call, const struct client *client)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    represent_client_members(w, client);
    write_access(call);
    jw_end_object(w);
}
