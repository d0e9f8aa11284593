/* Lines of Keycloak that do not exist here. They are answered with 501, after the usual questions, so that
 * tools tell a part that is missing from a thing that is. */
#include "web/admin/clients.h"

#include "core/base/banned.h"

static int absent(struct admin_call *call, const char *what)
{
    return err_set(&call->req->err, ERR_NOT_IMPLEMENTED, "%s do not exist here", what);
}

static int absent_of_client(struct admin_call *call, const char *what)
{
    struct client client;
    TRY(clients_find(call, &client));
    return absent(call, what);
}

int rest_absent_authorization(struct admin_call *call)
{
    return absent_of_client(call, "Authorization services");
}

int rest_absent_permissions(struct admin_call *call)
{
    return absent_of_client(call, "Permissions for single objects");
}

int rest_absent_nodes(struct admin_call *call)
{
    return absent_of_client(call, "Nodes of clients");
}

int rest_absent_registration_token(struct admin_call *call)
{
    return absent_of_client(call, "Registration access tokens");
}

int rest_absent_certificates(struct admin_call *call)
{
    return absent_of_client(call, "Certificates that the server makes for clients");
}

int rest_absent_saml(struct admin_call *call)
{
    return absent_of_client(call, "SAML clients");
}

int rest_absent_initial_access(struct admin_call *call)
{
    return absent(call, "Initial access tokens");
}
