#include "store/repl/page_hash.h"

#include "store/page_file.h"

#include "core/base/banned.h"

void page_hash_key(struct str cluster, struct page_hash_key *ret_key)
{
    unsigned char hash[BLAKE2B_BYTES];
    blake2b_256_of(cluster, hash);
    memcpy(ret_key->bytes, hash, sizeof(ret_key->bytes));
}

/* The number goes where SQLite has nothing and a clean page has zeros. */
uint64_t page_hash(const struct page_hash_key *key, uint32_t number, const unsigned char *image)
{
    unsigned char page[PAGE_BYTES];
    memcpy(page, image, sizeof(page));
    memcpy(page + PAGE_BYTES - sizeof(number), &number, sizeof(number));
    return siphash_64(key->bytes, str_of((const char *)page, sizeof(page)));
}
