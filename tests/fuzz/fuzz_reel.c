/* What stands in a reel of the archive: its name, its head, a commit. Pages are told in the order of
 * their numbers, within the database, and within what was read. */
#include "tests/fuzz/fuzz.h"

#include "store/repl/reel.h"

static void check_name(struct str text)
{
    struct reel_name name;
    char again[REEL_NAME_LEN + 1];
    if (!reel_name_parse(text, &name))
        return;
    const struct reel_head head = {.before = name.before, .after = name.after};
    reel_name_of(&head, again);
    PROMISE(str_eq_c(text, again) && name.after.lsn > name.before.lsn);
}

static void check_head(struct str bytes)
{
    struct reel_head head;
    if (reel_head_parse(bytes, &head) == 0)
        PROMISE(head.commits == head.after.lsn - head.before.lsn && head.first_ms <= head.last_ms);
}

static void check_commit(struct str bytes)
{
    struct reel_commit c;
    uint32_t last = 0;
    if (reel_commit_parse(bytes, &c) != 0)
        return;
    PROMISE(reel_commit_bytes(c.count) == bytes.len);
    for (uint32_t i = 0; i < c.count; i++) {
        struct repl_page page = reel_page(&c, i);
        PROMISE(page.number > last && page.number <= c.page_count);
        PROMISE(page.image + PAGE_BYTES <= (const unsigned char *)bytes.ptr + bytes.len);
        last = page.number;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = fuzz_input(data, size);
    unsigned char chain[REEL_CHAIN_BYTES] = {0};
    check_name(input);
    check_head(input);
    check_commit(input);
    (void)!reel_chain(input, chain);
    return 0;
}
