/* Lines of exported events, plain or compressed: what is read is written as a line that is read
 * again as the same event, and never passes for signed. */
#include "core/audit/chain.h"
#include "core/audit/line.h"
#include "core/codec/lines.h"
#include "tests/fuzz/fuzz.h"

#define LINE_MAX_BYTES 8192

static void write_and_read(struct arena *a, const struct event_record *e)
{
    struct buf b;
    struct json_writer w;
    struct str text;
    const struct json_value *v;
    struct event_record back;
    unsigned char first[AUDIT_HASH_BYTES], second[AUDIT_HASH_BYTES];
    buf_init(&b, a, FUZZ_ARENA_BYTES);
    jw_init(&w, &b);
    event_line_write(&w, a, e);
    PROMISE(jw_finish(&w, &text) == 0);
    PROMISE(json_parse(a, text, FUZZ_ARENA_BYTES, &v) == 0);
    PROMISE(event_line_read(a, v, &back) == 0);
    event_hash(e, first);
    event_hash(&back, second);
    PROMISE(memcmp(first, second, sizeof(first)) == 0);
}

static int take(void *arg, struct str line)
{
    struct chain *c = arg;
    CLEANUP(arena_free) struct arena a;
    const struct json_value *v;
    struct event_record e;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (json_parse(&a, line, LINE_MAX_BYTES, &v) != 0 || event_line_read(&a, v, &e) != 0)
        return 0;
    write_and_read(&a, &e);
    (void)chain_add(c, &e);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(lines_free) struct lines l;
    const struct audit_keys none = {NULL, 0};
    struct chain c;
    chain_init(&c, &none, str_of(NULL, 0));
    lines_init(&l, LINE_MAX_BYTES, take, &c);
    if (lines_add(&l, data, size) == 0)
        (void)!lines_end(&l);
    PROMISE(c.signed_seq == 0);
    return 0;
}
