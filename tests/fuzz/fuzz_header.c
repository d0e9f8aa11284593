/* Header values: Authorization with its Basic and Bearer forms, Accept-Language, media types. */
#include "core/codec/header.h"
#include "core/codec/user_agent.h"
#include "tests/fuzz/fuzz.h"

static void authorization(struct arena *a, struct str input)
{
    struct auth_header auth;
    struct basic_credentials basic;
    struct str token;
    if (auth_header_parse(input, &auth) != 0)
        return;
    PROMISE(header_is_token(auth.scheme) && str_has_no_control(auth.credentials));
    if (auth_basic_user(a, auth.credentials, &basic) == 0)
        PROMISE(str_is_utf8(basic.user) && str_find(basic.user, ':') < 0);
    if (auth_basic_client(a, auth.credentials, &basic) == 0)
        PROMISE(str_is_utf8(basic.password) && str_has_no_control(basic.password));
    if (auth_header_bearer(input, &token) == 0)
        PROMISE(token.len > 0 && str_find(token, ' ') < 0);
}

static void languages(struct str input)
{
    static const struct str offered[] = {STR_INIT("en"), STR_INIT("es"), STR_INIT("pt-BR")};
    struct languages l;
    accept_language_parse(input, &l);
    PROMISE(l.count <= LANGUAGE_MAX_RANGES);
    for (size_t i = 0; i < l.count; i++) {
        PROMISE(l.ranges[i].q_milli > 0 && l.ranges[i].q_milli <= 1000 && l.ranges[i].tag.len > 0);
        PROMISE(i == 0 || l.ranges[i - 1].q_milli >= l.ranges[i].q_milli);
    }
    ptrdiff_t choice = accept_language_choose(&l, offered, 3);
    PROMISE(choice >= -1 && choice < 3);
}

static void media_type(struct str input)
{
    struct media_type m;
    if (media_type_parse(input, &m) != 0)
        return;
    PROMISE(header_is_token(m.type) && header_is_token(m.subtype));
    PROMISE(m.param_count <= MEDIA_TYPE_MAX_PARAMS);
    for (size_t i = 0; i < m.param_count; i++)
        PROMISE(header_is_token(m.params[i].name) && str_has_no_control(m.params[i].value));
}

static void user_agent(struct str input)
{
    struct user_agent ua = user_agent_read(input);
    const struct str parts[] = {ua.browser, ua.browser_version, ua.os, ua.os_version, ua.device};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        PROMISE(parts[i].ptr && str_is_utf8(parts[i]) && str_has_no_control(parts[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct str input = fuzz_input(data, size);
    arena_init(&a, FUZZ_ARENA_BYTES);
    authorization(&a, input);
    languages(input);
    media_type(input);
    user_agent(input);
    return 0;
}
