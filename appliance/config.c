/* The parameters, their texts to values, and who wins: flag, environment, file, default. */
#include "appliance/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "appliance/file.h"

#include "core/base/banned.h"

const struct param params[PARAM_COUNT] = {
#define P(type, member, name, text, least, most, section, help)                                    \
    {PARAM_##type, offsetof(struct config, member), name, text, least, most, section, help},
#include "appliance/params.def"
#undef P
};

/* Names that begin like ours and mean something else: who says them, says them on purpose. */
static const char *const other_names[] = {
    "GARITA_CONFIG",
    "GARITA_BOOTSTRAP_ADMIN_USERNAME",
    "GARITA_BOOTSTRAP_ADMIN_PASSWORD",
    /* of build.sh and the tests, which may stand in the environment of a server that they start */
    "GARITA_BIN",
    "GARITA_RELEASE_BIN",
    "GARITA_CACHE",
    "GARITA_JOBS",
    "GARITA_DEBIAN_MIRROR",
};

const struct param *param_find(struct str name)
{
    for (size_t i = 0; i < PARAM_COUNT; i++)
        if (str_eq_c(name, params[i].name))
            return &params[i];
    return NULL;
}

void param_environment_name(const struct param *param, char text[PARAM_ENV_MAX])
{
    (void)snprintf(text, PARAM_ENV_MAX, "GARITA_%s", param->name);
    for (char *c = text; *c; c++) {
        if (*c == '-')
            *c = '_';
        else if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    }
}

static void *value_of(const struct config *config, const struct param *param)
{
    /* The table gives offsets; writing goes through config_set alone. */
    return (char *)(uintptr_t)config + param->offset;
}

static int refuse(const struct config_setter *s, const struct param *param, const char *what)
{
    return err_field(s->err, s->failure, param->name, "%s: %s must be %s", s->where, param->name,
                     what);
}

static int set_str(const struct config_setter *s, const struct param *param, struct str value)
{
    if (!str_is_utf8(value) || !str_has_no_control(value))
        return refuse(s, param, "a text without control characters");
    const char *text = arena_cstr(s->arena, value);
    if (!text)
        return ERR_NO_MEMORY;
    *(const char **)value_of(s->config, param) = text;
    return 0;
}

static int set_bool(const struct config_setter *s, const struct param *param, struct str value)
{
    bool yes = str_eq(value, STR("true"));
    if (!yes && !str_eq(value, STR("false")))
        return refuse(s, param, "true or false");
    *(bool *)value_of(s->config, param) = yes;
    return 0;
}

static int set_int(const struct config_setter *s, const struct param *param, struct str value)
{
    int64_t number;
    if (str_to_i64(value, &number) != 0 || number < param->least || number > param->most)
        return err_field(s->err, s->failure, param->name,
                         "%s: %s must be a whole number between %lld and %lld", s->where,
                         param->name, (long long)param->least, (long long)param->most);
    *(int64_t *)value_of(s->config, param) = number;
    return 0;
}

int config_set_list(const struct config_setter *s, const struct param *param,
                    const struct strs *values)
{
    struct strs *list = value_of(s->config, param);
    if (param->type != PARAM_LIST)
        return refuse(s, param, "one value, not a list");
    *list = (struct strs){0};
    for (size_t i = 0; i < values->count; i++) {
        struct str value = str_trim(values->items[i]);
        if (str_empty(value) || !str_is_utf8(value) || !str_has_no_control(value))
            return refuse(s, param, "a list of texts that are not empty");
        TRY(strs_add(list, s->arena, value));
    }
    return 0;
}

int config_set(const struct config_setter *s, const struct param *param, struct str value)
{
    struct strs values = {0};
    struct str rest = value, field;
    switch (param->type) {
    case PARAM_STR: return set_str(s, param, value);
    case PARAM_BOOL: return set_bool(s, param, value);
    case PARAM_INT: return set_int(s, param, value);
    case PARAM_LIST: break;
    }
    while (str_next(&rest, ',', &field))
        TRY(strs_add(&values, s->arena, field));
    return config_set_list(s, param, &values);
}

static int set_defaults(struct arena *a, struct config *config, struct err_ctx *err)
{
    const struct config_setter s = {a, config, err, "params.def", ERR_INTERNAL};
    for (size_t i = 0; i < PARAM_COUNT; i++)
        TRY(config_set(&s, &params[i], str_c(params[i].text)));
    return 0;
}

static const char *environment_get(char *const *environment, const char *name)
{
    size_t len = strlen(name);
    for (; environment && *environment; environment++)
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return *environment + len + 1;
    return NULL;
}

static bool is_other_name(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(other_names); i++)
        if (str_eq_c(name, other_names[i]))
            return true;
    return false;
}

static const struct param *param_of_environment(struct str name)
{
    char text[PARAM_ENV_MAX];
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        param_environment_name(&params[i], text);
        if (str_eq_c(name, text))
            return &params[i];
    }
    return NULL;
}

