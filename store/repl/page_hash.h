/* Hashes of pages, by which two nodes find out what differs without sending it. Keyed, so that they say
 * nothing to others; they find accidents, they do not prove where pages come from. */
#ifndef GARITA_STORE_REPL_PAGE_HASH_H
#define GARITA_STORE_REPL_PAGE_HASH_H

#include "core/crypto/digest.h"

#define REPL_HASH_BYTES 8

struct page_hash_key {
    unsigned char bytes[SIPHASH_KEY_BYTES];
};

/* cluster: its id, the same on both nodes. */
void page_hash_key(struct str cluster, struct page_hash_key *ret_key);
/* Of a page as replication carries it (page_clean), of PAGE_BYTES. */
uint64_t page_hash(const struct page_hash_key *key, uint32_t number, const unsigned char *image);

#endif
