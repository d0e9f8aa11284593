/* What a client scope says about itself. */
#include "core/model/scope.h"

#include "core/base/banned.h"

bool client_scope_in_token(const struct client_scope *scope)
{
    return !str_eq(str_map_get(&scope->attributes, STR("include.in.token.scope")), STR("false"));
}
