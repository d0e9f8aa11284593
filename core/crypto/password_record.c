/* Password records as Keycloak keeps them: two JSON texts, where Argon2's parameters are arrays of
 * strings. Strict in what it takes: a record that is not understood never matches (PW-01). */
#include "core/base/err.h"
#include "core/codec/base64.h"
#include "core/codec/json.h"
#include "core/crypto/password_internal.h"

#include "core/base/banned.h"

static const struct {
    struct str name;
    enum password_alg alg;
} algorithms[] = {
    {STR_INIT("argon2"), PASSWORD_ARGON2},
    {STR_INIT("pbkdf2-sha256"), PASSWORD_PBKDF2_SHA256},
    {STR_INIT("pbkdf2-sha512"), PASSWORD_PBKDF2_SHA512},
    {STR_INIT("pbkdf2"), PASSWORD_PBKDF2_SHA1},
};

static const char *const argon2_types[] = {[ARGON2_D] = "d", [ARGON2_I] = "i", [ARGON2_ID] = "id"};

/* --- reading --- */

static int parse_algorithm(const struct json_value *data, enum password_alg *ret_alg)
{
    struct str name = json_get_str(data, "algorithm");
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
        if (!str_absent(name) && str_eq(name, algorithms[i].name)) {
            *ret_alg = algorithms[i].alg;
            return 0;
        }
    }
    return ERR_INVALID_SYNTAX;
}

static int to_u32(int64_t value, uint32_t *ret_value)
{
    if (value < 1)
        return ERR_INVALID_SYNTAX;
    if (value > UINT32_MAX)
        return ERR_TOO_LARGE;
    *ret_value = (uint32_t)value;
    return 0;
}

/* "memory":["7168"]: the one string of the array. */
static int get_param(const struct json_value *params, const char *name, struct str *ret_text)
{
    const struct json_value *list = json_get(params, name);
    if (json_count(list) != 1)
        return ERR_INVALID_SYNTAX;
    *ret_text = json_str(json_at(list, 0));
    return str_absent(*ret_text) ? ERR_INVALID_SYNTAX : 0;
}

static int get_param_u32(const struct json_value *params, const char *name, uint32_t *ret_value)
{
    struct str text;
    int64_t value;
    TRY(get_param(params, name, &text));
    if (str_to_i64(text, &value) != 0)
        return ERR_INVALID_SYNTAX;
    return to_u32(value, ret_value);
}

static int parse_argon2_type(struct str text, enum argon2_type *ret_type)
{
    for (enum argon2_type type = ARGON2_D; type <= ARGON2_ID; type++) {
        if (str_eq_c(text, argon2_types[type])) {
            *ret_type = type;
            return 0;
        }
    }
    return ERR_INVALID_SYNTAX;
}

static int parse_argon2_version(struct str text, uint32_t *ret_version)
{
    if (str_eq(text, STR("1.3")))
        *ret_version = 0x13;
    else if (str_eq(text, STR("1.0")))
        *ret_version = 0x10;
    else
        return ERR_INVALID_SYNTAX;
    return 0;
}

static int parse_argon2(const struct json_value *data, struct password_params *params)
{
    struct str text;
    const struct json_value *extra = json_get(data, "additionalParameters");
    TRY(get_param_u32(extra, "memory", &params->memory_kib));
    TRY(get_param_u32(extra, "parallelism", &params->parallelism));
    TRY(get_param_u32(extra, "hashLength", &params->hash_bytes));
    TRY(get_param(extra, "type", &text));
    TRY(parse_argon2_type(text, &params->type));
    TRY(get_param(extra, "version", &text));
    return parse_argon2_version(text, &params->version);
}

static int parse_credential_data(struct arena *a, struct str text, struct password_params *params)
{
    const struct json_value *data;
    int64_t iterations;
    int err = json_parse(a, text, PASSWORD_MAX_RECORD_BYTES, &data);
    if (err != 0)
        return err == ERR_NO_MEMORY || err == ERR_TOO_LARGE ? err : ERR_INVALID_SYNTAX;
    TRY(parse_algorithm(data, &params->alg));
    if (json_get_i64(data, "hashIterations", &iterations) != 0)
        return ERR_INVALID_SYNTAX;
    TRY(to_u32(iterations, &params->iterations));
    return params->alg == PASSWORD_ARGON2 ? parse_argon2(data, params) : 0;
}

