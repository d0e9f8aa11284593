/* Comparing a verifier with its challenge. */
#include "core/oidc/pkce.h"

#include "core/base/ct.h"
#include "core/codec/base64.h"
#include "core/crypto/digest.h"

#include "core/base/banned.h"

#define VERIFIER_MIN 43
#define VERIFIER_MAX 128

static bool is_verifier(struct str s)
{
    if (s.len < VERIFIER_MIN || s.len > VERIFIER_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool ok = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '_' || c == '~';
        if (!ok)
            return false;
    }
    return true;
}

enum pkce_result pkce_check(struct str challenge, struct str verifier)
{
    unsigned char hash[SHA256_BYTES];
    char text[64];
    if (str_absent(challenge) || str_empty(challenge))
        return str_absent(verifier) ? PKCE_OK : PKCE_UNEXPECTED;
    if (str_empty(verifier))
        return PKCE_MISSING;
    if (!is_verifier(verifier))
        return PKCE_MALFORMED;
    sha256_of(verifier, hash);
    base64url_write(text, hash, sizeof(hash));
    return ct_eq(str_of(text, base64url_chars(sizeof(hash))), challenge) ? PKCE_OK : PKCE_MISMATCH;
}
