/* /admin/serverinfo: what exists here, in the form that Keycloak's console and tools read. What is listed is
 * what can be used; what Keycloak has and this server has not is a feature that is off. */
#include "core/admin/bootstrap.h"
#include "core/admin/event_face.h"
#include "core/admin/providers.h"
#include "core/auth/password_policy.h"
#include "core/jose/alg.h"
#include "core/model/client_policy.h"
#include "core/model/represent.h"
#include "web/admin/admin.h"
#include "web/admin/mapper_types.h"
#include "web/template.h"
#include "web/web.h"

#include <sys/utsname.h>
#include <unistd.h>

#include "core/base/banned.h"

static const struct {
    const char *name, *label;
    bool exists;
} features[] = {
#define F(name, label, exists) {name, label, exists},
#define P(kind, id)
#include "web/admin/server_info.def"
#undef F
#undef P
};

static const struct {
    const char *kind, *id;
} providers[] = {
#define F(name, label, exists)
#define P(kind, id) {kind, id},
#include "web/admin/server_info.def"
#undef F
#undef P
};

/* Identity providers are no components, but described alike; Keycloak's answer has no such description. */
static const char *const component_types[] = {PROVIDER_KEY,          PROVIDER_PROFILE,
                                              PROVIDER_STORAGE,      PROVIDER_LDAP_MAPPER,
                                              PROVIDER_REGISTRATION, PROVIDER_IDENTITY};

/* --- The machine --- */

static void write_system(struct json_writer *w, int64_t now_ms)
{
    char time[25];
    struct utsname os;
    clock_rfc3339(now_ms, time);
    jw_member_object(w, "systemInfo");
    jw_member_c(w, "version", KEYCLOAK_VERSION);
    jw_member_c(w, "garitaVersion", GARITA_VERSION);
    jw_member_c(w, "serverTime", time);
    jw_member_c(w, "fileEncoding", "UTF-8");
    jw_member_c(w, "userTimezone", "UTC");
    jw_member_c(w, "userLocale", "en");
    if (uname(&os) == 0) {
        jw_member_c(w, "osName", os.sysname);
        jw_member_c(w, "osVersion", os.release);
        jw_member_c(w, "osArchitecture", os.machine);
    }
    jw_end_object(w);
}

static void write_size(struct admin_call *call, const char *name, const char *formatted,
                       int64_t bytes)
{
    jw_member_i64(&call->out, name, bytes);
    jw_member_str(&call->out, formatted,
                  arena_printf(call->req->arena, "%lld MB", (long long)(bytes >> 20)));
}

/* Of the machine: this process takes what it needs and has no heap of its own. */
static void write_memory(struct admin_call *call)
{
    struct json_writer *w = &call->out;
    int64_t page = sysconf(_SC_PAGESIZE);
    int64_t total = sysconf(_SC_PHYS_PAGES) * page;
    int64_t unused = sysconf(_SC_AVPHYS_PAGES) * page;
    jw_member_object(w, "memoryInfo");
    write_size(call, "total", "totalFormated", total);
    write_size(call, "free", "freeFormated", unused);
    write_size(call, "used", "usedFormated", total - unused);
    jw_member_i64(w, "freePercentage", total > 0 ? unused * 100 / total : 0);
    jw_end_object(w);
    jw_member_object(w, "cpuInfo");
    jw_member_i64(w, "processorCount", sysconf(_SC_NPROCESSORS_ONLN));
    jw_end_object(w);
}

/* --- Features --- */

static void write_profile(struct json_writer *w)
{
    static const char *const empty[] = {"previewFeatures", "experimentalFeatures"};
    jw_member_object(w, "profileInfo");
    jw_member_c(w, "name", "default");
    jw_member_array(w, "disabledFeatures");
    for (size_t i = 0; i < ARRAY_LEN(features); i++)
        if (!features[i].exists)
            jw_str(w, str_c(features[i].name));
    jw_end_array(w);
    for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
        jw_member_array(w, empty[i]);
        jw_end_array(w);
    }
    jw_end_object(w);
}

static void write_features(struct json_writer *w)
{
    jw_member_array(w, "features");
    for (size_t i = 0; i < ARRAY_LEN(features); i++) {
        jw_begin_object(w);
        jw_member_c(w, "name", features[i].name);
        jw_member_c(w, "label", features[i].label);
        jw_member_c(w, "type", features[i].exists ? "DEFAULT" : "DISABLED_BY_DEFAULT");
        jw_member_bool(w, "enabled", features[i].exists);
        jw_member_array(w, "dependencies");
        jw_end_array(w);
        jw_end_object(w);
    }
    jw_end_array(w);
}

/* --- Providers --- */

static void write_provider(struct json_writer *w, struct str id)
{
    jw_key_s(w, id);
    jw_begin_object(w);
    jw_member_i64(w, "order", 0);
    jw_end_object(w);
}

static void begin_kind(struct json_writer *w, const char *kind)
{
    jw_member_object(w, kind);
    jw_member_bool(w, "internal", false);
    jw_member_object(w, "providers");
}

static void end_kind(struct json_writer *w)
{
    jw_end_object(w);
    jw_end_object(w);
}

static void write_tabled(struct json_writer *w)
{
    for (size_t i = 0; i < ARRAY_LEN(providers); i++) {
        bool first = i == 0 || !str_eq_c(str_c(providers[i].kind), providers[i - 1].kind);
        if (first && i > 0)
            end_kind(w);
        if (first)
            begin_kind(w, providers[i].kind);
        write_provider(w, str_c(providers[i].id));
    }
    end_kind(w);
}

