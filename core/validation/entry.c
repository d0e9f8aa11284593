/* Kept answers as bytes: a version, numbers of eight bytes, texts with their length in front. */
#include "core/validation/entry.h"

#include "core/base/rd.h"

#include "core/base/banned.h"

#define ENTRY_VERSION  2
#define RIGHTS_VERSION 130
#define SIGNED_VERSION 17
#define KEYS_VERSION   65
#define PERSON_VERSION 34
#define ENTRY_MAX      ((size_t)64 << 10)
#define TEXT_MAX       UINT32_C(65536)

static void add_u64(struct buf *b, uint64_t value)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_add_byte(b, (char)(unsigned char)(value >> shift));
}

static void add_text(struct buf *b, struct str text)
{
    add_u64(b, text.len);
    buf_add(b, text);
}

static struct str read_text(struct rd *r)
{
    uint64_t len = rd_u64(r);
    if (len > TEXT_MAX)
        r->failed = true;
    return rd_bytes(r, r->failed ? 0 : (size_t)len);
}

static void add_footing(struct buf *b, const struct footing *f)
{
    const uint64_t parts[] = {f->config,  f->user,   f->session, f->client_session,
                              f->revoked, f->origin, f->rights};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        add_u64(b, parts[i]);
}

static struct footing read_footing(struct rd *r)
{
    struct footing f = {.config = rd_u64(r)};
    f.user = rd_u64(r);
    f.session = rd_u64(r);
    f.client_session = rd_u64(r);
    f.revoked = rd_u64(r);
    f.origin = rd_u64(r);
    f.rights = rd_u64(r);
    return f;
}

/* The texts of an entry, in the order in which they stand. */
#define ENTRY_TEXTS 7
static void texts_of(struct validation_entry *e, struct str *ret_texts[ENTRY_TEXTS])
{
    struct str *const texts[] = {
        &e->realm, &e->kid, &e->alg, &e->payload, &e->username, &e->user_id, &e->service_client_id};
    memcpy(ret_texts, texts, sizeof(texts));
}

int validation_entry_write(struct arena *a, const struct validation_entry *entry,
                           struct str *ret_bytes)
{
    struct validation_entry e = *entry;
    struct str *texts[ENTRY_TEXTS];
    struct buf b;
    buf_init(&b, a, ENTRY_MAX);
    texts_of(&e, texts);
    buf_add_byte(&b, ENTRY_VERSION);
    add_u64(&b, (uint64_t)e.until_ms);
    add_u64(&b, (uint64_t)e.rows.user_pk);
    add_u64(&b, (uint64_t)e.rows.session_pk);
    add_u64(&b, (uint64_t)e.rows.client_session_pk);
    add_footing(&b, &e.footing);
    buf_add_bytes(&b, e.key_mark, sizeof(e.key_mark));
    for (size_t i = 0; i < ENTRY_TEXTS; i++)
        add_text(&b, *texts[i]);
    return buf_finish(&b, ret_bytes);
}

int validation_entry_read(struct str bytes, struct validation_entry *ret_entry)
{
    struct validation_entry e = {.until_ms = 0};
    struct str *texts[ENTRY_TEXTS];
    struct rd r = rd_of(bytes);
    texts_of(&e, texts);
    if (rd_u8(&r) != ENTRY_VERSION)
        return ERR_INVALID_SYNTAX;
    e.until_ms = (int64_t)rd_u64(&r);
    e.rows.user_pk = (int64_t)rd_u64(&r);
    e.rows.session_pk = (int64_t)rd_u64(&r);
    e.rows.client_session_pk = (int64_t)rd_u64(&r);
    e.footing = read_footing(&r);
    struct str mark = rd_bytes(&r, sizeof(e.key_mark));
    for (size_t i = 0; i < ENTRY_TEXTS; i++)
        *texts[i] = read_text(&r);
    if (r.failed || rd_left(&r) != 0)
        return ERR_INVALID_SYNTAX;
    memcpy(e.key_mark, mark.ptr, sizeof(e.key_mark));
    *ret_entry = e;
    return 0;
}

int validation_rights_write(struct arena *a, const struct validation_rights *rights,
                            struct str *ret_bytes)
{
    struct buf b;
    buf_init(&b, a, ENTRY_MAX);
    buf_add_byte(&b, (char)RIGHTS_VERSION);
    add_u64(&b, (uint64_t)rights->user_pk);
    add_footing(&b, &rights->footing);
    buf_add_byte(&b, rights->validator);
    return buf_finish(&b, ret_bytes);
}

