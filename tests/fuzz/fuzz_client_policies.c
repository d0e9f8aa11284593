/* Profiles, and behind a NUL policies: whatever is taken is whole: every policy names profiles that are
 * there, and every part is of a kind that exists. */
#include "core/model/client_policy.h"
#include "tests/fuzz/fuzz.h"

static bool is_whole(const struct client_policies *all)
{
    for (size_t i = 0; i < all->profile_count; i++)
        for (size_t e = 0; e < all->profiles[i].count; e++)
            if (all->profiles[i].executors[e].kind >= CLIENT_EXECUTOR_KINDS)
                return false;
    for (size_t i = 0; i < all->count; i++) {
        for (size_t c = 0; c < all->items[i].condition_count; c++)
            if (all->items[i].conditions[c].kind >= CLIENT_CONDITION_KINDS)
                return false;
        for (size_t p = 0; p < all->items[i].profile_count; p++)
            if (!all->items[i].profiles[p] || str_empty(all->items[i].profiles[p]->name))
                return false;
    }
    return all->profile_count <= CLIENT_PROFILES_MAX && all->count <= CLIENT_POLICIES_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    const struct json_value *profiles = NULL, *policies = NULL;
    struct client_policies all;
    struct err_ctx err = {0};
    struct str rest = fuzz_input(data, size), text;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (!str_next(&rest, '\0', &text) ||
        json_parse(&a, text, CLIENT_POLICIES_MAX_BYTES, &profiles) != 0)
        return 0;
    if (!str_empty(rest) && json_parse(&a, rest, CLIENT_POLICIES_MAX_BYTES, &policies) != 0)
        return 0;
    if (client_policies_read(&a, profiles, policies, &all, &err) == 0)
        PROMISE(is_whole(&all));
    return 0;
}
