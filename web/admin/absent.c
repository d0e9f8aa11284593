/* Lines of Keycloak whose capability does not exist here (routes_absent.def). They are answered with 501,
 * after the usual questions, so that tools tell a part that is missing from a thing that is. */
#include "web/admin/clients.h"
#include "web/admin/users.h"

#include "core/base/banned.h"

static int absent(struct admin_call *call, const char *what)
{
    return err_set(&call->req->err, ERR_NOT_IMPLEMENTED, "%s do not exist here", what);
}

/* --- Of a client --- */

static int absent_of_client(struct admin_call *call, const char *what)
{
    struct client client;
    TRY(clients_find(call, &client));
    return absent(call, what);
}

int rest_absent_saml(struct admin_call *call)
{
    return absent_of_client(call, "SAML clients");
}

/* --- Of a person --- */

int rest_absent_verifiable_credentials(struct admin_call *call)
{
    struct user user;
    TRY(users_find(call, &user));
    return absent(call, "Verifiable credentials");
}

/* --- Of the realm --- */

#define ABSENT(name, what)                                                                         \
    int rest_absent_##name(struct admin_call *call)                                                \
    {                                                                                              \
        return absent(call, what);                                                                 \
    }

ABSENT(client_types, "Client types")
ABSENT(user_storage, "User storage providers")
ABSENT(workflows, "Workflows")
ABSENT(ldap, "Connections to LDAP servers")
ABSENT(revocation_lists, "Certificate revocation lists")
