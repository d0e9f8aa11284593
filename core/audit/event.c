/* The catalogue of events by name, and the hash that chains them. */
#include "core/audit/event.h"

#include "core/base/err.h"
#include "core/crypto/digest.h"

#include "core/base/banned.h"

static const struct {
    const char *name;
    const char *keycloak;
    int64_t version;
} catalogue[EVENT_TYPE_COUNT] = {
#define V(event_name, keycloak_type, error, event_version)                                         \
    [EVENT_##event_name] = {#event_name, keycloak_type, event_version},
#include "core/audit/events.def"
#undef V
};

const char *event_type_name(enum event_type type)
{
    return type < EVENT_TYPE_COUNT ? catalogue[type].name : "Unknown";
}

const char *event_type_keycloak(enum event_type type)
{
    return type < EVENT_TYPE_COUNT ? catalogue[type].keycloak : "UNKNOWN";
}

int64_t event_type_version(enum event_type type)
{
    return type < EVENT_TYPE_COUNT ? catalogue[type].version : 0;
}

int event_type_find(struct str name)
{
    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        if (str_eq_c(name, catalogue[i].name))
            return i;
    return -1;
}

/* --- Copies --- */

static void copy_text(struct arena *a, struct str *io_text)
{
    *io_text = arena_str(a, *io_text);
}

static const struct statement *copy_statement(struct arena *a, const struct statement *from)
{
    struct statement *s = from ? ARENA_NEW(a, struct statement) : NULL;
    if (!s)
        return NULL;
    *s = *from;
    copy_text(a, &s->realm_id);
    copy_text(a, &s->prev_hash);
    copy_text(a, &s->last_hash);
    copy_text(a, &s->kid);
    copy_text(a, &s->signature);
    return s;
}

int event_record_copy(struct arena *a, const struct event_record *from,
                      struct event_record *ret_copy)
{
    struct event_record e = *from;
    struct str *const texts[] = {&e.id,        &e.stream_id,  &e.type, &e.tenant,     &e.user_id,
                                 &e.client_id, &e.session_id, &e.ip,   &e.user_agent, &e.data,
                                 &e.metadata,  &e.prev_hash,  &e.hash};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        copy_text(a, texts[i]);
    for (int i = 0; i < EVENT_BOX_KINDS; i++)
        copy_text(a, &e.boxes[i]);
    e.head = copy_statement(a, from->head);
    e.removal = copy_statement(a, from->removal);
    *ret_copy = e;
    return a->exhausted ? ERR_NO_MEMORY : 0;
}

/* --- The hash --- */

/* Parts of the hash's input: each is a length of eight bytes, little-endian, and the bytes. */
#define HASH_FIELDS_MAX 24

struct hash_input {
    unsigned char words[2 * HASH_FIELDS_MAX][8];
    struct str parts[2 * HASH_FIELDS_MAX];
    size_t word_count;
    size_t part_count;
};

static struct str add_word(struct hash_input *in, uint64_t value)
{
    unsigned char *word = in->words[in->word_count++];
    for (int i = 0; i < 8; i++)
        word[i] = (unsigned char)(value >> (8 * i));
    return str_of((const char *)word, 8);
}

static void add_text(struct hash_input *in, struct str text)
{
    in->parts[in->part_count++] = add_word(in, text.len);
    in->parts[in->part_count++] = str_absent(text) ? STR("") : text;
}

static void add_number(struct hash_input *in, int64_t number)
{
    add_text(in, add_word(in, (uint64_t)number));
}

const char *event_box_name(enum event_box_kind kind)
{
    static const char *const names[EVENT_BOX_KINDS] = {"actor", "subject", "both"};
    return names[kind];
}

struct str event_unknown_person(struct arena *a, int64_t time_ms)
{
    char date[25];
    clock_rfc3339(time_ms, date);
    return ARENA_CONCAT(a, STR("unknown:"), str_of(date, 7));
}

struct str event_box_person(struct arena *a, const struct event_record *record,
                            enum event_box_kind kind)
{
    if (kind == EVENT_BOX_SUBJECT)
        return str_from(record->stream_id, sizeof("user:") - 1);
    return str_empty(record->user_id) ? event_unknown_person(a, record->time_ms) : record->user_id;
}

/* What came out of a box is hashed as the box; the member itself counts as it is stored: empty. */
static struct str as_stored(const struct event_record *record, bool (*has)(enum event_box_kind),
                            struct str member, struct str empty)
{
    for (int i = 0; record->opened && i < EVENT_BOX_KINDS; i++)
        if (!str_absent(record->boxes[i]) && has((enum event_box_kind)i))
            return empty;
    return member;
}

static bool has_actor(enum event_box_kind kind)
{
    return event_box_has_actor(kind);
}

static bool has_data(enum event_box_kind kind)
{
    return event_box_has_data(kind);
}

void event_hash(const struct event_record *record, unsigned char ret_hash[32])
{
    struct hash_input in;
    bool boxes = record->format == EVENT_FORMAT_BOXES;
    in.word_count = in.part_count = 0;
    add_text(&in, boxes ? STR("garita audit 2") : STR("garita audit 1"));
    add_text(&in, record->prev_hash);
    add_number(&in, record->seq);
    add_text(&in, record->id);
    add_text(&in, record->stream_id);
    add_text(&in, record->type);
    add_number(&in, record->version);
    add_number(&in, record->time_ms);
    add_text(&in, record->tenant);
    add_text(&in, record->user_id);
    add_text(&in, record->session_id);
    add_text(&in, record->client_id);
    add_text(&in, as_stored(record, has_actor, record->ip, STR("")));
    add_text(&in, as_stored(record, has_actor, record->user_agent, STR("")));
    add_text(&in, as_stored(record, has_data, record->data, STR("{}")));
    add_text(&in, as_stored(record, has_actor, record->metadata, STR("{}")));
    for (int i = 0; boxes && i < EVENT_BOX_KINDS; i++)
        add_text(&in, record->boxes[i]);
    blake2b_256(str_of(NULL, 0), in.parts, in.part_count, ret_hash);
}
