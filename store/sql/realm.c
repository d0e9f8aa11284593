/* The realm's own row: id, name and settings. */
#include "store/sql/doc.h"
#include "store/sql/realm_row.h"

#include "core/base/banned.h"

int realm_row_read(struct store_read *r, struct arena *a, struct realm_row *ret_row)
{
    static const struct sql select = {
        "SELECT id, name, default_role_id, doc, state_secret FROM realm WHERE pk = 1"};
    struct realm_row row = {0};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    TRY(query_one(&q));
    fields_default(&realm_fields, &row.realm);
    row.realm.id = query_col_str(&q, 0, a);
    row.realm.name = query_col_str(&q, 1, a);
    row.realm.default_role_id = query_col_id(&q, 2, a);
    row.sealed_state_secret = query_col_str(&q, 4, a);
    TRY(q.err);
    TRY(doc_read(&realm_fields, &row.realm, a, query_col_view(&q, 3)));
    *ret_row = row;
    return 0;
}

int realm_row_insert(struct store_write *w, const struct realm_row *row)
{
    static const struct sql insert = {
        "INSERT INTO realm (pk, id, name, default_role_id, doc, state_secret)"
        " VALUES (1, ?, ?, ?, ?, ?)"};
    struct str doc;
    TRY(doc_write(&realm_fields, NULL, &row->realm, &w->arena, &doc));
    QUERY(q);
    TRY(query_open(write_conn(w), &insert, &q));
    query_str(&q, row->realm.id);
    query_str(&q, row->realm.name);
    query_id(&q, row->realm.default_role_id);
    query_str(&q, doc);
    query_blob(&q, row->sealed_state_secret);
    write_touch_config(w);
    return query_run(&q);
}

/* Whether the update moves the not-before and nothing else, for those who watch. */
static int note_not_before(struct store_write *w, const struct realm *realm)
{
    struct ending_notes *notes = w->reader.db->notes;
    struct realm_row before;
    struct str old_doc, new_doc;
    if (!notes)
        return 0;
    TRY(realm_row_read(&w->reader, &w->arena, &before));
    bool same = str_eq(realm->name, before.realm.name) &&
                str_eq(realm->default_role_id, before.realm.default_role_id);
    notes->not_before_s = realm->not_before_s;
    before.realm.not_before_s = realm->not_before_s;
    TRY(doc_write(&realm_fields, NULL, &before.realm, &w->arena, &old_doc));
    TRY(doc_write(&realm_fields, NULL, realm, &w->arena, &new_doc));
    same = same && str_eq(old_doc, new_doc);
    notes->only_not_before = same && (notes->realm_updates++ == 0 || notes->only_not_before);
    return 0;
}

int realm_row_update(struct store_write *w, const struct realm *realm)
{
    static const struct sql update = {
        "UPDATE realm SET name = ?, default_role_id = ?, doc = ? WHERE pk = 1"};
    struct str doc;
    TRY(note_not_before(w, realm));
    TRY(doc_write(&realm_fields, NULL, realm, &w->arena, &doc));
    QUERY(q);
    TRY(query_open(write_conn(w), &update, &q));
    query_str(&q, realm->name);
    query_id(&q, realm->default_role_id);
    query_str(&q, doc);
    write_touch_config(w);
    return query_run_one(&q);
}
