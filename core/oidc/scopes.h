/* From the scope parameter to the client scopes that apply. */
#ifndef GARITA_CORE_OIDC_SCOPES_H
#define GARITA_CORE_OIDC_SCOPES_H

#include "core/auth/context.h"
#include "core/model/role.h"
#include "core/model/user.h"

#define SCOPE_OPENID  "openid"
#define SCOPE_OFFLINE "offline_access"

struct granted_scopes {
    const struct client_scope **items; /* by name */
    size_t count;
    bool openid;
    bool offline;
};

/* A scope-token of RFC 6749 3.3. */
bool scope_is_word(struct str word);
/* All default scopes of the client and the optional ones that were asked for. A word that is neither
 * nor "openid" is ERR_INVALID_SCOPE, so are characters outside RFC 6749 3.3. */
MUST_CHECK int scopes_resolve(const struct auth_ctx *ctx, const struct client *client,
                              struct str requested, struct granted_scopes *ret_scopes);
/* Leaves out the scopes that are tied to roles of which the user has none (offline_access). */
MUST_CHECK int scopes_permit(const struct auth_ctx *ctx, struct store_read *r,
                             const struct roles *user_roles, struct granted_scopes *io_scopes);
/* The scope claim and response member: openid first, then the names that may appear in tokens. */
struct str scopes_claim(struct arena *a, const struct granted_scopes *scopes);
/* Every name: what refresh tokens, codes and client sessions carry. */
struct str scopes_all(struct arena *a, const struct granted_scopes *scopes);

/* The roles of the user that tokens of this client may carry: all with fullScopeAllowed, else the
 * client's own and those of its and its scopes' scope mappings, composites expanded. */
MUST_CHECK int scopes_roles(const struct auth_ctx *ctx, struct store_read *r,
                            const struct client *client, const struct granted_scopes *scopes,
                            const struct roles *user_roles, struct roles *ret_roles);

#endif
