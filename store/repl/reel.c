/* The format is in the header. */
#include "store/repl/reel.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/rd.h"
#include "core/crypto/digest.h"
#include "store/plain_file.h"
#include "store/repl/manifest.h"
#include "store/repl/sealed_file.h"

#include "core/base/banned.h"

#define VERSION          1
#define POSITION_BYTES   24
#define HEAD_BYTES       (2 + 8 + 8 + 8 + 2 * POSITION_BYTES + 2 * REEL_CHAIN_BYTES)
#define SUFFIX           ".reel"
#define PART_LEN         33 /* "LSN.MARK" */
#define HEX_LEN          16
#define NAME_ARENA_BYTES ((size_t)4 << 10)

_Static_assert(REEL_CHAIN_BYTES == BLAKE2B_BYTES, "the chain is of BLAKE2b");
_Static_assert(REEL_NAME_LEN == 2 * PART_LEN + 1 + sizeof(SUFFIX) - 1, "as it is written");

/* --- Names --- */

void reel_name_of(const struct reel_head *head, char name[REEL_NAME_LEN + 1])
{
    (void)snprintf(name, REEL_NAME_LEN + 1, "%016llx.%016llx-%016llx.%016llx" SUFFIX,
                   (unsigned long long)head->before.lsn, (unsigned long long)head->before.mark,
                   (unsigned long long)head->after.lsn, (unsigned long long)head->after.mark);
}

static bool parse_hex(struct str text, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool digit = c >= '0' && c <= '9';
        if (!digit && (c < 'a' || c > 'f'))
            return false;
        value = value << 4 | (uint64_t)(digit ? c - '0' : c - 'a' + 10);
    }
    *ret_value = value;
    return true;
}

static bool parse_part(struct str text, struct repl_position *ret_position)
{
    return text.ptr[HEX_LEN] == '.' && parse_hex(str_sub(text, 0, HEX_LEN), &ret_position->lsn) &&
           parse_hex(str_sub(text, HEX_LEN + 1, HEX_LEN), &ret_position->mark);
}

bool reel_name_parse(struct str text, struct reel_name *ret_name)
{
    struct reel_name n = {0};
    if (text.len != REEL_NAME_LEN || !str_ends(text, STR(SUFFIX)) || text.ptr[PART_LEN] != '-')
        return false;
    if (!parse_part(str_sub(text, 0, PART_LEN), &n.before) ||
        !parse_part(str_sub(text, PART_LEN + 1, PART_LEN), &n.after) || n.after.lsn <= n.before.lsn)
        return false;
    *ret_name = n;
    return true;
}

/* --- Bytes --- */

static void put_number(struct buf *b, uint64_t value, size_t bytes)
{
    for (size_t i = bytes; i-- > 0;)
        buf_add_byte(b, (char)(value >> (8 * i)));
}

static void put_position(struct buf *b, const struct repl_position *p)
{
    put_number(b, p->epoch, 8);
    put_number(b, p->lsn, 8);
    put_number(b, p->mark, 8);
}

static struct repl_position get_position(struct rd *r)
{
    struct repl_position p;
    p.epoch = rd_u64(r);
    p.lsn = rd_u64(r);
    p.mark = rd_u64(r);
    return p;
}

static void put_head(struct buf *b, const struct reel_head *head)
{
    put_number(b, VERSION, 2);
    put_number(b, (uint64_t)head->first_ms, 8);
    put_number(b, (uint64_t)head->last_ms, 8);
    put_number(b, head->commits, 8);
    put_position(b, &head->before);
    put_position(b, &head->after);
    buf_add_bytes(b, head->chain_before, REEL_CHAIN_BYTES);
    buf_add_bytes(b, head->chain_after, REEL_CHAIN_BYTES);
}

static void get_chain(struct rd *r, unsigned char chain[REEL_CHAIN_BYTES])
{
    struct str bytes = rd_bytes(r, REEL_CHAIN_BYTES);
    if (!r->failed)
        memcpy(chain, bytes.ptr, REEL_CHAIN_BYTES);
}