static void write_algorithms(struct json_writer *w, const char *kind, enum jose_use use)
{
    begin_kind(w, kind);
    for (int alg = 0; alg < JOSE_ALG_COUNT; alg++)
        if (jose_alg_allowed((enum jose_alg)alg, use))
            write_provider(w, jose_alg_info((enum jose_alg)alg)->name);
    end_kind(w);
}

static void write_policy_parts(struct json_writer *w, const char *kind,
                               const struct client_policy_part *parts, size_t count)
{
    begin_kind(w, kind);
    for (size_t i = 0; i < count; i++)
        write_provider(w, str_c(parts[i].id));
    end_kind(w);
}

static void write_providers(struct json_writer *w)
{
    const struct provider *key = NULL;
    jw_member_object(w, "providers");
    write_tabled(w);
    write_algorithms(w, "signature", JOSE_FOR_TOKENS);
    write_algorithms(w, "clientSignature", JOSE_FOR_CLIENT_KEY);
    begin_kind(w, "keys");
    while ((key = provider_next(STR(PROVIDER_KEY), key)) != NULL)
        write_provider(w, str_c(key->id));
    end_kind(w);
    write_policy_parts(w, "client-policy-condition", client_condition_parts,
                       CLIENT_CONDITION_KINDS);
    write_policy_parts(w, "client-policy-executor", client_executor_parts, CLIENT_EXECUTOR_KINDS);
    begin_kind(w, "protocol-mapper");
    mapper_types_write_ids(w);
    end_kind(w);
    jw_end_object(w);
}

static void write_components(struct json_writer *w)
{
    jw_member_object(w, "componentTypes");
    for (size_t i = 0; i < ARRAY_LEN(component_types); i++) {
        const struct provider *one = NULL;
        jw_member_array(w, component_types[i]);
        while ((one = provider_next(str_c(component_types[i]), one)) != NULL) {
            jw_begin_object(w);
            jw_member_c(w, "id", one->id);
            jw_member_c(w, "helpText", "");
            jw_key(w, "properties");
            provider_write_settings(w, one);
            jw_member_object(w, "metadata");
            jw_end_object(w);
            jw_end_object(w);
        }
        jw_end_array(w);
    }
    jw_end_object(w);
}

/* --- OpenID Connect --- */

static int write_mappers(struct admin_call *call)
{
    struct json_writer *w = &call->out;
    struct protocol_mappers builtin;
    TRY(bootstrap_builtin_mappers(call->req->arena, &builtin));
    jw_member_object(w, "protocolMapperTypes");
    jw_key(w, "openid-connect");
    mapper_types_write(w);
    jw_end_object(w);
    jw_member_object(w, "builtinProtocolMappers");
    jw_key(w, "openid-connect");
    represent_mappers(w, &builtin);
    jw_end_object(w);
    return 0;
}

static void write_installations(struct json_writer *w)
{
    jw_member_object(w, "clientInstallations");
    jw_member_array(w, "openid-connect");
    jw_begin_object(w);
    jw_member_c(w, "id", "keycloak-oidc-keycloak-json");
    jw_member_c(w, "protocol", "openid-connect");
    jw_member_bool(w, "downloadOnly", false);
    jw_member_c(w, "displayType", "Keycloak OIDC JSON");
    jw_member_c(w, "helpText", "keycloak.json of adapters");
    jw_member_c(w, "filename", "keycloak.json");
    jw_member_c(w, "mediaType", "application/json");
    jw_end_object(w);
    jw_end_array(w);
    jw_end_object(w);
}

/* --- Words --- */

static void write_themes(struct admin_call *call)
{
    struct json_writer *w = &call->out;
    const struct messages *m = template_messages(call->req->web->templates);
    jw_member_object(w, "themes");
    jw_member_array(w, "login");
    jw_begin_object(w);
    jw_member_c(w, "name", "garita");
    jw_member_array(w, "locales");
    for (size_t i = 0; i < messages_language_count(m); i++)
        jw_str(w, messages_language(m, i));
    jw_end_array(w);
    jw_end_object(w);
    jw_end_array(w);
    jw_end_object(w);
}

static void write_words(struct json_writer *w, const char *name, const char *words)
{
    struct str rest = str_c(words), word;
    jw_member_array(w, name);
    while (str_next_word(&rest, &word))
        jw_str(w, word);
    jw_end_array(w);
}

static void write_enums(struct json_writer *w)
{
    jw_member_object(w, "enums");
    write_words(w, "operationType", "CREATE UPDATE DELETE ACTION");
    write_words(w, "sslRequired", "all external none");
    jw_member_array(w, "eventType");
    event_types_write(w, EVENT_SIDE_USERS);
    jw_end_array(w);
    jw_member_array(w, "resourceType");
    event_resources_write(w);
    jw_end_array(w);
    jw_end_object(w);
}

int rest_serverinfo(struct admin_call *call)
{
    struct json_writer *w = &call->out;
    if (!admin_is_any(&call->caller))
        return ERR_FORBIDDEN;
    jw_begin_object(w);
    write_system(w, call->ctx.now->wall_ms);
    write_memory(call);
    write_profile(w);
    write_features(w);
    write_themes(call);
    write_providers(w);
    TRY(write_mappers(call));
    write_installations(w);
    write_components(w);
    jw_member_array(w, "passwordPolicies");
    password_policy_types_write(w);
    jw_end_array(w);
    write_enums(w);
    write_words(w, "identityProviders", "");
    write_words(w, "clientImporters", "");
    write_words(w, "socialProviders", "");
    jw_end_object(w);
    return 0;
}
