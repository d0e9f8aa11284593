/* Each message is described once, by a function that visits its members in their order: writing puts them
 * out, reading takes them in, and both hold them to the same limits. */
#include "store/repl/message.h"

#include "core/base/rd.h"
#include "store/page_file.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES    96
#define ADDRESS_MAX_BYTES 300
#define REASON_MAX_BYTES  1000
#define VALUE_MAX_BYTES   UINT16_MAX
#define HASH_BYTES        8
#define CLIENT_MAX_BYTES  64
#define DOOR_MAX          1

struct wire {
    struct buf *out; /* NULL: reading */
    struct rd in;
    bool bad; /* something is beyond what a message may say */
};

static void hold(struct wire *w, bool condition)
{
    if (!condition)
        w->bad = true;
}

static uint64_t unsigned_number(struct wire *w, uint64_t value, size_t bytes)
{
    if (w->out) {
        for (size_t i = bytes; i > 0; i--)
            buf_add_byte(w->out, (char)(unsigned char)(value >> (8 * (i - 1))));
        return value;
    }
    switch (bytes) {
    case 1: return rd_u8(&w->in);
    case 2: return rd_u16(&w->in);
    case 4: return rd_u32(&w->in);
    default: return rd_u64(&w->in);
    }
}

static void u8(struct wire *w, uint8_t *value)
{
    *value = (uint8_t)unsigned_number(w, *value, 1);
}

static void u32(struct wire *w, uint32_t *value)
{
    *value = (uint32_t)unsigned_number(w, *value, 4);
}

static void u64(struct wire *w, uint64_t *value)
{
    *value = unsigned_number(w, *value, 8);
}

static void i64(struct wire *w, int64_t *value)
{
    *value = (int64_t)unsigned_number(w, (uint64_t)*value, 8);
}

static void flag(struct wire *w, bool *value)
{
    uint64_t byte = unsigned_number(w, w->out && *value, 1);
    hold(w, byte <= 1);
    *value = byte == 1;
}

/* How many of a list, of two bytes. What is beyond most is counted as none, so that nobody runs over an
 * array. */
static void count(struct wire *w, size_t *value, size_t most)
{
    size_t n = w->out && *value > most ? most + 1 : (size_t)unsigned_number(w, *value, 2);
    hold(w, n <= most);
    *value = n <= most ? n : 0;
}

static void bytes(struct wire *w, struct str *value, size_t len)
{
    if (w->out)
        buf_add(w->out, *value);
    else
        *value = rd_bytes(&w->in, len);
}

static void text(struct wire *w, struct str *value, size_t most)
{
    size_t len = value->len;
    count(w, &len, most);
    bytes(w, value, len);
    hold(w, w->in.failed || str_has_no_control(*value));
}

