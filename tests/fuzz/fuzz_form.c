/* Forms: accepted pairs are UTF-8 without NUL, and survive encoding and parsing. */
#include "core/codec/form.h"
#include "tests/fuzz/fuzz.h"

static void check_param(const struct form_param *p)
{
    PROMISE(str_is_utf8(p->name) && str_is_utf8(p->value));
    PROMISE(str_find(p->name, '\0') < 0 && str_find(p->value, '\0') < 0);
    PROMISE(p->name.len <= FORM_MAX_NAME_BYTES && p->value.len <= FORM_MAX_VALUE_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct form f;
    struct form again;
    struct buf b;
    struct str text;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (form_parse(&a, fuzz_input(data, size), NULL, &f, NULL) != 0)
        return 0;
    buf_init(&b, &a, FUZZ_ARENA_BYTES / 4);
    for (size_t i = 0; i < f.count; i++) {
        check_param(&f.params[i]);
        form_add(&b, f.params[i].name.ptr, f.params[i].value);
    }
    PROMISE(buf_finish(&b, &text) == 0);
    PROMISE(form_parse(&a, text, NULL, &again, NULL) == 0 && again.count == f.count);
    for (size_t i = 0; i < f.count; i++)
        PROMISE(str_eq(again.params[i].name, f.params[i].name) &&
                str_eq(again.params[i].value, f.params[i].value));
    PROMISE(str_absent(f.repeated) == str_absent(again.repeated));
    PROMISE(str_absent(f.repeated) || form_count(&f, f.repeated.ptr) > 1);
    return 0;
}
