/* URIs: the parts put together again are the text, and hold nothing that may not stand there. */
#include "core/codec/uri.h"
#include "tests/fuzz/fuzz.h"

#define PART(condition, s) ((condition) ? (s) : STR(""))

static struct str join(struct arena *a, const struct uri *u)
{
    bool v6 = u->host_is_ipv6;
    return ARENA_CONCAT(a, u->scheme, PART(!str_absent(u->scheme), STR(":")),
                        PART(u->has_authority, STR("//")), u->userinfo,
                        PART(!str_absent(u->userinfo), STR("@")), PART(v6, STR("[")), u->host,
                        PART(v6, STR("]")), PART(!str_absent(u->port), STR(":")), u->port, u->path,
                        PART(!str_absent(u->query), STR("?")), u->query,
                        PART(!str_absent(u->fragment), STR("#")), u->fragment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_free) struct arena a;
    struct uri u;
    struct uri again;
    struct str input = fuzz_input(data, size);
    struct str origin;
    arena_init(&a, FUZZ_ARENA_BYTES);
    if (uri_parse_reference(input, &u) != 0)
        return 0;
    PROMISE(str_eq(join(&a, &u), input));
    for (size_t i = 0; i < size; i++)
        PROMISE(data[i] > 0x20 && data[i] < 0x7f && data[i] != '\\' && data[i] != '"');
    (void)uri_path_is_tricky(&u);
    (void)uri_is_loopback(&u);
    if (uri_origin(&a, &u, &origin) != 0)
        return 0;
    PROMISE(uri_parse(origin, &again) == 0 && uri_is_web(&again));
    PROMISE(uri_effective_port(&again) == uri_effective_port(&u));
    PROMISE(str_ieq(again.host, u.host));
    PROMISE(uri_is_loopback(&again) == uri_is_loopback(&u));
    return 0;
}
