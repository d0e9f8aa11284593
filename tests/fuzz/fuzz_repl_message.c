/* What a peer says: whatever the bytes are, what is taken from them is within its limits, leads out of no
 * folder, and written again gives the same bytes (RP-03). */
#include "tests/fuzz/fuzz.h"

#include "store/repl/message.h"

static void check_file(struct str name)
{
    PROMISE(!str_empty(name) && name.ptr[0] != '.' && str_find(name, '/') < 0);
}

static void check_pages(const struct repl_pages *p)
{
    PROMISE(p->count > 0 && p->count <= REPL_MESSAGE_PAGES && p->pages[0].number > 0);
    for (size_t i = 1; i < p->count; i++)
        PROMISE(p->pages[i].number > p->pages[i - 1].number);
}

static void check(const struct repl_message *m)
{
    switch (m->type) {
    case REPL_AT:
    case REPL_ACK: check_file(m->at.file); break;
    case REPL_SNAPSHOT: check_file(m->snapshot.file); break;
    case REPL_COMMIT:
        check_file(m->commit.file);
        PROMISE(m->commit.change_count <= REPL_MESSAGE_CHANGES);
        PROMISE(m->commit.count <= m->commit.page_count);
        break;
    case REPL_PAGES: check_pages(&m->pages); break;
    case REPL_ARCHIVE: check_file(m->archive.name); break;
    case REPL_ASK:
        PROMISE(m->ask.bytes > 0 && m->ask.bytes <= REPL_ASK_BYTES_MAX);
        PROMISE(str_has_no_control(m->ask.client) && m->ask.door <= 1);
        break;
    case REPL_ANSWER: PROMISE(m->answer.bytes <= REPL_ANSWER_BYTES_MAX); break;
    case REPL_PIECE: PROMISE(m->piece.bytes.len > 0); break;
    default: PROMISE(m->type < REPL_TYPES);
    }
}

/* The length in front, and a HELLO of another version, are not of the bytes that were read. */
static void check_again(const struct repl_message *m, struct str bytes)
{
    struct buf b;
    buf_init(&b, NULL, REPL_MESSAGE_MAX + REPL_LENGTH_BYTES);
    PROMISE(repl_encode(&b, m) == 0);
    if (m->type != REPL_HELLO || m->hello.version == REPL_VERSION)
        PROMISE(str_eq(str_from(buf_str(&b), REPL_LENGTH_BYTES), bytes));
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct repl_message m;
    struct str bytes = fuzz_input(data, size);
    if (repl_decode(bytes, &m) == 0) {
        check(&m);
        check_again(&m, bytes);
    }
    return 0;
}
