/* Between the files of pairing. */
#ifndef GARITA_STORE_LINK_PAIRING_PROOF_H
#define GARITA_STORE_LINK_PAIRING_PROOF_H

#include "core/crypto/digest.h"
#include "store/link/pairing.h"

/* What the primary keeps of a token: enough to check a proof, not to make the token. */
#define PAIRING_VERIFIER_BYTES 32
MUST_CHECK int pairing_verifier(const struct pairing_token *token,
                                unsigned char out[PAIRING_VERIFIER_BYTES]);
/* A MAC over what the standby says and the connection on which it does. */
void pairing_prove(const unsigned char verifier[PAIRING_VERIFIER_BYTES],
                   const unsigned char binding[CHANNEL_BINDING_BYTES], struct str hello,
                   unsigned char out[SHA256_BYTES]);
void pairing_forget_expired(struct node_state *state, int64_t now_ms);
/* ERR_FORBIDDEN, ERR_CONFLICT: as pairing_token_new. */
MUST_CHECK int pairing_is_possible(const struct node_state *state);

#endif