static int set_environment(struct arena *a, char *const *environment, struct config *config,
                           struct err_ctx *err)
{
    for (; environment && *environment; environment++) {
        struct str rest = str_c(*environment), name;
        if (!str_starts(rest, STR("GARITA_")) || !str_next(&rest, '=', &name) ||
            is_other_name(name))
            continue;
        const struct param *param = param_of_environment(name);
        const char *where = arena_cstr(a, name);
        if (!where)
            return ERR_NO_MEMORY;
        if (!param)
            return err_set(err, ERR_CONFIG, "environment: %.200s is no setting of garita", where);
        const struct config_setter s = {a, config, err, where, ERR_CONFIG};
        TRY(config_set(&s, param, rest));
        config->origin[param - params] = (struct config_origin){CONFIG_ENVIRONMENT, 0};
    }
    return 0;
}

/* Lists collect the flags of their name; every other flag stands once. */
static int set_flag(struct arena *a, const struct config_flag *flag, struct config *config,
                    struct err_ctx *err)
{
    struct config_origin *origin = &config->origin[flag->param - params];
    struct str where = ARENA_CONCAT(a, STR("--"), str_c(flag->param->name));
    struct str value = str_absent(flag->value) ? STR("true") : flag->value;
    struct strs values = {0};
    if (str_absent(where))
        return ERR_NO_MEMORY;
    const struct config_setter s = {a, config, err, where.ptr, ERR_USAGE};
    if (flag->param->type != PARAM_LIST) {
        if (origin->source == CONFIG_FLAG)
            return err_set(err, ERR_USAGE, "%s stands twice", where.ptr);
        *origin = (struct config_origin){CONFIG_FLAG, 0};
        return config_set(&s, flag->param, value);
    }
    if (origin->source == CONFIG_FLAG)
        values = *(const struct strs *)value_of(config, flag->param);
    *origin = (struct config_origin){CONFIG_FLAG, 0};
    TRY(strs_add(&values, a, value));
    return config_set_list(&s, flag->param, &values);
}

static int read_file(struct arena *a, const char *file, char *const *environment,
                     struct config *config, struct err_ctx *err)
{
    struct str text;
    const char *named = file ? file : environment_get(environment, "GARITA_CONFIG");
    const char *path = named ? named : CONFIG_FILE_DEFAULT;
    int rc = file_read(a, path, CONFIG_MAX_BYTES, &text);
    if (rc == ERR_NOT_FOUND && !named)
        return 0;
    if (rc != 0)
        return err_set(err, ERR_CONFIG, "cannot read %s: %s", path,
                       rc == ERR_TOO_LARGE ? "it is too large" : strerror(errno));
    config->file = path;
    return config_read_yaml(a, path, text, config, err);
}

int config_load(struct arena *a, const char *file, char *const *environment,
                const struct config_flag *flags, size_t flag_count, struct config *ret_config,
                struct err_ctx *err)
{
    struct config config = {0};
    TRY(set_defaults(a, &config, err));
    TRY(read_file(a, file, environment, &config, err));
    TRY(set_environment(a, environment, &config, err));
    for (size_t i = 0; i < flag_count; i++)
        TRY(set_flag(a, &flags[i], &config, err));
    TRY(config_check(&config, err));
    *ret_config = config;
    return 0;
}

static bool is_word(const char *value, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(value, *words) == 0)
            return true;
    return false;
}

static int ineffective(struct err_ctx *err, const char *name, const char *why)
{
    return err_field(err, ERR_CONFIG, name, "%s: %s", name, why);
}

static int check_base_path(const char *path, struct err_ctx *err)
{
    size_t len = strlen(path);
    if (len == 0)
        return 0;
    bool ok = path[0] == '/' && len > 1 && path[len - 1] != '/' && !strstr(path, "//");
    for (const char *c = path; ok && *c; c++)
        ok = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
             strchr("/-_.", *c) != NULL;
    ok = ok && !strstr(path, "/.");
    return ok ? 0 : ineffective(err, "base-path", "must look like /auth, without a '/' at the end");
}

static int check_words(const struct config *config, struct err_ctx *err)
{
    static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
    static const char *const formats[] = {"auto", "json", "human", NULL};
    if (!is_word(config->log_level, levels))
        return ineffective(err, "log-level", "must be debug, info, warn or error");
    if (!is_word(config->log_format, formats))
        return ineffective(err, "log-format", "must be auto, json or human");
    if (config->data[0] == '\0')
        return ineffective(err, "data", "must name a folder");
    return check_base_path(config->base_path, err);
}

static bool any_twice(const int64_t *ports, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            if (ports[i] != 0 && ports[i] == ports[k])
                return true;
    return false;
}

/* Settings that say nothing without another one stop the start too (CL-01). */
int config_check(const struct config *config, struct err_ctx *err)
{
    TRY(check_words(config, err));
    if ((config->tls_cert_file[0] == '\0') != (config->tls_key_file[0] == '\0'))
        return ineffective(err, "tls-cert-file", "goes together with tls-key-file");
    if (config->https_port == 0 && config->http_port == 0)
        return ineffective(err, "https-port", "there is no port to serve on");
    if (config->https_port == 0 && !config->dev)
        return ineffective(err, "https-port", "only with dev may HTTPS be off");
    if (config->dev && config->http_port == 0 &&
        config->origin[PARAM_https_port].source == CONFIG_DEFAULT)
        return ineffective(err, "http-port", "dev serves on this port");
    const int64_t ports[] = {config->https_port, config->http_port, config->admin_port,
                             config->management_port, config->grpc_port};
    if (any_twice(ports, ARRAY_LEN(ports)))
        return ineffective(err, "https-port", "two listeners have the same port");
    return 0;
}
