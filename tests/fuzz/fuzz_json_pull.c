/* JSON piece by piece: what json_parse takes is walked through, in portions of any size, and nothing
 * is walked through that the grammar forbids. */
#include "core/codec/json_pull.h"
#include "tests/fuzz/fuzz.h"

#define VALUE_MAX_BYTES 8192

struct portions {
    struct str text;
    size_t size;
};

static int read_portion(void *context, uint64_t offset, char *into, size_t size, size_t *ret_len)
{
    const struct portions *from = context;
    struct str part = str_from(from->text, (size_t)offset);
    size_t len = part.len < from->size ? part.len : from->size;
    *ret_len = len < size ? len : size;
    if (*ret_len > 0)
        memcpy(into, part.ptr, *ret_len);
    return 0;
}

static int pass(struct json_pull *p, struct portions *from)
{
    static const struct json_pull_limits limits = {VALUE_MAX_BYTES, 10000, 10000};
    json_pull_init(p, &(struct json_source){read_portion, from}, &limits);
    TRY(json_pull_skip(p));
    return json_pull_end(p);
}

/* What json_parse refuses and the walk does not look for. */
static bool is_beyond_grammar(int err)
{
    return err == ERR_DUPLICATE || err == ERR_TOO_DEEP || err == ERR_INVALID_SYNTAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    static struct json_pull p;
    const struct json_value *v;
    const struct json_options options = {VALUE_MAX_BYTES, JSON_MAX_DEPTH, true};
    struct portions from = {fuzz_input(data, size), size % 7 + 1};
    arena_init(&a, FUZZ_ARENA_BYTES);
    int parsed = json_parse_with(&a, from.text, &options, &v);
    int passed = pass(&p, &from);
    if (parsed == 0)
        PROMISE(passed == 0 || passed == ERR_TOO_LARGE || passed == ERR_INVALID_NUMBER);
    else if (passed == 0 && size <= VALUE_MAX_BYTES && !str_starts(from.text, STR("\xef\xbb\xbf")))
        PROMISE(is_beyond_grammar(parsed));
    from.size = size + 1;
    PROMISE(pass(&p, &from) == passed);
    return 0;
}
