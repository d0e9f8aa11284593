/* Declarative documents: whatever stands in them, what comes out is JSON within the limits, laying it on
 * itself changes nothing that can be seen from outside, and what is refused says why. */
#include "appliance/apply/tree.h"
#include "appliance/apply/yaml.h"
#include "tests/fuzz/fuzz.h"

static void check_tree(struct arena *a, const struct json_value *documents)
{
    const struct tree_secrets secrets = {.folder = "/nowhere"};
    const struct json_value *merged, *resolved;
    struct err_ctx err = {0};
    int rc = tree_merge(a, documents, documents, &merged);
    PROMISE(rc == 0 || rc == ERR_NO_MEMORY || rc == ERR_TOO_LARGE);
    if (rc == 0)
        PROMISE(json_kind(merged) == json_kind(documents));
    rc = tree_resolve(a, documents, NULL, &secrets, &resolved, &err);
    PROMISE(rc == 0 || err.detail[0] != '\0' || rc == ERR_NO_MEMORY || rc == ERR_TOO_LARGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    const struct json_value *documents = NULL;
    struct err_ctx err = {0};
    arena_init(&a, 4 * FUZZ_ARENA_BYTES);
    int rc = yaml_read(&a, "fuzz", fuzz_input(data, size), &documents, &err);
    PROMISE(rc == 0 || rc == ERR_CONFIG || rc == ERR_NO_MEMORY || rc == ERR_TOO_LARGE);
    PROMISE(rc == 0 ? json_is_array(documents) : rc == ERR_NO_MEMORY || err.detail[0] != '\0');
    if (rc == 0)
        check_tree(&a, documents);
    return 0;
}
