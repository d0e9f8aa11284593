/* Paths and operations from the tables of routes. */
#include "web/openapi/openapi.h"

#include <stdio.h>

#include "core/codec/base64.h"
#include "core/codec/uri.h"
#include "core/crypto/digest.h"
#include "web/fail.h"
#include "web/openapi/operations.h"
#include "web/openapi/schemas.h"
#include "web/respond.h"
#include "web/web.h"

#include "core/base/banned.h"

#define DOCUMENT_MAX_BYTES ((size_t)3 << 20)
#define DOCUMENT_MAX_AGE_S 300
#define PATH_MAX_BYTES     256

static const struct {
    unsigned bit;
    const char *name;
} methods[] = {{HTTP_GET, "get"},       {HTTP_POST, "post"},       {HTTP_PUT, "put"},
               {HTTP_DELETE, "delete"}, {HTTP_OPTIONS, "options"}, {HTTP_PATCH, "patch"}};

/* --- Patterns --- */

static bool is_parameter(struct str segment)
{
    return str_starts(segment, STR("{"));
}

static struct str name_of_parameter(struct str segment)
{
    size_t end = str_ends(segment, STR("*}")) ? 3 : 2;
    return str_sub(segment, 1, segment.len - end);
}

/* Two lines of one path may call its parameters by different names; OpenAPI has one path then. */
static bool same_path(const char *a, const char *b)
{
    struct str x = str_c(a), y = str_c(b), s, t;
    for (;;) {
        bool more = str_next(&x, '/', &s), other = str_next(&y, '/', &t);
        if (more != other)
            return false;
        if (!more)
            return true;
        if (is_parameter(s) ? !is_parameter(t) : !str_eq(s, t))
            return false;
    }
}

static bool is_first(size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (operation_is_described(i) && same_path(web_routes[i].pattern, web_routes[at].pattern))
            return false;
    return operation_is_described(at);
}

/* "{path*}" takes slashes too, which OpenAPI cannot say in a path. */
static void write_path_key(struct json_writer *w, const char *pattern)
{
    char path[PATH_MAX_BYTES];
    size_t len = 0;
    for (const char *c = pattern; *c && len + 1 < sizeof(path); c++)
        if (*c != '*')
            path[len++] = *c;
    jw_key_s(w, str_of(path, len));
}