int reel_head_parse(struct str bytes, struct reel_head *ret_head)
{
    struct rd r = rd_of(bytes);
    struct reel_head h = {0};
    uint16_t version = rd_u16(&r);
    h.first_ms = (int64_t)rd_u64(&r);
    h.last_ms = (int64_t)rd_u64(&r);
    h.commits = rd_u64(&r);
    h.before = get_position(&r);
    h.after = get_position(&r);
    get_chain(&r, h.chain_before);
    get_chain(&r, h.chain_after);
    if (!r.failed && version != VERSION)
        return ERR_STORE_VERSION;
    if (r.failed || rd_left(&r) != 0 || h.first_ms > h.last_ms || h.commits == 0 ||
        h.after.lsn <= h.before.lsn || h.after.lsn - h.before.lsn != h.commits)
        return ERR_STORE_CORRUPT;
    *ret_head = h;
    return 0;
}

size_t reel_commit_bytes(size_t pages)
{
    return REEL_COMMIT_BYTES + pages * REEL_PAGE_BYTES;
}

void reel_put_commit(struct buf *b, const struct repl_commit *commit, int64_t time_ms)
{
    put_position(b, &commit->after);
    put_number(b, (uint64_t)time_ms, 8);
    put_number(b, commit->page_count, 4);
    put_number(b, commit->count, 4);
    for (size_t i = 0; i < commit->count; i++) {
        put_number(b, commit->pages[i].number, 4);
        buf_add_bytes(b, commit->pages[i].image, PAGE_BYTES);
    }
}

static int parse_fixed(struct rd *r, struct reel_commit *c)
{
    c->after = get_position(r);
    c->time_ms = (int64_t)rd_u64(r);
    c->page_count = rd_u32(r);
    c->count = rd_u32(r);
    bool right =
        !r->failed && c->count > 0 && c->count <= REPL_PAGES_MAX && c->count <= c->page_count;
    return right ? 0 : ERR_STORE_CORRUPT;
}

struct repl_page reel_page(const struct reel_commit *commit, uint32_t index)
{
    const unsigned char *at = commit->pages + (size_t)index * REEL_PAGE_BYTES;
    struct rd r = rd_of(str_of((const char *)at, REEL_PAGE_BYTES));
    uint32_t number = rd_u32(&r);
    return (struct repl_page){number, at + REEL_PAGE_BYTES - PAGE_BYTES};
}

int reel_commit_parse(struct str bytes, struct reel_commit *ret_commit)
{
    struct rd r = rd_of(bytes);
    struct reel_commit c = {.bytes = bytes};
    uint32_t last = 0;
    TRY(parse_fixed(&r, &c));
    if (rd_left(&r) != (size_t)c.count * REEL_PAGE_BYTES)
        return ERR_STORE_CORRUPT;
    c.pages = r.pos;
    for (uint32_t i = 0; i < c.count; i++) {
        struct repl_page page = reel_page(&c, i);
        if (page.number <= last || page.number > c.page_count)
            return ERR_STORE_CORRUPT;
        last = page.number;
    }
    *ret_commit = c;
    return 0;
}

/* --- The chain --- */

static void chain_on(unsigned char chain[REEL_CHAIN_BYTES], struct str commit)
{
    const struct str parts[] = {str_of((const char *)chain, REEL_CHAIN_BYTES), commit};
    unsigned char next[REEL_CHAIN_BYTES];
    blake2b_256(str_of(NULL, 0), parts, ARRAY_LEN(parts), next);
    memcpy(chain, next, sizeof(next));
}

int reel_chain(struct str commits, unsigned char chain[REEL_CHAIN_BYTES])
{
    while (commits.len > 0) {
        struct rd r = rd_of(commits);
        struct reel_commit c;
        TRY(parse_fixed(&r, &c));
        size_t len = reel_commit_bytes(c.count);
        if (len > commits.len)
            return ERR_STORE_CORRUPT;
        chain_on(chain, str_sub(commits, 0, len));
        commits = str_sub(commits, len, commits.len - len);
    }
    return 0;
}

/* --- Writing --- */

struct output {
    struct whole_file file;
    struct sealed_writer *sealed;
};

static void output_close(struct output *o)
{
    sealed_writer_close(o->sealed);
    whole_file_close(&o->file);
}

