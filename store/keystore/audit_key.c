/* Making, opening, replacing the keys of the audit chain, and signing with them. */
#include "store/keystore/audit_key.h"

#include "core/jose/jwk.h"
#include "core/port/events.h"
#include "core/port/keys.h"
#include "store/keystore/ring.h"
#include "store/sql/key_row.h"

#include "core/base/banned.h"

#define KEY_ARENA_BYTES ((size_t)1 << 20)
#define JWK_MAX_BYTES   ((size_t)4 << 10)

static void free_pk(struct pk_key **pk)
{
    pk_key_free(pk);
}

void audit_signer_free(struct audit_signer *signer)
{
    pk_key_free(&signer->pk);
    signer->kid[0] = '\0';
}

static int make_key(struct store_write *w, struct arena *a, int64_t priority,
                    struct realm_key *ret_key)
{
    struct realm_key key = {
        .alg = STR("EdDSA"), .use = STR(KEY_USE_AUDIT), .status = KEY_ACTIVE, .priority = priority};
    TRY(key_generate(w, a, &key));
    w->signer_added = true;
    audit_signer_free(&w->reader.db->signer);
    *ret_key = key;
    return 0;
}

static struct ring_key *active_key(const struct key_ring *ring)
{
    for (size_t i = 0; i < ring->keys.count; i++)
        if (ring->keys.items[i].status == KEY_ACTIVE)
            return &ring->items[i];
    return NULL;
}

/* Opens the active key and keeps it with the database. With the turn to write. */
static int open_signer(struct store_write *w)
{
    CLEANUP(arena_free) struct arena a;
    CLEANUP(vault_free) struct vault vault = {NULL};
    CLEANUP(ring_free) struct key_ring ring = {0};
    struct audit_signer *signer = &w->reader.db->signer;
    struct realm_key made;
    arena_init(&a, KEY_ARENA_BYTES);
    TRY(ring_load_audit(&w->reader, &a, &ring));
    if (!active_key(&ring)) {
        TRY(make_key(w, &a, 1, &made));
        TRY(ring_load_audit(&w->reader, &a, &ring));
    }
    struct ring_key *key = active_key(&ring);
    if (!key || key->key->kid.len > KID_MAX)
        return ERR_UNKNOWN_KEY;
    TRY(ring_open(key, w->reader.slot, &vault));
    signer->pk = pk_key_ref(key->pk);
    memcpy(signer->kid, key->key->kid.ptr, key->key->kid.len);
    signer->kid[key->key->kid.len] = '\0';
    return 0;
}

int audit_sign(struct store_write *w, struct statement *s)
{
    struct audit_signer *signer = &w->reader.db->signer;
    if (!signer->pk)
        TRY(open_signer(w));
    s->kid = arena_str_c(&w->arena, signer->kid);
    if (str_absent(s->kid))
        return ERR_NO_MEMORY;
    return statement_sign(s, signer->pk, &w->arena);
}

/* --- Verifying --- */

static int open_public(const struct ring_key *key, const struct slot *slot, struct arena *a,
                       struct pk_key **ret_pk)
{
    struct seal_place place;
    struct str spki;
    TRY(ring_seal_place(slot, a, key->key->kid, key->key->alg, &place));
    TRY(seal_open(&place, a, key->sealed, &spki));
    return pk_import_public(spki, ret_pk);
}

static int open_verifier(struct ring_key *key, const struct slot *slot, struct arena *a,
                         struct pk_key **ret_pk)
{
    CLEANUP(vault_free) struct vault vault = {NULL};
    if (key->key->status != KEY_ACTIVE)
        return open_public(key, slot, a, ret_pk);
    TRY(ring_open(key, slot, &vault));
    *ret_pk = pk_key_ref(key->pk);
    return 0;
}

static int open_all(const struct key_ring *ring, const struct slot *slot, struct arena *a,
                    struct audit_keys *keys)
{
    for (size_t i = 0; i < ring->keys.count; i++) {
        struct audit_key *key = &keys->items[keys->count];
        TRY(open_verifier(&ring->items[i], slot, a, &key->pk));
        key->kid = ring->keys.items[i].kid;
        keys->count++;
    }
    return 0;
}

int audit_keys_load(struct store_read *r, struct arena *a, struct audit_keys *ret_keys)
{
    CLEANUP(ring_free) struct key_ring ring = {0};
    TRY(ring_load_audit(r, a, &ring));
    struct audit_keys keys = {ARENA_ARRAY(a, ring.keys.count + 1, struct audit_key), 0};
    if (!keys.items)
        return ERR_NO_MEMORY;
    int err = open_all(&ring, r->slot, a, &keys);
    if (err != 0)
        audit_keys_free(&keys);
    else
        *ret_keys = keys;
    return err;
}

/* --- For operators --- */

static int describe(struct arena *a, const struct audit_key *from, const struct realm_key *row,
                    struct audit_key_info *info)
{
    struct buf b;
    struct json_writer w;
    *info = (struct audit_key_info){
        .kid = from->kid, .active = row->status == KEY_ACTIVE, .created_ms = row->created_ms};
    buf_init(&b, a, JWK_MAX_BYTES);
    jw_init(&w, &b);
    jwk_write(&w, a, from->pk, from->kid, JOSE_EdDSA, str_of(NULL, 0));
    TRY(jw_finish(&w, &info->public_jwk));
    return pk_export_spki(from->pk, a, &info->spki);
}

int audit_key_list(struct store_read *r, struct arena *a, struct audit_key_info **ret_items,
                   size_t *ret_count)
{
    CLEANUP(audit_keys_free) struct audit_keys keys = {NULL, 0};
    struct key_ring ring;
    TRY(ring_load_audit(r, a, &ring));
    TRY(audit_keys_load(r, a, &keys));
    struct audit_key_info *items = ARENA_ARRAY(a, keys.count + 1, struct audit_key_info);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < keys.count; i++)
        TRY(describe(a, &keys.items[i], &ring.keys.items[i], &items[i]));
    *ret_items = items;
    *ret_count = keys.count;
    return 0;
}

static int retire(struct store_write *w, struct arena *a, struct ring_key *key)
{
    CLEANUP(free_pk) struct pk_key *pk = NULL;
    struct seal_place place;
    struct str spki, sealed;
    TRY(open_verifier(key, w->reader.slot, a, &pk));
    TRY(pk_export_spki(pk, a, &spki));
    TRY(ring_seal_place(w->reader.slot, a, key->key->kid, key->key->alg, &place));
    TRY(seal_value(&place, a, spki, &sealed));
    return key_row_retire(w, key->key->pk, sealed);
}

int audit_key_rotate(struct store_write *w, struct arena *a, struct str *ret_old_kid,
                     struct realm_key *ret_key)
{
    CLEANUP(ring_free) struct key_ring ring = {0};
    int64_t priority = 0;
    struct str old_kid = {NULL, 0};
    TRY(ring_load_audit(&w->reader, a, &ring));
    struct ring_key *old = active_key(&ring);
    if (old) {
        priority = old->key->priority;
        old_kid = old->key->kid;
        TRY(retire(w, a, old));
    }
    TRY(make_key(w, a, priority + 1, ret_key));
    *ret_old_kid = old_kid;
    return 0;
}
