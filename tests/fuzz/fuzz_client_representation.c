/* Representations of clients that register themselves: what is taken gives nothing that is not open to
 * registration (OA-15), and is told in a well-formed answer. */
#include "core/registration/representation.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct err_ctx err = {0};
    struct client_scope scopes[] = {{.name = STR("profile"), .is_default = true},
                                    {.name = STR("phone"), .is_optional = true}};
    struct client client = {.scopes = {scopes, ARRAY_LEN(scopes)}};
    const struct json_value *json;
    struct json_writer w;
    struct buf b;
    struct str text;
    arena_init(&a, FUZZ_ARENA_BYTES);
    const struct auth_ctx ctx = {.arena = &a, .err = &err};
    fields_default(&client_fields, &client);
    client.full_scope_allowed = false;
    if (json_parse(&a, fuzz_input(data, size), (size_t)64 << 10, &json) != 0 ||
        representation_read(&ctx, json, &client) != 0)
        return 0;
    PROMISE(!client.full_scope_allowed && !client.direct_access_grants_enabled);
    PROMISE(client.mappers.count == 0 && client.flow_overrides.count == 0);
    PROMISE(client.scopes.count >= 1 && client.scopes.count <= ARRAY_LEN(scopes));
    buf_init(&b, &a, FUZZ_ARENA_BYTES / 4);
    jw_init(&w, &b);
    jw_begin_object(&w);
    representation_write(&client, &w);
    jw_end_object(&w);
    PROMISE(jw_finish(&w, &text) == 0);
    return 0;
}