static int output_open(int dir_fd, const struct secret *key, struct str file,
                       const struct reel_head *head, struct output *o)
{
    CLEANUP(arena_free) struct arena a;
    char name[REEL_NAME_LEN + 1];
    struct buf b;
    struct str context, bytes;
    arena_init(&a, NAME_ARENA_BYTES);
    reel_name_of(head, name);
    context = backup_context(&a, file, str_c(name));
    buf_init(&b, &a, HEAD_BYTES);
    put_head(&b, head);
    TRY(buf_finish(&b, &bytes));
    if (str_absent(context))
        return ERR_NO_MEMORY;
    int dir = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
    if (dir < 0)
        return ERR_IO;
    TRY(whole_file_create(dir, str_c(name), &o->file));
    TRY(sealed_writer_open(&o->file, key, SEALED_REEL, context, &o->sealed));
    return sealed_write(o->sealed, bytes.ptr, bytes.len);
}

static int output_end(struct output *o)
{
    int64_t bytes;
    TRY(sealed_writer_end(o->sealed, &bytes));
    return whole_file_publish(&o->file);
}

int reel_write(int dir_fd, const struct secret *key, struct str file, const struct reel_head *head,
               struct str commits)
{
    CLEANUP(output_close) struct output o = {.file = WHOLE_FILE_NONE};
    TRY(output_open(dir_fd, key, file, head, &o));
    TRY(sealed_write(o.sealed, commits.ptr, commits.len));
    return output_end(&o);
}

/* --- Reading --- */

struct reel_reader {
    struct sealed_reader *sealed;
    struct reel_head head;
    struct repl_position at;
    uint64_t read;
    int64_t time_ms;
    unsigned char chain[REEL_CHAIN_BYTES];
    char *bytes; /* of the commit that was read */
    size_t cap;
};

static int open_sealed(int dir_fd, const struct secret *key, struct str file, struct str name,
                       struct sealed_reader **ret_sealed)
{
    CLEANUP(arena_free) struct arena a;
    char path[WHOLE_FILE_NAME_MAX];
    int fd;
    arena_init(&a, NAME_ARENA_BYTES);
    struct str context = backup_context(&a, file, name);
    if (str_absent(context))
        return ERR_NO_MEMORY;
    if (!whole_file_name(path, name, ""))
        return ERR_STORE_CORRUPT;
    TRY(plain_file_open(dir_fd, path, O_RDONLY, &fd));
    return sealed_reader_open(fd, key, SEALED_REEL, context, ret_sealed);
}

static int read_head(struct reel_reader *r, struct str name)
{
    char bytes[HEAD_BYTES], told[REEL_NAME_LEN + 1];
    TRY(sealed_read_all(r->sealed, bytes, sizeof(bytes)));
    TRY(reel_head_parse(str_of(bytes, sizeof(bytes)), &r->head));
    reel_name_of(&r->head, told);
    if (!str_eq_c(name, told))
        return ERR_STORE_CORRUPT;
    r->at = r->head.before;
    r->time_ms = r->head.first_ms;
    memcpy(r->chain, r->head.chain_before, sizeof(r->chain));
    return 0;
}

int reel_open(int dir_fd, const struct secret *key, struct str file, struct str name,
              struct reel_reader **ret_reader, struct reel_head *ret_head)
{
    struct reel_reader *r = calloc(1, sizeof(*r));
    if (!r)
        return ERR_NO_MEMORY;
    int err = open_sealed(dir_fd, key, file, name, &r->sealed);
    if (err == 0)
        err = read_head(r, name);
    if (err != 0) {
        reel_close(r);
        return err;
    }
    *ret_head = r->head;
    *ret_reader = r;
    return 0;
}

void reel_close(struct reel_reader *r)
{
    if (!r)
        return;
    sealed_reader_close(r->sealed);
    free(r->bytes);
    free(r);
}

static int reserve(struct reel_reader *r, size_t len)
{
    if (len <= r->cap)
        return 0;
    char *bytes = realloc(r->bytes, len);
    if (!bytes)
        return ERR_NO_MEMORY;
    r->bytes = bytes;
    r->cap = len;
    return 0;
}