static int parse_bytes(struct arena *a, const struct json_value *data, const char *name,
                       struct str *ret_bytes)
{
    struct str text = json_get_str(data, name);
    if (str_absent(text)) /* a null salt among them: such a record cannot be checked */
        return ERR_INVALID_SYNTAX;
    return base64_decode(a, text, BASE64_PADDING_OPTIONAL, ret_bytes);
}

static int parse_secret_data(struct arena *a, struct str text, struct password_parsed *parsed)
{
    const struct json_value *data;
    int err = json_parse(a, text, PASSWORD_MAX_RECORD_BYTES, &data);
    if (err != 0)
        return err == ERR_NO_MEMORY || err == ERR_TOO_LARGE ? err : ERR_INVALID_SYNTAX;
    TRY(parse_bytes(a, data, "salt", &parsed->salt));
    return parse_bytes(a, data, "value", &parsed->hash);
}

static bool lengths_fit(const struct password_parsed *p)
{
    return p->hash.len >= PASSWORD_HASH_MIN_BYTES && p->hash.len <= PASSWORD_HASH_MAX_BYTES &&
           p->salt.len >= PASSWORD_SALT_MIN_BYTES && p->salt.len <= PASSWORD_SALT_MAX_BYTES &&
           p->hash.len == p->params.hash_bytes;
}

int password_record_parse(struct arena *a, const struct password_record *record,
                          struct password_parsed *ret_parsed)
{
    struct password_parsed parsed = {.params.alg = PASSWORD_ARGON2};
    TRY(parse_credential_data(a, record->credential_data, &parsed.params));
    TRY(parse_secret_data(a, record->secret_data, &parsed));
    /* PBKDF2 records do not state the length: it is that of the value. */
    if (parsed.params.alg != PASSWORD_ARGON2)
        parsed.params.hash_bytes = (uint32_t)parsed.hash.len;
    if (!lengths_fit(&parsed))
        return ERR_INVALID_SYNTAX;
    if (!password_params_are_sane(&parsed.params))
        return ERR_TOO_LARGE;
    *ret_parsed = parsed;
    return 0;
}

/* --- writing --- */

static void write_param(struct json_writer *w, const char *name, struct str value)
{
    jw_member_array(w, name);
    jw_str(w, value);
    jw_end_array(w);
}

static void write_argon2(struct json_writer *w, struct arena *a, const struct password_params *p)
{
    write_param(w, "hashLength", arena_printf(a, "%u", p->hash_bytes));
    write_param(w, "memory", arena_printf(a, "%u", p->memory_kib));
    write_param(w, "type", str_c(argon2_types[p->type]));
    write_param(w, "version", p->version == 0x13 ? STR("1.3") : STR("1.0"));
    write_param(w, "parallelism", arena_printf(a, "%u", p->parallelism));
}

static int write_credential_data(struct arena *a, const struct password_params *p,
                                 struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    struct str name = {NULL, 0};
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
        if (algorithms[i].alg == p->alg)
            name = algorithms[i].name;
    buf_init(&b, a, PASSWORD_MAX_RECORD_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_i64(&w, "hashIterations", p->iterations);
    jw_member_str(&w, "algorithm", name);
    jw_member_object(&w, "additionalParameters");
    if (p->alg == PASSWORD_ARGON2)
        write_argon2(&w, a, p);
    jw_end_object(&w);
    jw_end_object(&w);
    return jw_finish(&w, ret_text);
}

static int write_secret_data(struct arena *a, const struct password_parsed *p, struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, PASSWORD_MAX_RECORD_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str(&w, "value", base64_encode(a, p->hash));
    jw_member_str(&w, "salt", base64_encode(a, p->salt));
    jw_member_object(&w, "additionalParameters");
    jw_end_object(&w);
    jw_end_object(&w);
    return jw_finish(&w, ret_text);
}

int password_record_write(struct arena *a, const struct password_parsed *parsed,
                          struct password_record *ret_record)
{
    struct password_record record;
    TRY(write_credential_data(a, &parsed->params, &record.credential_data));
    TRY(write_secret_data(a, parsed, &record.secret_data));
    if (a->exhausted) /* a value may be missing in what was written */
        return ERR_NO_MEMORY;
    *ret_record = record;
    return 0;
}
