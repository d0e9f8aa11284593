/* Texts that many events share, by number. */
#include "store/sql/event_row.h"

#include "core/crypto/digest.h"

#include "core/base/banned.h"

int event_text_find(struct conn *conn, struct str text, int64_t *ret_pk)
{
    static const struct sql select = {"SELECT pk FROM event_text WHERE text = ?"};
    QUERY(q);
    TRY(query_open(conn, &select, &q));
    query_str(&q, text);
    TRY(query_one(&q));
    *ret_pk = query_col_i64(&q, 0);
    return 0;
}

static int text_insert(struct store_write *w, struct str text, int64_t *ret_pk)
{
    static const struct sql insert = {"INSERT INTO event_text (text) VALUES (?)"};
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_str(&q, text);
    TRY(query_run(&q));
    *ret_pk = sqlite3_last_insert_rowid(write_conn(w)->db);
    w->texts_added = true;
    return 0;
}

int event_text_number(struct store_write *w, struct str text, int64_t *ret_pk)
{
    unsigned char hash[BLAKE2B_BYTES];
    uint64_t key[2];
    int64_t pk = 0;
    *ret_pk = 0;
    if (str_absent(text))
        return 0;
    blake2b_256_of(text, hash);
    memcpy(key, hash, sizeof(key));
    struct event_texts *known = &w->reader.db->texts;
    size_t at = key[0] % EVENT_TEXTS;
    if (known->items[at].pk != 0 && memcmp(known->items[at].hash, key, sizeof(key)) == 0) {
        *ret_pk = known->items[at].pk;
        return 0;
    }
    int err = event_text_find(write_conn(w), text, &pk);
    if (err == ERR_NOT_FOUND)
        err = text_insert(w, text, &pk);
    TRY(err);
    memcpy(known->items[at].hash, key, sizeof(key));
    known->items[at].pk = pk;
    *ret_pk = pk;
    return 0;
}