static int read_commit(struct reel_reader *r, struct reel_commit *ret_commit)
{
    struct reel_commit fixed = {0};
    TRY(reserve(r, REEL_COMMIT_BYTES));
    TRY(sealed_read_all(r->sealed, r->bytes, REEL_COMMIT_BYTES));
    struct rd rd = rd_of(str_of(r->bytes, REEL_COMMIT_BYTES));
    TRY(parse_fixed(&rd, &fixed));
    size_t len = reel_commit_bytes(fixed.count);
    TRY(reserve(r, len));
    TRY(sealed_read_all(r->sealed, r->bytes + REEL_COMMIT_BYTES, len - REEL_COMMIT_BYTES));
    return reel_commit_parse(str_of(r->bytes, len), ret_commit);
}

static int check_end(struct reel_reader *r)
{
    char byte;
    size_t n;
    TRY(sealed_read(r->sealed, &byte, 1, &n));
    bool right = n == 0 && memcmp(&r->at, &r->head.after, sizeof(r->at)) == 0 &&
                 memcmp(r->chain, r->head.chain_after, sizeof(r->chain)) == 0;
    return right ? 0 : ERR_STORE_CORRUPT;
}

int reel_next(struct reel_reader *r, struct reel_commit *ret_commit, bool *ret_any)
{
    struct reel_commit c;
    *ret_any = false;
    if (r->read == r->head.commits)
        return check_end(r);
    TRY(read_commit(r, &c));
    if (c.after.lsn != r->at.lsn + 1 || c.time_ms < r->time_ms || c.time_ms > r->head.last_ms)
        return ERR_STORE_CORRUPT;
    chain_on(r->chain, c.bytes);
    r->at = c.after;
    r->time_ms = c.time_ms;
    r->read++;
    *ret_commit = c;
    *ret_any = true;
    return 0;
}

/* --- Merging --- */

static int copy_commits(struct reel_reader *r, struct output *o)
{
    struct reel_commit c;
    bool any = true;
    while (any) {
        TRY(reel_next(r, &c, &any));
        if (any)
            TRY(sealed_write(o->sealed, c.bytes.ptr, c.bytes.len));
    }
    return 0;
}

struct merging {
    int dir_fd;
    const struct secret *key;
    struct str file;
};

static int copy_reel(const struct merging *m, struct str name, struct output *o)
{
    struct reel_reader *r;
    struct reel_head head;
    TRY(reel_open(m->dir_fd, m->key, m->file, name, &r, &head));
    int err = copy_commits(r, o);
    reel_close(r);
    return err;
}

static int look(const struct merging *m, struct str name, struct reel_head *ret_head)
{
    struct reel_reader *r;
    TRY(reel_open(m->dir_fd, m->key, m->file, name, &r, ret_head));
    reel_close(r);
    return 0;
}

/* What one of all will say. ERR_CONFLICT when they do not follow each other. */
static int merged_head(const struct merging *m, const struct str *names, size_t count,
                       struct reel_head *ret_head)
{
    struct reel_head all, head;
    TRY(look(m, names[0], &all));
    for (size_t i = 1; i < count; i++) {
        TRY(look(m, names[i], &head));
        if (memcmp(&head.before, &all.after, sizeof(head.before)) != 0 ||
            memcmp(head.chain_before, all.chain_after, sizeof(head.chain_before)) != 0 ||
            head.first_ms < all.last_ms)
            return ERR_CONFLICT;
        all.after = head.after;
        all.last_ms = head.last_ms;
        all.commits += head.commits;
        memcpy(all.chain_after, head.chain_after, sizeof(all.chain_after));
    }
    *ret_head = all;
    return 0;
}

static int write_merged(const struct merging *m, const struct str *names, size_t count)
{
    CLEANUP(output_close) struct output o = {.file = WHOLE_FILE_NONE};
    struct reel_head head;
    TRY(merged_head(m, names, count, &head));
    TRY(output_open(m->dir_fd, m->key, m->file, &head, &o));
    for (size_t i = 0; i < count; i++)
        TRY(copy_reel(m, names[i], &o));
    return output_end(&o);
}

int reel_merge(int dir_fd, const struct secret *key, struct str file, const struct str *names,
               size_t count)
{
    const struct merging m = {dir_fd, key, file};
    char name[WHOLE_FILE_NAME_MAX];
    if (count < 2)
        return 0;
    TRY(write_merged(&m, names, count));
    for (size_t i = 0; i < count; i++)
        if (whole_file_name(name, names[i], "") && unlinkat(dir_fd, name, 0) != 0)
            return file_err();
    return 0;
}
