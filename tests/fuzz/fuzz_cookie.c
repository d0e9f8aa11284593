/* Cookies: what is read can be looked up, and what is set is read again as one cookie. */
#include "core/codec/cookie.h"
#include "tests/fuzz/fuzz.h"

static void set_again(struct arena *a, const struct cookie *c)
{
    const struct cookie_attributes attributes = {.path = STR("/"), .secure = true};
    struct buf b;
    struct str line;
    struct cookies read;
    buf_init(&b, a, FUZZ_ARENA_BYTES / 4);
    if (cookie_add(&b, c->name, c->value, &attributes) != 0)
        return;
    PROMISE(buf_finish(&b, &line) == 0 && str_has_no_control(line));
    PROMISE(cookie_parse(a, str_sub(line, 0, (size_t)str_find(line, ';')), &read) == 0);
    PROMISE(read.count == 1 && str_eq(cookie_get(&read, c->name), c->value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct cookies c;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (cookie_parse(&a, fuzz_input(data, size), &c) != 0)
        return 0;
    PROMISE(c.count + c.skipped <= COOKIE_MAX_COUNT);
    for (size_t i = 0; i < c.count; i++) {
        struct str got = cookie_get(&c, c.items[i].name);
        PROMISE(str_absent(got) || str_eq(got, c.items[i].value));
        PROMISE(str_has_no_control(c.items[i].name) && str_has_no_control(c.items[i].value));
        set_again(&a, &c.items[i]);
    }
    return 0;
}
