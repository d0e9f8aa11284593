/* What a database of a standby holds, as hashes of its pages. By the follower's own thread: between two
 * commits, so all of one moment. */
#include <stdlib.h>

#include "store/repl/following.h"
#include "store/repl/page_hash.h"
#include "store/sql/page.h"

#include "core/base/banned.h"

#define HASHES_AT_ONCE (REPL_MESSAGE_BYTES / REPL_HASH_BYTES)

struct hashing {
    struct follower *follower;
    struct followed *database;
    struct page_hash_key key;
    struct conn *conn;
    uint32_t page_count, first; /* first: of those that are not sent yet */
    uint64_t *hashes;           /* HASHES_AT_ONCE */
    size_t count;
};

static void send(struct hashing *h)
{
    const struct repl_message m = {
        .type = REPL_HASHES,
        .hashes = {.file = str_c(h->database->file),
                   .first = h->first,
                   .page_count = h->page_count,
                   .hashes = str_of((const char *)h->hashes, h->count * REPL_HASH_BYTES)}};
    follower_send(h->follower, &m);
    h->first += (uint32_t)h->count;
    h->count = 0;
}

static int hash_page(struct hashing *h, uint32_t number)
{
    unsigned char page[PAGE_BYTES];
    TRY(page_read(h->conn, number, page, sizeof(page)));
    page_clean(page, number, h->page_count);
    h->hashes[h->count++] = page_hash(&h->key, number, page);
    if (h->count == HASHES_AT_ONCE || number == h->page_count)
        send(h);
    return 0;
}

static int hash_all(struct hashing *h)
{
    int64_t pages;
    TRY(page_count(h->conn, &pages));
    if (pages < 1 || pages > UINT32_MAX)
        return ERR_STORE_BUSY; /* none yet */
    h->page_count = (uint32_t)pages;
    for (uint32_t n = 1; n <= h->page_count; n++)
        TRY(hash_page(h, n));
    h->database->hashed = true;
    return 0;
}

/* A connection of its own, as what reads for requests may not read pages. */
static int open_and_hash(struct hashing *h)
{
    struct realm_db *db;
    struct slot *slot = h->database->slot;
    TRY(slot_db_acquire_to_follow(slot, &db));
    int err = conn_open(db->path, slot->store->config.vfs, CONN_READER, false, &h->conn);
    if (err == 0) {
        err = hash_all(h);
        conn_close(h->conn, true);
    }
    slot_db_release(slot, db);
    return err;
}

void followed_send_hashes(struct follower *f, struct followed *d)
{
    struct hashing h = {.follower = f, .database = d, .first = 1};
    h.hashes = malloc(HASHES_AT_ONCE * sizeof(*h.hashes));
    if (!h.hashes) {
        follower_trouble(f, ERR_NO_MEMORY);
        return;
    }
    page_hash_key(f->config.cluster, &h.key);
    d->hashed = false;
    int err = open_and_hash(&h);
    if (err != 0 && h.page_count == 0)
        send(&h); /* that nothing is here: it comes whole */
    else if (err != 0)
        follower_trouble(f, err);
    free(h.hashes);
}
