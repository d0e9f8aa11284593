/* Keys of persons: made at the first event, kept in memory while they are used, destroyed for good
 * at erasure. */
#include "store/sql/person.h"

#include "core/base/rng.h"
#include "core/crypto/digest.h"
#include "core/port/events.h"
#include "store/keystore/seal.h"

#include "core/base/banned.h"

#define SCRATCH_BYTES ((size_t)16 << 10)

/* --- In memory --- */

void person_keys_forget(struct person_keys *keys)
{
    secret_free(&keys->memory);
    memset(keys->hash, 0, sizeof(keys->hash));
}

static size_t place_of(struct str person, uint64_t ret_hash[2])
{
    unsigned char hash[BLAKE2B_BYTES];
    blake2b_256_of(person, hash);
    memcpy(ret_hash, hash, 2 * sizeof(uint64_t));
    return ret_hash[0] % PERSON_KEYS;
}

static bool recall(const struct person_keys *keys, struct str person,
                   unsigned char ret_key[PERSON_KEY_BYTES])
{
    uint64_t hash[2];
    size_t at = place_of(person, hash);
    if (!keys->memory.ptr || memcmp(keys->hash[at], hash, sizeof(hash)) != 0)
        return false;
    memcpy(ret_key, keys->memory.ptr + at * PERSON_KEY_BYTES, PERSON_KEY_BYTES);
    return true;
}

/* Without memory it is opened again the next time. */
static void keep(struct person_keys *keys, struct str person,
                 const unsigned char key[PERSON_KEY_BYTES])
{
    uint64_t hash[2];
    size_t at = place_of(person, hash);
    if (!keys->memory.ptr &&
        secret_alloc(&keys->memory, (size_t)PERSON_KEYS * PERSON_KEY_BYTES) != 0)
        return;
    memcpy(keys->hash[at], hash, sizeof(hash));
    memcpy(keys->memory.ptr + at * PERSON_KEY_BYTES, key, PERSON_KEY_BYTES);
}

/* --- Rows --- */

static struct seal_place place_in(const struct slot *slot, struct str person)
{
    return (struct seal_place){&slot->store->master_key, slot->id, "person_key.sealed", person};
}

static int open_row(const struct slot *slot, struct str person, struct str sealed,
                    unsigned char ret_key[PERSON_KEY_BYTES])
{
    CLEANUP(arena_free) struct arena a;
    struct seal_place place = place_in(slot, person);
    struct str plain;
    arena_init(&a, SCRATCH_BYTES);
    TRY(seal_open(&place, &a, sealed, &plain));
    if (plain.len != PERSON_KEY_BYTES)
        return ERR_SEAL;
    memcpy(ret_key, plain.ptr, PERSON_KEY_BYTES);
    return 0;
}

/* ERR_NOT_FOUND when there never was one. */
static int find(struct conn *conn, const struct slot *slot, struct str person,
                unsigned char ret_key[PERSON_KEY_BYTES], bool *ret_gone)
{
    static const struct sql select = {"SELECT sealed FROM person_key WHERE person = ?"};
    QUERY(q);
    TRY(query_open(conn, &select, &q));
    query_id(&q, person);
    TRY(query_one(&q));
    struct str sealed = query_col_view(&q, 0);
    *ret_gone = str_absent(sealed);
    return *ret_gone ? 0 : open_row(slot, person, sealed, ret_key);
}

static int make(struct store_write *w, struct str person, unsigned char ret_key[PERSON_KEY_BYTES])
{
    static const struct sql insert = {
        "INSERT INTO person_key (person, sealed, created_ms) VALUES (?, ?, ?)"};
    struct seal_place place = place_in(w->reader.slot, person);
    struct str sealed;
    rng_bytes(ret_key, PERSON_KEY_BYTES);
    TRY(seal_value(&place, &w->arena, str_of((const char *)ret_key, PERSON_KEY_BYTES), &sealed));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_id(&q, person);
    query_blob(&q, sealed);
    query_i64(&q, w->now.wall_ms);
    TRY(query_run(&q));
    w->persons_added = true;
    return 0;
}

int person_key_for_write(struct store_write *w, struct str person,
                         unsigned char ret_key[PERSON_KEY_BYTES], bool *ret_gone)
{
    struct person_keys *keys = &w->reader.db->persons;
    *ret_gone = false;
    if (recall(keys, person, ret_key))
        return 0;
    int err = find(write_conn(w), w->reader.slot, person, ret_key, ret_gone);
    if (err == ERR_NOT_FOUND)
        err = make(w, person, ret_key);
    TRY(err);
    if (!*ret_gone)
        keep(keys, person, ret_key);
    return 0;
}

int person_key_read(struct store_read *r, struct str person,
                    unsigned char ret_key[PERSON_KEY_BYTES], bool *ret_gone)
{
    int err = find(r->conn, r->slot, person, ret_key, ret_gone);
    if (err != ERR_NOT_FOUND)
        return err;
    *ret_gone = true;
    return 0;
}

/* --- Destroying --- */

static int leave_mark(struct store_write *w, struct str person)
{
    static const struct sql insert = {
        "INSERT INTO person_key (person, sealed, created_ms, destroyed_ms) VALUES (?1, NULL, ?2, ?2)"
        " ON CONFLICT (person) DO UPDATE SET sealed = NULL, destroyed_ms = ?2"
        " WHERE sealed IS NOT NULL"};
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_id(&q, person);
    query_i64(&q, w->now.wall_ms);
    return query_run(&q);
}

int person_key_destroy(struct store_write *w, struct str person, bool *ret_had_one)
{
    unsigned char key[PERSON_KEY_BYTES];
    bool gone = true;
    int err = find(write_conn(w), w->reader.slot, person, key, &gone);
    secret_wipe(key, sizeof(key));
    /* One that does not open is destroyed like any other. */
    if (err != 0 && err != ERR_NOT_FOUND && err != ERR_SEAL)
        return err;
    *ret_had_one = err == ERR_SEAL || (err == 0 && !gone);
    person_keys_forget(&w->reader.db->persons);
    return leave_mark(w, person);
}

int person_events_in_clear(struct store_read *r, struct str user_id, int64_t *ret_count)
{
    static const struct sql select = {
        "SELECT count(*) FROM event e JOIN event_text k ON k.pk = e.stream_kind WHERE e.format = 1"
        " AND (e.user_id = ?1 OR (e.stream_id = ?1 AND k.text = 'user'))"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_id(&q, user_id);
    TRY(query_one(&q));
    *ret_count = query_col_i64(&q, 0);
    return 0;
}

/* Typed names of nobody: their months sort by name. */
int person_unknown_expire(struct store_write *w, int64_t before_ms, int64_t *ret_count)
{
    static const struct sql update = {
        "UPDATE person_key SET sealed = NULL, destroyed_ms = ? WHERE person >= 'unknown:'"
        " AND person < ? AND sealed IS NOT NULL"};
    struct str first_kept = event_unknown_person(&w->arena, before_ms);
    if (str_absent(first_kept))
        return ERR_NO_MEMORY;
    {
        QUERY(q);
        TRY(query_open(write_conn(w), &update, &q));
        query_i64(&q, w->now.wall_ms);
        query_str(&q, first_kept);
        TRY(query_run(&q));
    }
    *ret_count = sqlite3_changes64(write_conn(w)->db);
    if (*ret_count > 0)
        person_keys_forget(&w->reader.db->persons);
    return 0;
}
