/* Signing with a realm's keys without seeing them. Today the keystore answers in this process; a
 * keeper process may answer one day without a change to callers. Safe from many threads. */
#ifndef GARITA_CORE_PORT_SIGNER_H
#define GARITA_CORE_PORT_SIGNER_H

#include "core/port/store.h"

/* A compact JWS (RFC 7515 7.1) with the highest-priority active key of alg; header {"alg","typ",
 * "kid"}. A key of an alg that the realm supports but has none of yet is made first.
 * ERR_UNKNOWN_KEY, ERR_BAD_ALGORITHM. */
MUST_CHECK int signer_sign(struct realm_view *view, struct arena *a, struct str alg, struct str typ,
                           struct str payload, struct str *ret_token);
/* Verifies a compact JWS that this realm issued: key by kid among active and passive ones, the key
 * fixes the algorithm (JO-01). Returns the payload and, unless ret_alg is NULL, the algorithm's
 * name. ERR_TOKEN_MALFORMED, ERR_UNKNOWN_KEY, ERR_BAD_ALGORITHM, ERR_BAD_SIGNATURE. */
MUST_CHECK int signer_verify(struct realm_view *view, struct arena *a, struct str token,
                             struct str *ret_payload, struct str *ret_alg);

/* The key that would verify a token with this header now: what tells it from every other key, and the
 * moment from which it verifies no more (INT64_MAX: open). ERR_UNKNOWN_KEY. */
#define SIGNER_KEY_MARK_BYTES 32
MUST_CHECK int signer_key_mark(const struct realm_view *view, struct str kid, struct str alg,
                               int64_t now_ms, unsigned char ret_mark[SIGNER_KEY_MARK_BYTES],
                               int64_t *ret_until_ms);

/* Sealing of small states that we hand out and get back (login state): authenticated encryption
 * under a key of the realm for a purpose. Opened only with the same purpose, else ERR_SEAL. */
MUST_CHECK int signer_seal(struct realm_view *view, struct arena *a, struct str purpose,
                           struct str plain, struct str *ret_sealed_base64url);
MUST_CHECK int signer_open(struct realm_view *view, struct arena *a, struct str purpose,
                           struct str sealed_base64url, struct str *ret_plain);

/* A keyed hash of a text, the same for ever in this realm and known to nobody outside: for choices
 * that must look random and be repeatable. */
#define SIGNER_MAC_BYTES 32
MUST_CHECK int signer_mac(struct realm_view *view, struct str purpose, struct str text,
                          unsigned char ret_mac[SIGNER_MAC_BYTES]);

#endif
