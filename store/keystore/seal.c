/* XChaCha20-Poly1305 under a key derived from the master key for the kind of value and the realm;
 * the row's id is associated data. And guarded memory for what was opened and must be kept. */
#include "store/keystore/seal.h"

#include <stdlib.h>

#include "core/crypto/aead.h"
#include "core/crypto/kdf.h"

#include "core/base/banned.h"

static int with_key(const struct seal_place *place, struct arena *a, struct str in, bool seal,
                    struct str *ret_out)
{
    unsigned char key[KDF_KEY_BYTES];
    TRY(kdf_derive(secret_view(place->master_key), place->table, place->realm_id, key));
    struct str key_view = str_of((const char *)key, sizeof(key));
    int err = seal ? aead_seal(a, key_view, place->row_id, in, ret_out)
                   : aead_open(a, key_view, place->row_id, in, ret_out);
    secret_wipe(key, sizeof(key));
    return err;
}

int seal_value(const struct seal_place *place, struct arena *a, struct str plain,
               struct str *ret_sealed)
{
    return with_key(place, a, plain, true, ret_sealed);
}

int seal_open(const struct seal_place *place, struct arena *a, struct str sealed,
              struct str *ret_plain)
{
    return with_key(place, a, sealed, false, ret_plain);
}

#define VAULT_BLOCK_BYTES 4000

struct vault_block {
    struct vault_block *next;
    size_t used;
    struct secret memory;
};

static struct vault_block *block_with_room(struct vault *vault, size_t bytes)
{
    struct vault_block *block = vault->blocks;
    if (block && bytes <= block->memory.len - block->used)
        return block;
    block = calloc(1, sizeof(*block));
    if (!block)
        return NULL;
    if (secret_alloc(&block->memory, bytes > VAULT_BLOCK_BYTES ? bytes : VAULT_BLOCK_BYTES) != 0) {
        free(block);
        return NULL;
    }
    block->next = vault->blocks;
    vault->blocks = block;
    return block;
}

int vault_keep(struct vault *vault, struct str plain, struct str *ret_kept)
{
    struct vault_block *block = block_with_room(vault, plain.len + 1);
    if (!block)
        return ERR_NO_MEMORY;
    char *kept = (char *)block->memory.ptr + block->used;
    if (plain.len)
        memcpy(kept, plain.ptr, plain.len);
    kept[plain.len] = '\0';
    block->used += plain.len + 1;
    *ret_kept = str_of(kept, plain.len);
    return 0;
}

void vault_free(struct vault *vault)
{
    while (vault->blocks) {
        struct vault_block *block = vault->blocks;
        vault->blocks = block->next;
        secret_free(&block->memory);
        free(block);
    }
}
