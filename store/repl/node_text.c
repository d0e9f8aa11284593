/* The file of a node, as JSON. */
#include "core/codec/base64.h"
#include "core/codec/json.h"
#include "store/repl/node.h"

#include "core/base/banned.h"

#define FORMAT 1

static const char *const role_words[] = {"alone", "primary", "standby"};
static const char *const met_words[] = {"standby", "no", "fenced"};
static const char *const mode_words[] = {"async", "sync-flush", "sync-apply"};

/* -1 for none of them. */
static int word_at(const char *const *words, size_t count, struct str word)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(word, words[i]))
            return (int)i;
    return -1;
}

const char *repl_mode_word(enum repl_mode mode)
{
    return mode_words[mode];
}

int repl_mode_of(struct str word, enum repl_mode *ret_mode)
{
    int at = word_at(mode_words, ARRAY_LEN(mode_words), word);
    if (at < 0)
        return ERR_INVALID_REQUEST;
    *ret_mode = (enum repl_mode)at;
    return 0;
}

/* --- Writing --- */

static void write_hash(struct json_writer *w, const char *name, const unsigned char bytes[32])
{
    char text[64];
    hex_write(text, bytes, 32);
    jw_member_str(w, name, str_of(text, sizeof(text)));
}

static void write_timeline(struct json_writer *w, const struct node_state *s)
{
    jw_member_array(w, "timeline");
    for (size_t i = 0; i < s->timeline_count; i++) {
        jw_begin_object(w);
        jw_member_i64(w, "epoch", (int64_t)s->timeline[i].epoch);
        jw_member_i64(w, "at", s->timeline[i].at_ms);
        jw_member_c(w, "node", s->timeline[i].node);
        jw_end_object(w);
    }
    jw_end_array(w);
}

static void write_tokens(struct json_writer *w, const struct node_state *s)
{
    jw_member_array(w, "tokens");
    for (size_t i = 0; i < s->token_count; i++) {
        jw_begin_object(w);
        write_hash(w, "hash", s->tokens[i].hash);
        jw_member_i64(w, "expires", s->tokens[i].expires_ms);
        jw_end_object(w);
    }
    jw_end_array(w);
}

static void write_peer(struct json_writer *w, const struct node_peer *peer)
{
    jw_member_object(w, "peer");
    jw_member_c(w, "node", peer->node);
    jw_member_c(w, "address", peer->address);
    write_hash(w, "pin", peer->pin);
    jw_member_c(w, "met", met_words[peer->met]);
    jw_end_object(w);
}

static void write_word(struct json_writer *w, const struct node_word *word)
{
    jw_member_object(w, "promotedBy");
    jw_member_c(w, "user", word->user);
    jw_member_c(w, "name", word->name);
    jw_member_c(w, "why", word->why);
    jw_end_object(w);
}

static void write_witness(struct json_writer *w, const struct node_witness *witness)
{
    jw_member_object(w, "witness");
    jw_member_c(w, "address", witness->address);
    write_hash(w, "pin", witness->pin);
    if (witness->counted[0] != '\0')
        jw_member_c(w, "countsOn", witness->counted);
    jw_end_object(w);
}

int node_text_write(struct arena *a, const struct node_state *s, struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, NODE_TEXT_MAX);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_i64(&w, "format", FORMAT);
    jw_member_c(&w, "role", role_words[s->role]);
    jw_member_c(&w, "cluster", s->cluster);
    jw_member_c(&w, "id", s->id);
    jw_member_i64(&w, "epoch", (int64_t)s->epoch);
    jw_member_i64(&w, "newerEpoch", (int64_t)s->newer_epoch);
    jw_member_c(&w, "mode", mode_words[s->mode]);
    jw_member_bool(&w, "failedOver", s->failed_over);
    if (s->rewinds)
        jw_member_bool(&w, "rewinds", true);
    if (s->word.user[0])
        write_word(&w, &s->word);
    if (node_has_peer(s))
        write_peer(&w, &s->peer);
    if (node_has_witness(s))
        write_witness(&w, &s->witness);
    if (s->primary_witness[0] != '\0')
        jw_member_c(&w, "primaryWitness", s->primary_witness);
    write_timeline(&w, s);
    write_tokens(&w, s);
    jw_end_object(&w);
    return jw_finish(&w, ret_text);
}

/* --- Reading --- */

static int read_text(const struct json_value *v, const char *name, char *out, size_t cap)
{
    struct str text = json_get_str(v, name);
    if (str_absent(text) || text.len >= cap || !str_has_no_control(text))
        return ERR_STORE_CORRUPT;
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return 0;
}

static int read_id(const struct json_value *v, const char *name, char out[REPL_NODE_ID_LEN + 1])
{
    TRY(read_text(v, name, out, REPL_NODE_ID_LEN + 1));
    return strlen(out) == REPL_NODE_ID_LEN ? 0 : ERR_STORE_CORRUPT;
}

static int read_epoch(const struct json_value *v, const char *name, uint64_t *ret_epoch)
{
    int64_t number;
    TRY(json_get_i64(v, name, &number));
    *ret_epoch = (uint64_t)number;
    return number >= 0 ? 0 : ERR_STORE_CORRUPT;
}