/* get_admin_realms_by_realm_users_by_id: one for each operation, and the same tomorrow. */
static void write_operation_id(struct json_writer *w, const char *method, const char *pattern)
{
    char id[PATH_MAX_BYTES];
    struct str rest = str_c(pattern), segment;
    int len = snprintf(id, sizeof(id), "%s", method);
    while (str_next(&rest, '/', &segment) && len >= 0 && (size_t)len < sizeof(id)) {
        bool parameter = is_parameter(segment);
        if (parameter)
            segment = name_of_parameter(segment);
        if (!str_empty(segment))
            len += snprintf(id + len, sizeof(id) - (size_t)len, "%s_%.*s", parameter ? "_by" : "",
                            STR_ARG(segment));
    }
    for (char *c = id; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9')))
            *c = '_';
    jw_member_c(w, "operationId", id);
}

/* "Role parts add" for rest_role_parts_add, which has no words of its own. */
static void write_words(struct json_writer *w, const char *member, const struct operation *o)
{
    char words[PATH_MAX_BYTES];
    struct str text = str_c(o->summary);
    size_t len = 0;
    if (strcmp(o->summary, o->handler) != 0) {
        jw_member_str(w, member, text);
        return;
    }
    if (str_starts(text, STR("rest_")))
        text = str_from(text, 5);
    for (; len < text.len && len < sizeof(words); len++)
        words[len] = text.ptr[len] == '_' ? ' ' : text.ptr[len];
    if (len > 0 && words[0] >= 'a' && words[0] <= 'z')
        words[0] = (char)(words[0] - 'a' + 'A');
    jw_member_str(w, member, str_of(words, len));
}

static void write_parameter(struct json_writer *w, struct str name, const char *in, bool required,
                            const char *description)
{
    jw_begin_object(w);
    jw_member_str(w, "name", name);
    jw_member_c(w, "in", in);
    jw_member_bool(w, "required", required);
    if (description)
        jw_member_c(w, "description", description);
    jw_key(w, "schema");
    jw_raw(w, STR("{\"type\":\"string\"}"));
    jw_end_object(w);
}

static void write_path_parameters(struct json_writer *w, const char *pattern)
{
    struct str rest = str_c(pattern), segment;
    jw_member_array(w, "parameters");
    while (str_next(&rest, '/', &segment))
        if (is_parameter(segment))
            write_parameter(w, name_of_parameter(segment), "path", true,
                            str_ends(segment, STR("*}")) ? "slashes are part of it" : NULL);
    jw_end_array(w);
}

/* --- Operations --- */

static bool is_of_administration(const char *pattern)
{
    return str_starts(str_c(pattern), STR("/admin/"));
}

static const char *tag_of(const struct route *route)
{
    struct str pattern = str_c(route->pattern);
    if (route->admin)
        return "Admin API";
    if (route->account)
        return "Account";
    if (route->access == ACCESS_LOCAL)
        return "Management";
    if (route->content == CONTENT_RPC || str_eq(pattern, STR("/forward-auth")))
        return "Token validation";
    return str_find_str(pattern, STR("/realms/{realm}")) >= 0 &&
                   str_find_str(pattern, STR("login-actions")) < 0
               ? "OpenID Connect"
               : "Pages";
}

static void write_security(struct json_writer *w, enum access access)
{
    jw_member_array(w, "security");
    if (access == ACCESS_BEARER)
        jw_raw(w, STR("{\"bearer\":[]}"));
    if (access == ACCESS_CLIENT)
        jw_raw(w, STR("{\"client\":[]}"));
    if (access == ACCESS_CLIENT)
        jw_raw(w, STR("{}"));
    jw_end_array(w);
}

static void write_media(struct json_writer *w, struct str media, const char *schema)
{
    jw_key_s(w, media);
    jw_begin_object(w);
    jw_key(w, "schema");
    openapi_schema_write(w, schema);
    jw_end_object(w);
}

static void write_request(struct json_writer *w, const struct route *route, unsigned method,
                          const struct operation *o)
{
    static const char *const media[] = {[CONTENT_FORM] = "application/x-www-form-urlencoded",
                                        [CONTENT_JSON] = "application/json",
                                        [CONTENT_RPC] = "application/json",
                                        [CONTENT_ANY] = "text/plain"};
    if (route->content == CONTENT_NONE || route->body_max_bytes == 0 || method == HTTP_GET)
        return;
    jw_member_object(w, "requestBody");
    jw_member_object(w, "content");
    write_media(w, str_c(media[route->content]), o->request);
    jw_end_object(w);
    jw_end_object(w);
}

static void write_success(struct json_writer *w, struct str status, const struct operation *o)
{
    struct str rest = str_c(o->content), media;
    bool has_body = status.ptr[0] != '3' && !str_eq(status, STR("204"));
    jw_key_s(w, status);
    jw_begin_object(w);
    write_words(w, "description", o);
    if (status.ptr[0] == '3' || str_eq(status, STR("201"))) {
        jw_key(w, "headers");
        jw_raw(w, STR("{\"Location\":{\"schema\":{\"type\":\"string\"}}}"));
    }
    jw_member_object(w, "content");
    while (has_body && str_next_word(&rest, &media))
        write_media(w, media, o->response);
    jw_end_object(w);
    jw_end_object(w);
}

static void write_error(struct json_writer *w, const struct route *route, struct str status)
{
    jw_key_s(w, status);
    jw_begin_object(w);
    jw_member_c(w, "$ref",
                route->content == CONTENT_RPC ? "#/components/responses/Failure"
                                              : "#/components/responses/Error");
    jw_end_object(w);
}

static void write_responses(struct json_writer *w, const struct route *route,
                            const struct operation *o)
{
    struct str rest = str_c(o->statuses), status;
    jw_member_object(w, "responses");
    while (str_next_word(&rest, &status)) {
        if (status.ptr[0] == '4')
            write_error(w, route, status);
        else
            write_success(w, status, o);
    }
    write_error(w, route, STR("4XX"));
    write_error(w, route, STR("5XX"));
    jw_end_object(w);
}

static void write_query(struct json_writer *w, const struct operation *o)
{
    struct str rest = str_c(o->query), name;
    if (str_empty(rest))
        return;
    jw_member_array(w, "parameters");
    while (str_next_word(&rest, &name))
        write_parameter(w, name, "query", false, NULL);
    jw_end_array(w);
}

static void write_operation(struct json_writer *w, size_t at, size_t method)
{
    const struct route *route = &web_routes[at];
    const struct operation o = operation_of(at, methods[method].bit);
    jw_member_object(w, methods[method].name);
    write_operation_id(w, methods[method].name, route->pattern);
    write_words(w, "summary", &o);
    jw_member_array(w, "tags");
    jw_str(w, str_c(tag_of(route)));
    jw_end_array(w);
    if (route->admin)
        jw_member_c(w, "x-permission", admin_permission_name(route->permission));
    write_security(w, route->access);
    write_query(w, &o);
    write_request(w, route, methods[method].bit, &o);
    write_responses(w, route, &o);
    jw_end_object(w);
}

static void write_server(struct json_writer *w, struct str url, const char *description)
{
    jw_member_array(w, "servers");
    jw_begin_object(w);
    jw_member_str(w, "url", url);
    if (description)
        jw_member_c(w, "description", description);
    jw_end_object(w);
    jw_end_array(w);
}

static void write_path(struct json_writer *w, size_t at, const struct openapi_servers *servers)
{
    const char *pattern = web_routes[at].pattern;
    write_path_key(w, pattern);
    jw_begin_object(w);
    if (web_routes[at].access == ACCESS_LOCAL)
        write_server(w, servers->management, "the management port");
    if (is_of_administration(pattern) && !str_absent(servers->admin))
        write_server(w, servers->admin, "the port of administration");
    write_path_parameters(w, pattern);
    for (size_t i = at; i < web_route_count; i++) {
        if (!operation_is_described(i) || !same_path(web_routes[i].pattern, pattern))
            continue;
        for (size_t m = 0; m < ARRAY_LEN(methods); m++)
            if (web_routes[i].methods & methods[m].bit)
                write_operation(w, i, m);
    }
    jw_end_object(w);
}

/* --- The document --- */

void openapi_write(const struct openapi_servers *servers, struct json_writer *w)
{
    jw_begin_object(w);
    jw_member_c(w, "openapi", "3.1.0");
    jw_member_object(w, "info");
    jw_member_c(w, "title", "Garita");
    jw_member_c(
        w, "description",
        "OpenID Connect and OAuth 2.0, token validation, pages, management, and the Admin API with "
        "Keycloak's paths and representations.");
    jw_member_c(w, "version", "1");
    jw_end_object(w);
    write_server(w, servers->url, NULL);
    jw_member_object(w, "paths");
    for (size_t i = 0; i < web_route_count; i++)
        if (is_first(i))
            write_path(w, i, servers);
    jw_end_object(w);
    openapi_components_write(w);
    jw_end_object(w);
}

/* AD-11: administration at its own port of the same host. */
static int admin_url(struct request *req, struct str *ret_url)
{
    const struct web_config *c = &req->web->config;
    struct uri uri;
    *ret_url = str_of(NULL, 0);
    if (c->admin_port == 0)
        return 0;
    TRY(uri_parse(req->public_origin, &uri));
    *ret_url =
        arena_printf(req->arena, "%s://%s%.*s%s:%u%.*s", c->https_port != 0 ? "https" : "http",
                     uri.host_is_ipv6 ? "[" : "", STR_ARG(uri.host), uri.host_is_ipv6 ? "]" : "",
                     (unsigned)c->admin_port, STR_ARG(c->base_path));
    return str_absent(*ret_url) ? ERR_NO_MEMORY : 0;
}

static int make(struct request *req, struct str *ret_json)
{
    struct openapi_servers servers = {
        .url = web_public_url(req),
        .management = arena_printf(req->arena, "http://127.0.0.1:%u",
                                   (unsigned)req->web->config.management_port),
    };
    struct buf b;
    struct json_writer w;
    if (str_absent(servers.url) || str_absent(servers.management))
        return ERR_NO_MEMORY;
    TRY(admin_url(req, &servers.admin));
    buf_init(&b, req->arena, DOCUMENT_MAX_BYTES);
    jw_init(&w, &b);
    openapi_write(&servers, &w);
    return jw_finish(&w, ret_json);
}

void openapi_document(struct request *req, struct response *res)
{
    unsigned char hash[BLAKE2B_BYTES];
    char etag[16];
    struct str json;
    int rc = make(req, &json);
    if (rc != 0) {
        fail_oauth(req, res, rc);
        return;
    }
    blake2b_256_of(json, hash);
    hex_write(etag, hash, sizeof(etag) / 2);
    respond_json(res, 200, json);
    respond_cacheable(req, res, DOCUMENT_MAX_AGE_S, str_of(etag, sizeof(etag)));
}
