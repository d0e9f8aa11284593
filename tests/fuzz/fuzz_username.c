/* User names: the canonical form is a name, has itself as its canonical form, and is the same for
 * every spelling; what may be given can be compared. */
#include "core/codec/unicode.h"
#include "core/model/name.h"
#include "core/model/user.h"
#include "tests/fuzz/fuzz.h"

static struct str canonical(struct arena *a, struct str name)
{
    struct str again;
    PROMISE(username_canonical(a, name, &again, NULL) == 0);
    return again;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct str raw = fuzz_input(data, size), name, other, skeleton;
    struct err_ctx err = {0};
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (username_canonical(&a, raw, &name, &err) != 0) {
        PROMISE(strcmp(err.field, "username") == 0 && err.detail[0]);
        return 0;
    }
    PROMISE(str_is_utf8(name) && !str_empty(name) && str_utf8_length(name) <= 255);
    PROMISE(str_eq(canonical(&a, name), name));
    PROMISE(username_spelled(&a, raw, &other, NULL) == 0 && str_eq(canonical(&a, other), name));
    PROMISE(unicode_decompose(&a, name, &other) == 0);
    if (str_utf8_length(other) <= 255)
        PROMISE(str_eq(canonical(&a, other), name));
    PROMISE(name_skeleton(&a, name, &skeleton) == 0 && str_is_utf8(skeleton));
    PROMISE(name_check(name, &err) == 0 || err.detail[0]);
    return 0;
}