/* Bytes to the end of the message. */
static void rest(struct wire *w, struct str *value, size_t most)
{
    bytes(w, value, w->out ? value->len : rd_left(&w->in));
    hold(w, value->len <= most);
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

/* Of a file, without a folder: none leads out of the one that it belongs to. */
static void file_name(struct wire *w, struct str *value)
{
    text(w, value, NAME_MAX_BYTES);
    hold(w, !str_empty(*value) && value->ptr[0] != '.');
    for (size_t i = 0; i < value->len; i++)
        hold(w, is_name_byte(value->ptr[i]));
}

static void uuid(struct wire *w, struct str *value)
{
    text(w, value, REPL_NODE_ID_LEN);
    hold(w, value->len == REPL_NODE_ID_LEN);
}

static void position(struct wire *w, struct repl_position *p)
{
    u64(w, &p->epoch);
    u64(w, &p->lsn);
    u64(w, &p->mark);
}

/* A node of another version is told so whatever it says besides: the rest is for those of this one. */
static void hello(struct wire *w, struct repl_hello *h)
{
    uint8_t role = (uint8_t)h->role;
    u32(w, &h->version);
    if (h->version != REPL_VERSION) {
        *h = (struct repl_hello){.version = h->version};
        w->in.pos = w->in.end;
        return;
    }
    u32(w, &h->page_bytes);
    uuid(w, &h->cluster);
    uuid(w, &h->node);
    text(w, &h->address, ADDRESS_MAX_BYTES);
    u8(w, &role);
    hold(w, role <= REPL_STANDBY);
    h->role = (enum repl_role)role;
    u64(w, &h->epoch);
    i64(w, &h->wall_ms);
}

static void refusal(struct wire *w, struct repl_refusal *r)
{
    u64(w, &r->epoch);
    text(w, &r->text, REASON_MAX_BYTES);
}

static void at(struct wire *w, struct repl_at *a)
{
    file_name(w, &a->file);
    position(w, &a->position);
}

static void settings(struct wire *w, struct repl_settings *s)
{
    count(w, &s->count, ARRAY_LEN(s->names));
    for (size_t i = 0; i < s->count; i++) {
        size_t len = s->values[i].len;
        text(w, &s->names[i], NAME_MAX_BYTES);
        count(w, &len, VALUE_MAX_BYTES);
        bytes(w, &s->values[i], len);
    }
}

static void realm_and_file(struct wire *w, struct str *realm, struct str *file)
{
    text(w, realm, NAME_MAX_BYTES);
    hold(w, !str_empty(*realm));
    file_name(w, file);
}

static void snapshot(struct wire *w, struct repl_snapshot *s)
{
    realm_and_file(w, &s->realm, &s->file);
    position(w, &s->position);
    u32(w, &s->page_count);
    u32(w, &s->count);
    flag(w, &s->difference);
    hold(w, s->page_count > 0 && s->count <= s->page_count);
}

static void change(struct wire *w, struct repl_change *c)
{
    u8(w, &c->kind);
    u64(w, &c->key);
}

static void commit(struct wire *w, struct repl_commit_head *c)
{
    realm_and_file(w, &c->realm, &c->file);
    position(w, &c->before);
    position(w, &c->after);
    i64(w, &c->time_ms);
    u32(w, &c->page_count);
    u32(w, &c->count);
    hold(w, c->page_count > 0 && c->count <= c->page_count && c->count <= REPL_PAGES_MAX);
    u8(w, &c->changed);
    hold(w, c->changed <= (REPL_CHANGED_CONFIG | REPL_CHANGED_ANY | REPL_CHANGED_ALL));
    count(w, &c->change_count, REPL_MESSAGE_CHANGES);
    for (size_t i = 0; i < c->change_count; i++)
        change(w, &c->changes[i]);
}

static void page(struct wire *w, struct repl_page *p, uint32_t previous)
{
    struct str image = str_of((const char *)p->image, PAGE_BYTES);
    u32(w, &p->number);
    bytes(w, &image, PAGE_BYTES);
    p->image = (const unsigned char *)image.ptr;
    hold(w, p->number > previous);
}

static void pages(struct wire *w, struct repl_pages *p)
{
    count(w, &p->count, REPL_MESSAGE_PAGES);
    hold(w, p->count > 0);
    for (size_t i = 0; i < p->count; i++)
        page(w, &p->pages[i], i > 0 ? p->pages[i - 1].number : 0);
}

static void archive(struct wire *w, struct repl_archive *a)
{
    struct str hash = str_of((const char *)a->hash, sizeof(a->hash));
    file_name(w, &a->file);
    file_name(w, &a->name);
    u64(w, &a->bytes);
    u64(w, &a->there);
    hold(w, a->there <= a->bytes);
    bytes(w, &hash, sizeof(a->hash));
    if (!w->out && !w->in.failed)
        memcpy(a->hash, hash.ptr, sizeof(a->hash));
    flag(w, &a->removed);
}

static void hashes(struct wire *w, struct repl_hashes *h)
{
    file_name(w, &h->file);
    u32(w, &h->first);
    u32(w, &h->page_count);
    rest(w, &h->hashes, REPL_MESSAGE_BYTES);
    hold(w, h->hashes.len % HASH_BYTES == 0);
    hold(w, str_empty(h->hashes) ||
                (h->first > 0 &&
                 h->first - UINT64_C(1) + h->hashes.len / HASH_BYTES <= h->page_count));
}

static void heartbeat(struct wire *w, struct repl_heartbeat *h)
{
    u64(w, &h->epoch);
    i64(w, &h->wall_ms);
    u64(w, &h->sent_bytes);
    i64(w, &h->asked_ms);
    i64(w, &h->promised_ms);
    u32(w, &h->lease_ms);
    hold(w, h->lease_ms <= REPL_LEASE_MOST_MS);
    i64(w, &h->said_ms);
    flag(w, &h->complete);
}

static void ask(struct wire *w, struct repl_ask *a)
{
    u64(w, &a->id);
    u32(w, &a->bytes);
    hold(w, a->bytes > 0 && a->bytes <= REPL_ASK_BYTES_MAX);
    text(w, &a->client, CLIENT_MAX_BYTES);
    text(w, &a->origin, ADDRESS_MAX_BYTES);
    text(w, &a->own_origin, ADDRESS_MAX_BYTES);
    flag(w, &a->secure);
    u8(w, &a->door);
    hold(w, a->door <= DOOR_MAX);
}

static void answer(struct wire *w, struct repl_answer *a)
{
    u64(w, &a->id);
    u32(w, &a->bytes);
    hold(w, a->bytes <= REPL_ANSWER_BYTES_MAX);
    flag(w, &a->ends);
}

static void piece(struct wire *w, struct repl_piece *p)
{
    u64(w, &p->id);
    rest(w, &p->bytes, REPL_MESSAGE_BYTES);
    hold(w, p->bytes.len > 0);
}

static void content(struct wire *w, struct repl_message *m)
{
    switch (m->type) {
    case REPL_HELLO: hello(w, &m->hello); break;
    case REPL_FENCED:
    case REPL_REFUSED: refusal(w, &m->refusal); break;
    case REPL_AT:
    case REPL_ACK: at(w, &m->at); break;
    case REPL_AT_END: break;
    case REPL_SETTINGS: settings(w, &m->settings); break;
    case REPL_SNAPSHOT: snapshot(w, &m->snapshot); break;
    case REPL_COMMIT: commit(w, &m->commit); break;
    case REPL_PAGES: pages(w, &m->pages); break;
    case REPL_SNAPSHOT_END:
    case REPL_GONE: file_name(w, &m->file); break;
    case REPL_ARCHIVE:
    case REPL_ARCHIVE_ACK: archive(w, &m->archive); break;
    case REPL_ARCHIVE_END: file_name(w, &m->file); break;
    case REPL_BYTES: rest(w, &m->bytes, REPL_MESSAGE_BYTES); break;
    case REPL_HASHES: hashes(w, &m->hashes); break;
    case REPL_HEARTBEAT: heartbeat(w, &m->heartbeat); break;
    case REPL_ASK: ask(w, &m->ask); break;
    case REPL_ANSWER: answer(w, &m->answer); break;
    case REPL_PIECE: piece(w, &m->piece); break;
    case REPL_TYPES:
    default: w->bad = true;
    }
}

static void put_length(struct buf *out, size_t begin)
{
    size_t len = out->len - begin - REPL_LENGTH_BYTES;
    for (size_t i = 0; i < REPL_LENGTH_BYTES; i++)
        out->ptr[begin + i] = (char)(unsigned char)(len >> (8 * (REPL_LENGTH_BYTES - 1 - i)));
}

int repl_encode(struct buf *out, const struct repl_message *m)
{
    struct str ignored;
    size_t begin = out->len;
    struct repl_message copy = *m; /* reading changes it; writing gives back what was there */
    struct wire w = {.out = out};
    uint8_t type = (uint8_t)m->type;
    uint32_t later = 0;
    u32(&w, &later);
    u8(&w, &type);
    content(&w, &copy);
    TRY(buf_finish(out, &ignored));
    if (w.bad || out->len - begin - REPL_LENGTH_BYTES > REPL_MESSAGE_MAX) {
        out->len = begin;
        return w.bad ? ERR_INVALID_REQUEST : ERR_TOO_LARGE;
    }
    put_length(out, begin);
    return 0;
}

int repl_decode(struct str message, struct repl_message *ret_message)
{
    struct wire w = {.in = rd_of(message)};
    if (message.len > REPL_MESSAGE_MAX)
        return ERR_INVALID_REQUEST;
    ret_message->type = (enum repl_message_type)rd_u8(&w.in);
    content(&w, ret_message);
    return w.bad || w.in.failed || rd_left(&w.in) > 0 ? ERR_INVALID_REQUEST : 0;
}
