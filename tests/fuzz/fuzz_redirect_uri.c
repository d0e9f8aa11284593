/* Redirect URIs under arbitrary bytes: whatever matches a registered value has its scheme, host and
 * prefix, so that nobody else is ever answered (OA-01, OA-02). */
#include <stdlib.h>

#include "core/codec/uri.h"
#include "core/oidc/redirect_uri.h"

#include "core/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check(struct str registered, struct str uri)
{
    if (!redirect_uri_matches(registered, uri))
        return;
    struct uri known, sent;
    struct str prefix = registered;
    bool pattern = str_ends(registered, STR("*"));
    if (pattern)
        prefix.len--;
    must(uri_parse(uri, &sent) == 0 && uri_parse(prefix, &known) == 0);
    must(str_eq(known.scheme, sent.scheme) && str_eq(known.host, sent.host));
    must(str_absent(sent.userinfo) && str_absent(sent.fragment));
    must(pattern ? str_starts(sent.path, known.path) : str_eq(sent.path, known.path));
    must(!pattern || str_find_str(sent.path, STR("..")) < 0 || !uri_path_is_tricky(&sent));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const registered[] = {
        "https://app.example/cb?tenant=1",
        "https://app.example/web/*",
        "http://127.0.0.1/cb",
        "http://[::1]:8080/cb",
        "com.example.app:/cb",
        "http://localhost:5173/*",
    };
    struct str text = str_of((const char *)data, size);
    struct str rest = text;
    struct str first;
    for (size_t i = 0; i < ARRAY_LEN(registered); i++)
        check(str_c(registered[i]), text);
    /* "registered\nsent" tries the other side too. */
    if (str_next(&rest, '\n', &first) && !str_absent(rest))
        check(first, rest);
    return 0;
}
