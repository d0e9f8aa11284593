/* Keys read from the database, opened on demand, found by algorithm or kid. */
#include "store/keystore/ring.h"

#include "core/base/banned.h"

#define PRIVATE_KEY_MAX_BYTES ((size_t)64 << 10)

void ring_inherit(struct key_ring *ring, const struct key_ring *old)
{
    for (size_t i = 0; i < ring->keys.count; i++) {
        struct ring_key *mine = &ring->items[i];
        for (size_t k = 0; k < old->keys.count && !mine->pk; k++) {
            const struct ring_key *theirs = &old->items[k];
            if (theirs->pk && theirs->key->pk == mine->key->pk &&
                str_eq(theirs->sealed, mine->sealed))
                mine->pk = pk_key_ref(theirs->pk);
        }
    }
}

void ring_free(struct key_ring *ring)
{
    for (size_t i = 0; i < ring->keys.count; i++)
        pk_key_free(&ring->items[i].pk);
    ring->keys.count = 0;
}

struct ring_key *ring_signing_key(const struct key_ring *ring, enum jose_alg alg)
{
    for (size_t i = 0; i < ring->keys.count; i++)
        if (ring->items[i].alg == alg && ring->keys.items[i].status == KEY_ACTIVE)
            return &ring->items[i];
    return NULL;
}

struct ring_key *ring_verifying_key(const struct key_ring *ring, struct str kid, enum jose_alg alg,
                                    int64_t now_ms)
{
    for (size_t i = 0; i < ring->keys.count; i++) {
        const struct realm_key *key = &ring->keys.items[i];
        bool over = key->not_after_ms != 0 && key->not_after_ms <= now_ms;
        if (ring->items[i].alg == alg && key->status != KEY_DISABLED && !over &&
            str_eq(key->kid, kid))
            return &ring->items[i];
    }
    return NULL;
}

int ring_seal_place(const struct slot *slot, struct arena *a, struct str kid, struct str alg,
                    struct seal_place *ret_place)
{
    struct str row_id = ARENA_CONCAT(a, alg, STR("/"), kid);
    if (str_absent(row_id))
        return ERR_NO_MEMORY;
    *ret_place =
        (struct seal_place){&slot->store->master_key, slot->id, "signing_key.private_key", row_id};
    return 0;
}

int ring_open(struct ring_key *key, const struct slot *slot, struct vault *vault)
{
    CLEANUP(arena_free) struct arena a;
    struct seal_place place;
    struct str plain;
    if (key->pk || !str_absent(key->secret))
        return 0;
    const struct jose_alg_info *info = jose_alg_info(key->alg);
    if (!info)
        return ERR_BAD_ALGORITHM;
    arena_init(&a, PRIVATE_KEY_MAX_BYTES);
    TRY(ring_seal_place(slot, &a, key->key->kid, key->key->alg, &place));
    TRY(seal_open(&place, &a, key->sealed, &plain));
    if (info->family == JOSE_HMAC)
        return vault_keep(vault, plain, &key->secret);
    return pk_import_private(plain, &key->pk);
}

struct jws_key ring_jws_key(const struct ring_key *key)
{
    return (struct jws_key){
        .alg = key->alg, .pk = key->pk, .secret = key->secret, .kid = key->key->kid};
}
