/* Between the files of pairing. */
#ifndef GARITA_STORE_LINK_PAIRING_PROOF_H
#define GARITA_STORE_LINK_PAIRING_PROOF_H

#include "core/crypto/digest.h"
#include "store/link/pairing.h"

/* What the primary keeps of a token: enough to check a proof, not to make the token. */
#define PAIRING_VERIFIER_BYTES 32
MUST_CHECK int pairing_verifier(const struct pairing_token *token,
                                unsigned char out[PAIRING_VERIFIER_BYTES]);
/* A new token of who has the key own_pin: as text for who is to show it, and what is kept of it. */
MUST_CHECK int pairing_token_make(const struct link_pin *own_pin, char text[PAIRING_TOKEN_MAX],
                                  unsigned char verifier[PAIRING_VERIFIER_BYTES]);
/* A MAC over what is said, the connection on which it is, and a label that says what it is for. */
#define PAIRING_OF_STANDBY STR("garita standby pairing 1")
#define PAIRING_OF_WITNESS STR("garita witness pairing 1")
void pairing_prove(const unsigned char verifier[PAIRING_VERIFIER_BYTES],
                   const unsigned char binding[CHANNEL_BINDING_BYTES], struct str label,
                   struct str said, unsigned char out[SHA256_BYTES]);
void pairing_forget_expired(struct node_state *state, int64_t now_ms);
/* ERR_FORBIDDEN, ERR_CONFLICT: as pairing_token_new. */
MUST_CHECK int pairing_is_possible(const struct node_state *state);

#endif
