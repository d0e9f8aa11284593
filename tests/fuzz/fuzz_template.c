/* Templates: the input is a template and, in a value, text to escape. Nothing that the value brings
 * along may come out as markup. */
#include "tests/fuzz/fuzz.h"
#include "web/template.h"

static struct tpl_value *values(struct arena *a, struct str text)
{
    struct tpl_value *root = tpl_map(a);
    tpl_set(a, root, "v", text);
    tpl_set_bool(a, root, "b", true);
    struct tpl_value *list = tpl_set_list(a, root, "l");
    tpl_add_text(a, list, text);
    tpl_set(a, tpl_add_map(a, list), "v", text);
    return root;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = fuzz_input(data, size);
    struct arena a;
    struct buf out;
    arena_init(&a, FUZZ_ARENA_BYTES);
    buf_init(&out, &a, 1 << 16);
    int rc = template_render_text(&a, input, values(&a, STR("x")), &out);
    if (rc == 0)
        PROMISE(out.len <= 1 << 16);
    buf_init(&out, &a, 1 << 20);
    if (template_render_text(&a, STR("\"{{v}}\"{{#l}}{{.}}{{/l}}"), values(&a, input), &out) == 0)
        for (size_t i = 1; i + 1 < out.len; i++)
            PROMISE(out.ptr[i] != '<' && out.ptr[i] != '>' && out.ptr[i] != '\'');
    arena_free(&a);
    return 0;
}
