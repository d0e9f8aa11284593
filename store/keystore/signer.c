/* Signing and verifying with a realm's keys, and sealing of states that come back. */
#include "core/port/signer.h"

#include "core/codec/base64.h"
#include "core/crypto/aead.h"
#include "core/crypto/digest.h"
#include "core/crypto/kdf.h"
#include "core/port/keys.h"
#include "store/keystore/ring.h"
#include "store/view.h"

#include "core/base/banned.h"

#define KEY_PRIORITY  100
#define SCRATCH_BYTES ((size_t)4 << 20)

/* A key of the view that is fit to use; others wait while one thread opens it. */
static int open_in_view(struct realm_view *view, struct ring_key *key)
{
    (void)pthread_mutex_lock(&view->lock);
    int err = ring_open(key, view->slot, &view->vault);
    (void)pthread_mutex_unlock(&view->lock);
    return err;
}

static int sign_with(struct realm_view *view, struct ring_key *key, struct arena *a, struct str typ,
                     struct str payload, struct str *ret_token)
{
    TRY(open_in_view(view, key));
    struct jws_key jws_key = ring_jws_key(key);
    return jws_sign(a, &jws_key, typ, payload, ret_token);
}

static int make_key(struct store_write *w, struct arena *a, struct str alg)
{
    struct realm_key key = {.alg = alg, .status = KEY_ACTIVE, .priority = KEY_PRIORITY};
    return key_generate(w, a, &key);
}

/* Unless another thread made it since. */
static int make_missing(struct realm_view *view, struct arena *a, enum jose_alg alg)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct now now = clock_now();
    struct key_ring ring;
    TRY(store_write_begin(view, &now, &w));
    TRY(ring_load(store_write_reader(w), a, &ring));
    if (ring_signing_key(&ring, alg))
        return 0;
    TRY(make_key(w, a, jose_alg_name(alg)));
    return store_commit_p(&w, DURABLE_LOCAL);
}

static int sign_with_new_key(struct realm_view *view, struct arena *a, enum jose_alg alg,
                             struct str typ, struct str payload, struct str *ret_token)
{
    CLEANUP(arena_free) struct arena scratch;
    CLEANUP(realm_view_release_p) struct realm_view *fresh = NULL;
    arena_init(&scratch, SCRATCH_BYTES);
    (void)pthread_mutex_lock(&view->slot->key_making);
    int err = make_missing(view, &scratch, alg);
    (void)pthread_mutex_unlock(&view->slot->key_making);
    TRY(err);
    TRY(view_of_slot(view->slot, &fresh));
    struct ring_key *key = ring_signing_key(&fresh->ring, alg);
    return key ? sign_with(fresh, key, a, typ, payload, ret_token) : ERR_UNKNOWN_KEY;
}

/* Inside a write of this thread, which a second write would wait for: the key is made there. */
static int sign_in_write(struct store_write *w, struct arena *a, enum jose_alg alg, struct str typ,
                         struct str payload, struct str *ret_token)
{
    CLEANUP(arena_free) struct arena scratch;
    CLEANUP(vault_free) struct vault vault = {NULL};
    CLEANUP(ring_free) struct key_ring ring = {0};
    arena_init(&scratch, SCRATCH_BYTES);
    TRY(ring_load(&w->reader, &scratch, &ring));
    if (!ring_signing_key(&ring, alg)) {
        TRY(make_key(w, &scratch, jose_alg_name(alg)));
        TRY(ring_load(&w->reader, &scratch, &ring));
    }
    struct ring_key *key = ring_signing_key(&ring, alg);
    if (!key)
        return ERR_UNKNOWN_KEY;
    TRY(ring_open(key, w->reader.slot, &vault));
    struct jws_key jws_key = ring_jws_key(key);
    return jws_sign(a, &jws_key, typ, payload, ret_token);
}

int signer_sign(struct realm_view *view, struct arena *a, struct str alg, struct str typ,
                struct str payload, struct str *ret_token)
{
    enum jose_alg which = jose_alg_of(alg);
    if (which == JOSE_ALG_UNKNOWN)
        return ERR_BAD_ALGORITHM;
    struct ring_key *key = ring_signing_key(&view->ring, which);
    if (key)
        return sign_with(view, key, a, typ, payload, ret_token);
    struct store_write *w = tx_write_of_thread(view->slot);
    if (w)
        return sign_in_write(w, a, which, typ, payload, ret_token);
    return sign_with_new_key(view, a, which, typ, payload, ret_token);
}

/* --- Verifying --- */

