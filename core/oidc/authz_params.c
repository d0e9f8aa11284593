/* Names of response parameters: RFC 6749 4.1.2, OpenID Connect, RFC 9207. */
#include "core/oidc/authz_params.h"

#include "core/base/banned.h"

bool authz_param_is_ours(struct str name)
{
    static const char *const names[] = {
        "code",
        "state",
        "iss",
        "error",
        "error_description",
        "access_token",
        "token_type",
        "expires_in",
        "id_token",
        "session_state",
        "kc_action",
        "kc_action_status",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_ieq(name, str_c(names[i])))
            return true;
    return false;
}