static int read_hash(struct arena *a, const struct json_value *v, const char *name,
                     unsigned char out[32])
{
    struct str bytes;
    TRY(hex_decode(a, json_get_str(v, name), &bytes));
    if (bytes.len != 32)
        return ERR_STORE_CORRUPT;
    memcpy(out, bytes.ptr, bytes.len);
    return 0;
}

/* Files of before have no such member. */
static int read_flag(const struct json_value *v, const char *name, bool *ret_flag)
{
    return json_is_none(json_get(v, name)) ? 0 : json_get_bool(v, name, ret_flag);
}

static int read_met(const struct json_value *v, enum node_met *ret_met)
{
    int met = word_at(met_words, ARRAY_LEN(met_words), json_get_str(v, "met"));
    if (json_is_none(json_get(v, "met")))
        return 0;
    *ret_met = (enum node_met)met;
    return met >= 0 ? 0 : ERR_STORE_CORRUPT;
}

static int read_peer(struct arena *a, const struct json_value *v, struct node_peer *peer)
{
    if (json_is_none(v))
        return 0;
    TRY(read_id(v, "node", peer->node));
    TRY(read_text(v, "address", peer->address, sizeof(peer->address)));
    TRY(read_met(v, &peer->met));
    return read_hash(a, v, "pin", peer->pin);
}

static int read_word(const struct json_value *v, struct node_word *word)
{
    if (json_is_none(v))
        return 0;
    TRY(read_id(v, "user", word->user));
    TRY(read_text(v, "name", word->name, sizeof(word->name)));
    return read_text(v, "why", word->why, sizeof(word->why));
}

static int read_witness(struct arena *a, const struct json_value *v, struct node_witness *witness)
{
    if (json_is_none(v))
        return 0;
    TRY(read_text(v, "address", witness->address, sizeof(witness->address)));
    if (json_get(v, "countsOn"))
        TRY(read_id(v, "countsOn", witness->counted));
    return witness->address[0] != '\0' ? read_hash(a, v, "pin", witness->pin) : ERR_STORE_CORRUPT;
}

static int read_timeline(const struct json_value *list, struct node_state *s)
{
    const struct json_value *v;
    struct json_iter it = json_iter(list);
    if (!json_is_array(list) || json_count(list) > NODE_TIMELINE_MAX)
        return ERR_STORE_CORRUPT;
    while (json_next(&it, NULL, &v)) {
        struct node_epoch *e = &s->timeline[s->timeline_count++];
        TRY(read_epoch(v, "epoch", &e->epoch));
        TRY(json_get_i64(v, "at", &e->at_ms));
        TRY(read_id(v, "node", e->node));
    }
    return 0;
}

static int read_tokens(struct arena *a, const struct json_value *list, struct node_state *s)
{
    const struct json_value *v;
    struct json_iter it = json_iter(list);
    if (!json_is_array(list) || json_count(list) > NODE_TOKENS_MAX)
        return ERR_STORE_CORRUPT;
    while (json_next(&it, NULL, &v)) {
        struct node_token *t = &s->tokens[s->token_count++];
        TRY(read_hash(a, v, "hash", t->hash));
        TRY(json_get_i64(v, "expires", &t->expires_ms));
    }
    return 0;
}

static int read_role(const struct json_value *v, struct node_state *s)
{
    int role = word_at(role_words, ARRAY_LEN(role_words), json_get_str(v, "role"));
    if (role < 0 || repl_mode_of(json_get_str(v, "mode"), &s->mode) != 0)
        return ERR_STORE_CORRUPT;
    s->role = (enum repl_role)role;
    if (s->role == REPL_ALONE)
        return 0;
    TRY(read_id(v, "cluster", s->cluster));
    return read_id(v, "id", s->id);
}

static int read_members(struct arena *a, const struct json_value *v, struct node_state *s)
{
    int64_t format;
    TRY(json_get_i64(v, "format", &format));
    if (format != FORMAT)
        return ERR_STORE_VERSION;
    TRY(read_role(v, s));
    TRY(read_epoch(v, "epoch", &s->epoch));
    TRY(read_epoch(v, "newerEpoch", &s->newer_epoch));
    TRY(read_flag(v, "failedOver", &s->failed_over));
    TRY(read_flag(v, "rewinds", &s->rewinds));
    TRY(read_peer(a, json_get(v, "peer"), &s->peer));
    TRY(read_word(json_get(v, "promotedBy"), &s->word));
    TRY(read_witness(a, json_get(v, "witness"), &s->witness));
    if (!json_is_none(json_get(v, "primaryWitness")))
        TRY(read_text(v, "primaryWitness", s->primary_witness, sizeof(s->primary_witness)));
    TRY(read_timeline(json_get(v, "timeline"), s));
    return read_tokens(a, json_get(v, "tokens"), s);
}

int node_text_read(struct arena *a, struct str text, struct node_state *ret_state)
{
    const struct json_value *v;
    struct node_state s = {.role = REPL_ALONE};
    int err = json_parse(a, text, NODE_TEXT_MAX, &v);
    if (err == 0)
        err = read_members(a, v, &s);
    if (err == 0)
        *ret_state = s;
    return err == 0 || err == ERR_NO_MEMORY || err == ERR_STORE_VERSION ? err : ERR_STORE_CORRUPT;
}