static int verify_with(struct realm_view *view, const struct jws *jws)
{
    struct ring_key *key = ring_verifying_key(&view->ring, jws->kid, jws->alg, clock_now().wall_ms);
    if (!key)
        return ERR_UNKNOWN_KEY;
    TRY(open_in_view(view, key));
    struct jws_key jws_key = ring_jws_key(key);
    return jws_verify(jws, &jws_key);
}

/* A key that was made after this view. */
static int verify_with_now(struct realm_view *view, const struct jws *jws)
{
    CLEANUP(realm_view_release_p) struct realm_view *fresh = NULL;
    if (atomic_load(&view->slot->generation) == view->generation)
        return ERR_UNKNOWN_KEY;
    TRY(view_of_slot(view->slot, &fresh));
    return verify_with(fresh, jws);
}

int signer_verify(struct realm_view *view, struct arena *a, struct str token,
                  struct str *ret_payload, struct str *ret_alg)
{
    struct jws jws;
    TRY(jws_decode(a, token, JWS_MAX_BYTES, &jws));
    if (str_absent(jws.kid))
        return ERR_UNKNOWN_KEY;
    int err = verify_with(view, &jws);
    if (err == ERR_UNKNOWN_KEY)
        err = verify_with_now(view, &jws);
    TRY(err);
    *ret_payload = jws.payload;
    if (ret_alg)
        *ret_alg = jose_alg_name(jws.alg);
    return 0;
}

/* What is sealed is the private key itself, under a fresh nonce: no two keys have it in common. */
int signer_key_mark(const struct realm_view *view, struct str kid, struct str alg, int64_t now_ms,
                    unsigned char ret_mark[SIGNER_KEY_MARK_BYTES], int64_t *ret_until_ms)
{
    const struct ring_key *key = ring_verifying_key(&view->ring, kid, jose_alg_of(alg), now_ms);
    if (!key)
        return ERR_UNKNOWN_KEY;
    blake2b_256_of(key->sealed, ret_mark);
    *ret_until_ms = key->key->not_after_ms ? key->key->not_after_ms : INT64_MAX;
    return 0;
}

/* --- States that come back --- */

static int open_state_secret(struct realm_view *view)
{
    CLEANUP(arena_free) struct arena a;
    struct str plain;
    struct seal_place place = {&view->slot->store->master_key, view->slot->id, "realm.state_secret",
                               STR("1")};
    if (!str_absent(view->state_secret))
        return 0;
    if (str_absent(view->sealed_state_secret))
        return ERR_NOT_FOUND; /* a realm that is being made */
    arena_init(&a, SCRATCH_BYTES);
    TRY(seal_open(&place, &a, view->sealed_state_secret, &plain));
    return vault_keep(&view->vault, plain, &view->state_secret);
}

static int state_key(struct realm_view *view, struct str purpose, unsigned char key[KDF_KEY_BYTES])
{
    (void)pthread_mutex_lock(&view->lock);
    int err = open_state_secret(view);
    (void)pthread_mutex_unlock(&view->lock);
    return err ? err : kdf_derive(view->state_secret, "state", purpose, key);
}

int signer_seal(struct realm_view *view, struct arena *a, struct str purpose, struct str plain,
                struct str *ret_sealed_base64url)
{
    unsigned char key[KDF_KEY_BYTES];
    struct str sealed;
    TRY(state_key(view, purpose, key));
    int err = aead_seal(a, str_of((const char *)key, sizeof(key)), purpose, plain, &sealed);
    secret_wipe(key, sizeof(key));
    TRY(err);
    struct str text = base64url_encode(a, sealed);
    if (str_absent(text))
        return ERR_NO_MEMORY;
    *ret_sealed_base64url = text;
    return 0;
}

int signer_open(struct realm_view *view, struct arena *a, struct str purpose,
                struct str sealed_base64url, struct str *ret_plain)
{
    unsigned char key[KDF_KEY_BYTES];
    struct str sealed;
    int decoded = base64url_decode(a, sealed_base64url, &sealed);
    if (decoded != 0)
        return decoded == ERR_NO_MEMORY ? decoded : ERR_SEAL;
    TRY(state_key(view, purpose, key));
    int err = aead_open(a, str_of((const char *)key, sizeof(key)), purpose, sealed, ret_plain);
    secret_wipe(key, sizeof(key));
    return err;
}

int signer_mac(struct realm_view *view, struct str purpose, struct str text,
               unsigned char ret_mac[SIGNER_MAC_BYTES])
{
    unsigned char key[KDF_KEY_BYTES];
    TRY(state_key(view, purpose, key));
    blake2b_256(str_of((const char *)key, sizeof(key)), &text, 1, ret_mac);
    secret_wipe(key, sizeof(key));
    return 0;
}
