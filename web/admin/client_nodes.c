/* ~/clients/{id}/nodes: hosts that an application runs on. */
#include "core/admin/client_nodes.h"
#include "web/admin/clients.h"

#include "core/base/banned.h"

int rest_client_node_add(struct admin_call *call)
{
    struct client client;
    struct str node = {NULL, 0};
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "node", &node));
    TRY(clients_find_to_change(call, &client));
    return client_node_put(&call->ctx, call->w, &client, node);
}

int rest_client_node_remove(struct admin_call *call)
{
    struct client client;
    TRY(clients_find_to_change(call, &client));
    return client_node_remove(&call->ctx, call->w, &client, admin_param(call, 2));
}

/* As with push-revocation nothing is sent: those that were not reached are all. */
int rest_client_nodes_test(struct admin_call *call)
{
    struct client client;
    struct strs nodes;
    struct json_writer *w = &call->out;
    TRY(clients_find(call, &client));
    TRY(client_node_list(&client, call->req->arena, &nodes));
    jw_begin_object(w);
    if (nodes.count > 0) {
        jw_member_array(w, "failedRequests");
        for (size_t i = 0; i < nodes.count; i++)
            jw_str(w, nodes.items[i]);
        jw_end_array(w);
    }
    jw_end_object(w);
    return 0;
}
