/* The bytes of statements, their signatures and their form in JSON. */
#include "core/audit/statement.h"

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/codec/base64.h"

#include "core/base/banned.h"

#define BYTES_MAX ((size_t)4 << 10)

static struct str domain_of(enum statement_kind kind)
{
    switch (kind) {
    case STATEMENT_HEAD: return STR("garita audit head 1");
    case STATEMENT_SEGMENT: return STR("garita audit segment 1");
    case STATEMENT_REMOVAL: break;
    }
    return STR("garita audit removal 1");
}

/* Each field is its length in eight bytes, little-endian, and its bytes; a number is eight bytes. */
static void add_word(struct buf *b, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        buf_add_byte(b, (char)(value >> (8 * i)));
}

static void add_text(struct buf *b, struct str text)
{
    add_word(b, text.len);
    buf_add(b, text);
}

static void add_number(struct buf *b, int64_t number)
{
    add_word(b, 8);
    add_word(b, (uint64_t)number);
}

int statement_bytes(const struct statement *s, struct arena *a, struct str *ret_bytes)
{
    struct buf b;
    buf_init(&b, a, BYTES_MAX);
    add_text(&b, domain_of(s->kind));
    add_text(&b, s->realm_id);
    add_number(&b, s->first_seq);
    add_text(&b, s->prev_hash);
    add_number(&b, s->last_seq);
    add_text(&b, s->last_hash);
    add_number(&b, s->from_ms);
    add_number(&b, s->to_ms);
    add_number(&b, s->time_ms);
    add_text(&b, s->kid);
    return buf_finish(&b, ret_bytes);
}

int statement_sign(struct statement *s, const struct pk_key *key, struct arena *a)
{
    unsigned char signature[PK_SIGNATURE_MAX_BYTES];
    struct str bytes;
    size_t len;
    TRY(statement_bytes(s, a, &bytes));
    TRY(pk_sign(key, PK_EDDSA, bytes, signature, &len));
    s->signature = arena_str(a, str_of((const char *)signature, len));
    return str_absent(s->signature) ? ERR_NO_MEMORY : 0;
}

static int verify_with(const struct statement *s, const struct pk_key *key)
{
    CLEANUP(arena_free) struct arena a;
    struct str bytes;
    arena_init(&a, 4 * BYTES_MAX);
    TRY(statement_bytes(s, &a, &bytes));
    return pk_verify(key, PK_EDDSA, bytes, s->signature);
}

int statement_verify(const struct statement *s, const struct audit_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        if (str_eq(keys->items[i].kid, s->kid))
            return verify_with(s, keys->items[i].pk);
    return ERR_UNKNOWN_KEY;
}

void audit_keys_free(struct audit_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        pk_key_free(&keys->items[i].pk);
    keys->count = 0;
}

/* --- JSON --- */

static void write_time(struct json_writer *w, const char *name, int64_t ms)
{
    char date[25];
    clock_rfc3339(ms, date);
    jw_member_c(w, name, date);
}

void statement_write(struct json_writer *w, struct arena *scratch, const struct statement *s)
{
    jw_member_str(w, "realm", s->realm_id);
    jw_member_i64(w, "firstSeq", s->first_seq);
    jw_member_str(w, "previousHash", hex_encode(scratch, s->prev_hash));
    jw_member_i64(w, "lastSeq", s->last_seq);
    jw_member_str(w, "lastHash", hex_encode(scratch, s->last_hash));
    if (s->kind == STATEMENT_SEGMENT) {
        write_time(w, "from", s->from_ms);
        write_time(w, "to", s->to_ms);
    }
    write_time(w, "time", s->time_ms);
    jw_member_str(w, "kid", s->kid);
    jw_member_str(w, "signature", base64url_encode(scratch, s->signature));
}

static int read_hash(struct arena *a, const struct json_value *v, const char *name,
                     struct str *ret_hash)
{
    TRY(hex_decode(a, json_get_str(v, name), ret_hash));
    return ret_hash->len == AUDIT_HASH_BYTES ? 0 : ERR_INVALID_SYNTAX;
}

/* The last two of segments only. */
static const char *const members[] = {"realm", "firstSeq", "previousHash", "lastSeq", "lastHash",
                                      "time",  "kid",      "signature",    "from",    "to"};

int statement_read(struct arena *a, const struct json_value *v, enum statement_kind kind,
                   struct statement *ret_statement)
{
    size_t known = kind == STATEMENT_SEGMENT ? ARRAY_LEN(members) : ARRAY_LEN(members) - 2;
    struct statement s = {.kind = kind,
                          .realm_id = json_get_str(v, "realm"),
                          .kid = json_get_str(v, "kid"),
                          .first_seq = json_i64_or(v, "firstSeq", 0),
                          .last_seq = json_i64_or(v, "lastSeq", 0)};
    if (!json_has_only(v, members, known) || str_absent(s.realm_id) || str_absent(s.kid) ||
        s.first_seq < 1 || s.last_seq < s.first_seq)
        return ERR_INVALID_SYNTAX;
    TRY(read_hash(a, v, "previousHash", &s.prev_hash));
    TRY(read_hash(a, v, "lastHash", &s.last_hash));
    TRY(audit_time_read(json_get_str(v, "time"), &s.time_ms));
    if (kind == STATEMENT_SEGMENT) {
        TRY(audit_time_read(json_get_str(v, "from"), &s.from_ms));
        TRY(audit_time_read(json_get_str(v, "to"), &s.to_ms));
    }
    TRY(base64url_decode(a, json_get_str(v, "signature"), &s.signature));
    *ret_statement = s;
    return 0;
}

/* --- Time --- */

static const char time_shape[] = "0000-00-00T00:00:00.000Z";

static bool has_time_shape(struct str text)
{
    if (text.len != sizeof(time_shape) - 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        bool digit = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        if (time_shape[i] == '0' ? !digit : text.ptr[i] != time_shape[i])
            return false;
    }
    return true;
}

static int64_t digits(struct str text, size_t at, size_t count)
{
    int64_t n = 0;
    for (size_t i = 0; i < count; i++)
        n = n * 10 + (text.ptr[at + i] - '0');
    return n;
}

/* Days since 1970-01-01 of the Gregorian calendar, years counted from March. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400, of_era = y % 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719468;
}

int audit_time_read(struct str text, int64_t *ret_ms)
{
    char back[25];
    if (!has_time_shape(text))
        return ERR_INVALID_SYNTAX;
    int64_t days = days_of(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2));
    int64_t seconds = digits(text, 11, 2) * 3600 + digits(text, 14, 2) * 60 + digits(text, 17, 2);
    int64_t ms = (days * 86400 + seconds) * 1000 + digits(text, 20, 3);
    /* Only what would be written the same way: no 31st of February, no second 61. */
    clock_rfc3339(ms, back);
    if (!str_eq_c(text, back))
        return ERR_INVALID_SYNTAX;
    *ret_ms = ms;
    return 0;
}
