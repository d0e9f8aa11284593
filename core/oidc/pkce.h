/* Proof Key for Code Exchange (RFC 7636), S256 alone. */
#ifndef GARITA_CORE_OIDC_PKCE_H
#define GARITA_CORE_OIDC_PKCE_H

#include "core/base/str.h"

enum pkce_result {
    PKCE_OK,
    PKCE_MISSING,    /* a challenge was sent, no verifier came (OA-11) */
    PKCE_UNEXPECTED, /* a verifier came, no challenge was sent (OA-11) */
    PKCE_MALFORMED,  /* not 43 to 128 unreserved characters (RFC 7636 4.1) */
    PKCE_MISMATCH
};

/* Both may be absent. */
enum pkce_result pkce_check(struct str challenge, struct str verifier);

#endif
