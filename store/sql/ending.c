/* Rows that end, by the names that stand in tokens. */
#include "store/endings.h"
#include "store/tx.h"

#include "core/base/banned.h"

/* Each gives id and client_id, of which a kind has one or both. */
static const struct sql selects[] = {
    [ENDING_SESSION] = {"SELECT id, NULL FROM session WHERE pk = ?"},
    [ENDING_CLIENT_SESSION] = {"SELECT session.id, client.client_id FROM client_session"
                               " JOIN session ON session.pk = client_session.session_pk"
                               " JOIN client ON client.pk = client_session.client_pk"
                               " WHERE client_session.pk = ?"},
    [ENDING_USER] = {"SELECT id, NULL FROM user WHERE pk = ?"},
    [ENDING_CLIENT] = {"SELECT NULL, client_id FROM client WHERE pk = ?"},
    [ENDING_KEY] = {"SELECT kid, NULL FROM signing_key WHERE pk = ?"},
};

static int copy(struct str text, char *out, size_t size)
{
    if (text.len >= size)
        return ERR_TOO_LARGE;
    if (text.len > 0)
        memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return 0;
}

int ending_read(struct store_read *r, struct arena *a, int64_t pk, struct ending *io_ending)
{
    bool has_uuid = io_ending->kind == ENDING_SESSION || io_ending->kind == ENDING_USER ||
                    io_ending->kind == ENDING_CLIENT_SESSION;
    QUERY(q);
    TRY(query_open(r->conn, &selects[io_ending->kind], &q));
    query_i64(&q, pk);
    TRY(query_one(&q));
    struct str id = has_uuid ? query_col_id(&q, 0, a) : query_col_str(&q, 0, a);
    struct str client_id = query_col_str(&q, 1, a);
    TRY(q.err);
    TRY(copy(id, io_ending->id, sizeof(io_ending->id)));
    return copy(client_id, io_ending->client_id, sizeof(io_ending->client_id));
}
