/* Which URIs a client may be answered at (OA-01, OA-02, OA-03). Byte for byte; tolerance only for
 * the port of a loopback literal (RFC 8252 7.3) and for a trailing "*" that the client's own
 * registration has, where host and port stay literal. */
#ifndef GARITA_CORE_OIDC_REDIRECT_URI_H
#define GARITA_CORE_OIDC_REDIRECT_URI_H

#include "core/auth/own_urls.h"
#include "core/base/err.h"
#include "core/model/client.h"

/* Whether the URI may be answered at all: absolute, at most URI_MAX_BYTES, no fragment, no userinfo;
 * https, http on loopback, or a private-use scheme with a dot (RFC 8252 7.1), so that javascript:,
 * data:, file: and their kind never pass (OA-03); no control bytes, spaces, backslashes; no query
 * parameter that could be taken for one of ours (OA-05). */
bool redirect_uri_acceptable(struct str uri);

/* One registered value, with rootUrl applied, against the URI of a request. */
bool redirect_uri_matches(struct str registered, struct str uri);

/* A registered value as an absolute one: "/path" gets the client's rootUrl in front, in which
 * ${authBaseUrl} and ${authAdminUrl} stand for our own. ERR_INVALID_REDIRECT_URI when there is no
 * rootUrl to apply. */
MUST_CHECK int redirect_uri_absolute(struct arena *a, const struct client *client,
                                     struct own_urls own, struct str registered,
                                     struct str *ret_uri);

/* The URI to answer at. requested absent: the only registered one, when there is exactly one and it
 * is no pattern. ERR_INVALID_REDIRECT_URI. */
MUST_CHECK int redirect_uri_resolve(struct arena *a, const struct client *client,
                                    struct own_urls own, struct str requested, struct str *ret_uri);
/* post_logout_redirect_uri against the attribute post.logout.redirect.uris ("##" between values;
 * "+" stands for the redirect URIs, "-" for none; without the attribute: none).
 * ERR_INVALID_REDIRECT_URI. */
MUST_CHECK int redirect_uri_post_logout_check(struct arena *a, const struct client *client,
                                              struct own_urls own, struct str uri);

#endif
