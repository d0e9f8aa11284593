/* The file of a witness, as JSON. */
#include "core/codec/base64.h"
#include "core/codec/json.h"
#include "store/witness/ledger.h"

#include "core/base/banned.h"

#define FORMAT 1

static void write_member(struct json_writer *w, const struct ledger_member *m)
{
    char pin[2 * NODE_PIN_BYTES];
    hex_write(pin, m->pin, sizeof(m->pin));
    jw_begin_object(w);
    jw_member_c(w, "node", m->node);
    jw_member_str(w, "pin", str_of(pin, sizeof(pin)));
    jw_end_object(w);
}

int ledger_text_write(struct arena *a, const struct ledger *l, struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, LEDGER_TEXT_MAX);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_i64(&w, "format", FORMAT);
    jw_member_c(&w, "cluster", l->cluster);
    jw_member_i64(&w, "epoch", (int64_t)l->epoch);
    jw_member_c(&w, "holder", l->holder);
    jw_member_c(&w, "standby", l->standby);
    jw_member_c(&w, "stance", lease_stance_word(l->stance));
    jw_member_i64(&w, "leaseMs", l->lease_ms);
    jw_member_array(&w, "members");
    for (size_t i = 0; i < l->member_count; i++)
        write_member(&w, &l->members[i]);
    jw_end_array(&w);
    jw_end_object(&w);
    return jw_finish(&w, ret_text);
}

/* Empty, or a whole one. */
static int read_id(const struct json_value *v, const char *name, bool may_be_empty,
                   char out[REPL_NODE_ID_LEN + 1])
{
    struct str text = json_get_str(v, name);
    if (may_be_empty && !str_absent(text) && str_empty(text)) {
        out[0] = '\0';
        return 0;
    }
    if (str_absent(text) || text.len != REPL_NODE_ID_LEN || !str_has_no_control(text))
        return ERR_STORE_CORRUPT;
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return 0;
}

static int read_number(const struct json_value *v, const char *name, int64_t least, int64_t most,
                       int64_t *ret_number)
{
    TRY(json_get_i64(v, name, ret_number));
    return *ret_number >= least && *ret_number <= most ? 0 : ERR_STORE_CORRUPT;
}

static int read_stance(const struct json_value *v, enum lease_stance *ret_stance)
{
    for (int i = LEASE_ASYNC; i <= LEASE_COVERED; i++) {
        *ret_stance = (enum lease_stance)i;
        if (str_eq_c(json_get_str(v, "stance"), lease_stance_word(*ret_stance)))
            return 0;
    }
    return ERR_STORE_CORRUPT;
}

static int read_member(struct arena *a, const struct json_value *v, struct ledger_member *m)
{
    struct str pin;
    TRY(read_id(v, "node", false, m->node));
    TRY(hex_decode(a, json_get_str(v, "pin"), &pin));
    if (pin.len != sizeof(m->pin))
        return ERR_STORE_CORRUPT;
    memcpy(m->pin, pin.ptr, pin.len);
    return 0;
}

static int read_members(struct arena *a, const struct json_value *list, struct ledger *l)
{
    const struct json_value *v;
    struct json_iter it = json_iter(list);
    if (!json_is_array(list) || json_count(list) > LEDGER_MEMBERS)
        return ERR_STORE_CORRUPT;
    while (json_next(&it, NULL, &v))
        TRY(read_member(a, v, &l->members[l->member_count++]));
    return l->member_count == 0 || l->cluster[0] != '\0' ? 0 : ERR_STORE_CORRUPT;
}

/* A file of before does not tell it: the holder will. */
static int read_standby(const struct json_value *v, struct ledger *l)
{
    return json_get(v, "standby") ? read_id(v, "standby", true, l->standby) : 0;
}

static int read_all(struct arena *a, const struct json_value *v, struct ledger *l)
{
    int64_t format, epoch, lease_ms;
    TRY(json_get_i64(v, "format", &format));
    if (format != FORMAT)
        return ERR_STORE_VERSION;
    TRY(read_id(v, "cluster", true, l->cluster));
    TRY(read_id(v, "holder", true, l->holder));
    TRY(read_standby(v, l));
    TRY(read_number(v, "epoch", 0, INT64_MAX, &epoch));
    TRY(read_number(v, "leaseMs", LEASE_LEAST_MS, LEASE_MOST_MS, &lease_ms));
    TRY(read_stance(v, &l->stance));
    l->epoch = (uint64_t)epoch;
    l->lease_ms = (uint32_t)lease_ms;
    return read_members(a, json_get(v, "members"), l);
}

int ledger_text_read(struct arena *a, struct str text, struct ledger *ret_ledger)
{
    const struct json_value *v;
    struct ledger l = {0};
    int err = json_parse(a, text, LEDGER_TEXT_MAX, &v);
    if (err == 0)
        err = read_all(a, v, &l);
    if (err == 0)
        *ret_ledger = l;
    return err == 0 || err == ERR_NO_MEMORY || err == ERR_STORE_VERSION ? err : ERR_STORE_CORRUPT;
}
