/* The keys of a realm as its view holds them: parsed when they are first used. */
#ifndef GARITA_STORE_KEYSTORE_RING_H
#define GARITA_STORE_KEYSTORE_RING_H

#include "core/jose/jws.h"
#include "core/model/key.h"
#include "store/keystore/seal.h"
#include "store/tx.h"

struct ring_key {
    const struct realm_key *key;
    enum jose_alg alg;
    struct str sealed;
    struct pk_key *pk; /* owned; NULL until opened, and for HS* */
    struct str secret; /* HS*: in the vault, absent until opened */
};

struct key_ring {
    struct realm_keys keys; /* highest priority first */
    struct ring_key *items; /* as many as keys */
};

#define KEY_USE_AUDIT "audit"

/* Reads all keys of the realm for tokens into the arena. */
MUST_CHECK int ring_load(struct store_read *r, struct arena *a, struct key_ring *ret_ring);
/* Those that sign the audit chain. */
MUST_CHECK int ring_load_audit(struct store_read *r, struct arena *a, struct key_ring *ret_ring);
/* Takes over what an older ring has parsed already. */
void ring_inherit(struct key_ring *ring, const struct key_ring *old);
void ring_free(struct key_ring *ring);
/* NULL when there is none. */
struct ring_key *ring_signing_key(const struct key_ring *ring, enum jose_alg alg);
/* Active or passive, its overlap not over at now_ms. */
struct ring_key *ring_verifying_key(const struct key_ring *ring, struct str kid, enum jose_alg alg,
                                    int64_t now_ms);
/* Unseals and parses, once. The caller sees to it that one thread does. ERR_SEAL, ERR_BAD_KEY. */
MUST_CHECK int ring_open(struct ring_key *key, const struct slot *slot, struct vault *vault);
/* For jws_sign and jws_verify; lives as long as the ring. */
struct jws_key ring_jws_key(const struct ring_key *key);
/* Where a private key is sealed to. */
MUST_CHECK int ring_seal_place(const struct slot *slot, struct arena *a, struct str kid,
                               struct str alg, struct seal_place *ret_place);

#endif
