/* The catalogue of events by name, and the hash that chains them. */
#include "core/audit/event.h"

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

/* Parts of the hash's input: each is a length of eight bytes, little-endian, and the bytes. */
#define HASH_FIELDS_MAX 20

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

void event_hash(const struct event_record *record, unsigned char ret_hash[32])
{
    struct hash_input in;
    in.word_count = in.part_count = 0;
    add_text(&in, STR("garita audit 1"));
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
    add_text(&in, record->ip);
    add_text(&in, record->user_agent);
    add_text(&in, record->data);
    add_text(&in, record->metadata);
    blake2b_256(str_of(NULL, 0), in.parts, in.part_count, ret_hash);
}
