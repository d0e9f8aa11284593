/* Profiles, and behind a NUL a person: whatever is taken judges without an error of its own, and says
 * the same twice. */
#include "core/model/profile.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    const struct json_value *json, *person;
    struct profile profile;
    struct profile_problems first, second;
    struct user user = {0};
    struct str rest = fuzz_input(data, size), text;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (!str_next(&rest, '\0', &text) || json_parse(&a, text, PROFILE_MAX_BYTES, &json) != 0 ||
        profile_read(&a, json, &profile, NULL) != 0)
        return 0;
    PROMISE(profile_find(&profile, STR("username")) && profile_find(&profile, STR("email")));
    fields_default(&user_fields, &user);
    if (json_parse(&a, rest, PROFILE_MAX_BYTES, &person) != 0 ||
        fields_read(&user_fields, &user, &a, person, NULL) != 0)
        return 0;
    struct user again = user;
    if (profile_judge(&a, &profile, STR(PROFILE_ROLE_ADMIN), NULL, &user, &first) != 0)
        return 0; /* too much for this arena */
    if (profile_judge(&a, &profile, STR(PROFILE_ROLE_ADMIN), NULL, &again, &second) != 0)
        return 0;
    PROMISE(first.count == second.count && first.count <= PROFILE_MAX_PROBLEMS);
    return 0;
}
