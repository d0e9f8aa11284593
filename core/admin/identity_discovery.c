/* Reading discovery documents. */
#include "core/admin/identity_discovery.h"

#include "core/model/check.h"

#include "core/base/banned.h"

static const struct {
    const char *member, *setting;
    bool needed;
} addresses[] = {
    {"issuer", "issuer", true},
    {"authorization_endpoint", "authorizationUrl", true},
    {"token_endpoint", "tokenUrl", true},
    {"userinfo_endpoint", "userInfoUrl", false},
    {"end_session_endpoint", "logoutUrl", false},
    {"introspection_endpoint", "tokenIntrospectionUrl", false},
    {"jwks_uri", "jwksUrl", false},
};

static int take(struct arena *a, const struct json_value *document, size_t i,
                struct str_map *io_config, struct err_ctx *err)
{
    const char *member = addresses[i].member;
    struct str url = json_get_str(document, member);
    if (str_empty(url) && !addresses[i].needed)
        return 0;
    if (str_empty(url) || uri_check(url, URI_FOR_FETCH, member, NULL) != 0)
        return err_field(err, ERR_INVALID_REQUEST, "fromUrl",
                         "%s of the document is no https address", member);
    return str_map_set(io_config, a, str_c(addresses[i].setting), url);
}

int identity_discovery_read(struct arena *a, const struct json_value *document,
                            struct str_map *ret_config, struct err_ctx *err)
{
    struct str_map config = {0};
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
        TRY(take(a, document, i, &config, err));
    if (!str_absent(str_map_get(&config, STR("jwksUrl")))) {
        TRY(str_map_set(&config, a, STR("useJwksUrl"), STR("true")));
        TRY(str_map_set(&config, a, STR("validateSignature"), STR("true")));
    }
    *ret_config = config;
    return 0;
}