int validation_rights_read(struct str bytes, struct validation_rights *ret_rights)
{
    struct rd r = rd_of(bytes);
    if (rd_u8(&r) != RIGHTS_VERSION)
        return ERR_INVALID_SYNTAX;
    struct validation_rights rights = {.user_pk = (int64_t)rd_u64(&r)};
    rights.footing = read_footing(&r);
    uint8_t validator = rd_u8(&r);
    if (r.failed || rd_left(&r) != 0 || validator > 1)
        return ERR_INVALID_SYNTAX;
    rights.validator = validator == 1;
    *ret_rights = rights;
    return 0;
}

/* --- of trusted issuers --- */

int validation_signed_write(struct arena *a, const struct validation_signed *entry,
                            struct str *ret_bytes)
{
    struct buf b;
    buf_init(&b, a, ENTRY_MAX);
    buf_add_byte(&b, SIGNED_VERSION);
    buf_add_bytes(&b, entry->mark, sizeof(entry->mark));
    return buf_finish(&b, ret_bytes);
}

int validation_signed_read(struct str bytes, struct validation_signed *ret_entry)
{
    struct rd r = rd_of(bytes);
    uint8_t version = rd_u8(&r);
    struct str mark = rd_bytes(&r, sizeof(ret_entry->mark));
    if (version != SIGNED_VERSION || r.failed || rd_left(&r) != 0)
        return ERR_INVALID_SYNTAX;
    memcpy(ret_entry->mark, mark.ptr, sizeof(ret_entry->mark));
    return 0;
}

int validation_keys_write(struct arena *a, const struct validation_keys *keys,
                          struct str *ret_bytes)
{
    struct buf b;
    buf_init(&b, a, ENTRY_MAX);
    buf_add_byte(&b, KEYS_VERSION);
    add_u64(&b, (uint64_t)keys->checked_ms);
    add_text(&b, keys->set);
    return buf_finish(&b, ret_bytes);
}

int validation_keys_read(struct str bytes, struct validation_keys *ret_keys)
{
    struct rd r = rd_of(bytes);
    uint8_t version = rd_u8(&r);
    struct validation_keys keys = {.checked_ms = (int64_t)rd_u64(&r)};
    keys.set = read_text(&r);
    if (version != KEYS_VERSION || r.failed || rd_left(&r) != 0)
        return ERR_INVALID_SYNTAX;
    *ret_keys = keys;
    return 0;
}

/* --- of persons --- */

#define PERSON_TEXTS 8
static void person_texts_of(struct validation_person *p, struct str *ret_texts[PERSON_TEXTS])
{
    struct str *const texts[] = {&p->user_id,   &p->username, &p->email,      &p->first_name,
                                 &p->last_name, &p->groups,   &p->attributes, &p->claims};
    memcpy(ret_texts, texts, sizeof(texts));
}

int validation_person_write(struct arena *a, const struct validation_person *person,
                            struct str *ret_bytes)
{
    struct validation_person p = *person;
    struct str *texts[PERSON_TEXTS];
    struct buf b;
    buf_init(&b, a, ENTRY_MAX);
    person_texts_of(&p, texts);
    buf_add_byte(&b, PERSON_VERSION);
    add_u64(&b, (uint64_t)p.user_pk);
    add_u64(&b, (uint64_t)p.session_pk);
    add_u64(&b, (uint64_t)p.client_session_pk);
    add_footing(&b, &p.footing);
    buf_add_byte(&b, (char)(p.email_verified + 2 * p.enabled));
    for (size_t i = 0; i < PERSON_TEXTS; i++)
        add_text(&b, *texts[i]);
    return buf_finish(&b, ret_bytes);
}

int validation_person_read(struct str bytes, struct validation_person *ret_person)
{
    struct validation_person p = {.user_pk = 0};
    struct str *texts[PERSON_TEXTS];
    struct rd r = rd_of(bytes);
    person_texts_of(&p, texts);
    if (rd_u8(&r) != PERSON_VERSION)
        return ERR_INVALID_SYNTAX;
    p.user_pk = (int64_t)rd_u64(&r);
    p.session_pk = (int64_t)rd_u64(&r);
    p.client_session_pk = (int64_t)rd_u64(&r);
    p.footing = read_footing(&r);
    uint8_t flags = rd_u8(&r);
    for (size_t i = 0; i < PERSON_TEXTS; i++)
        *texts[i] = read_text(&r);
    if (r.failed || rd_left(&r) != 0 || flags > 3)
        return ERR_INVALID_SYNTAX;
    p.email_verified = flags & 1;
    p.enabled = flags & 2;
    *ret_person = p;
    return 0;
}
