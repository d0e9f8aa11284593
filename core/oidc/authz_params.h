/* Names of the parameters in our authorization responses. */
#ifndef GARITA_CORE_OIDC_AUTHZ_PARAMS_H
#define GARITA_CORE_OIDC_AUTHZ_PARAMS_H

#include "core/base/str.h"

/* Whether a response of ours may carry a parameter of this name: then the redirect_uri may not. */
bool authz_param_is_ours(struct str name);

#endif
