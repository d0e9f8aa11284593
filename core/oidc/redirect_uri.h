/* Which URIs a client may be answered at (OA-01, OA-02, OA-03). Byte for byte; tolerance only for
 * the port of a loopback literal (RFC 8252 7.3) and for a trailing "*" that the client's own
 * registration has, where host and port stay literal. */
#ifndef GARITA_CORE_OIDC_REDIRECT_URI_H
#define GARITA_CORE_OIDC_REDIRECT_URI_H

#include "core/base/err.h"
#include "core/model/client.h"

/* Whether the URI may be answered at all: absolute, no fragment, no userinfo, https, http (Keycloak
 * clients use it in development) or a registered private-use scheme; never javascript:, data:, file:
 * and their kind (OA-03), no control bytes, backslashes or tricky dots in the path. */
bool redirect_uri_acceptable(struct str uri);

/* One registered value against the URI of a request. A registered value that begins with "/" is
 * resolved against root_url (the client's rootUrl; absent or empty: no match). */
bool redirect_uri_matches(struct str registered, struct str root_url, struct str uri);

/* The URI to answer at. requested absent: the only registered one, when there is exactly one and it
 * is no pattern. ERR_INVALID_REDIRECT_URI. */
MUST_CHECK int redirect_uri_resolve(struct arena *a, const struct client *client,
                                    struct str requested, struct str *ret_uri);
/* post_logout_redirect_uri: attribute post.logout.redirect.uris ("+": those above, "-": none). */
bool redirect_uri_post_logout_allowed(const struct client *client, struct str uri);

/* The registered values with rootUrl applied: for pages and for form-action of the CSP. */
MUST_CHECK int redirect_uri_absolute(struct arena *a, const struct client *client,
                                     struct str registered, struct str *ret_uri);

#endif
