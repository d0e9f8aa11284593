/* The validations of a profile. */
#include "core/model/profile_value.h"

#include "core/codec/pattern.h"
#include "core/codec/uri.h"
#include "core/model/check.h"

#include "core/base/banned.h"

#define PARAMS_MAX_BYTES  ((size_t)16 << 10)
#define TEXT_MAX_BYTES    1024
#define OPTIONS_MAX       1000
#define SCRATCH_MAX_BYTES ((size_t)1 << 20) /* a pattern and what matching it needs */

/* --- Problems --- */

int profile_problem_add(struct arena *a, struct profile_problems *problems, struct str attribute,
                        struct str message, const struct json_value *first,
                        const struct json_value *second)
{
    struct buf b;
    struct json_writer w;
    struct str params;
    if (problems->count == PROFILE_MAX_PROBLEMS)
        return 0;
    buf_init(&b, a, PARAMS_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_array(&w);
    jw_str(&w, attribute);
    if (first)
        jw_value(&w, first);
    if (second)
        jw_value(&w, second);
    jw_end_array(&w);
    TRY(jw_finish(&w, &params));
    problems->items[problems->count++] = (struct profile_problem){attribute, message, params};
    return 0;
}

/* One value on trial. */
struct trial {
    struct arena *arena;   /* of problems */
    struct arena *scratch; /* for one value */
    struct str attribute;
    const struct json_value *settings;
    struct str value;
    struct profile_problems *problems;
};

static int refuse_with(const struct trial *t, const char *message, const struct json_value *first,
                       const struct json_value *second)
{
    struct str own = json_get_str(t->settings, "error-message");
    return profile_problem_add(t->arena, t->problems, t->attribute,
                               str_empty(own) ? str_c(message) : own, first, second);
}

static int refuse(const struct trial *t, const char *message)
{
    return refuse_with(t, message, NULL, NULL);
}

/* --- Settings --- */

static int wrong(struct err_ctx *err, const char *field, const char *what)
{
    return err_field(err, ERR_INVALID_REQUEST, field, "%s %s", field, what);
}

/* A number, or one as a text, as consoles write it. */
static bool number_of(struct arena *a, const struct json_value *json, double *ret_number)
{
    const struct json_value *inside;
    if (json_number(json, ret_number) == 0)
        return true;
    struct str text = json_str(json);
    return !str_empty(text) && json_parse(a, text, TEXT_MAX_BYTES, &inside) == 0 &&
           json_number(inside, ret_number) == 0;
}

/* false when the setting is not there. */
static bool bound_of(const struct trial *t, const char *name, double *ret_number)
{
    return number_of(t->scratch, json_get(t->settings, name), ret_number);
}

static int check_bounds(struct arena *a, const struct json_value *settings, struct err_ctx *err)
{
    const struct json_value *min = json_get(settings, "min"), *max = json_get(settings, "max");
    double low, high;
    if (!json_is_none(min) && !number_of(a, min, &low))
        return wrong(err, "min", "must be a number");
    if (!json_is_none(max) && !number_of(a, max, &high))
        return wrong(err, "max", "must be a number");
    if (!json_is_none(min) && !json_is_none(max) && high < low)
        return wrong(err, "max", "is less than min");
    return 0;
}

static int check_length(struct arena *a, const struct json_value *settings, struct err_ctx *err)
{
    if (json_is_none(json_get(settings, "min")) && json_is_none(json_get(settings, "max")))
        return wrong(err, "length", "needs min or max");
    return check_bounds(a, settings, err);
}

static int check_pattern(struct arena *a, const struct json_value *settings, struct err_ctx *err)
{
    const struct pattern *pattern;
    const char *why = "is not well-formed";
    struct str text = json_get_str(settings, "pattern");
    if (str_absent(text))
        return wrong(err, "pattern", "must be a text");
    int rc = pattern_compile(a, text, &pattern, &why);
    if (rc == 0 || rc == ERR_NO_MEMORY)
        return rc;
    return err_field(err, ERR_INVALID_REQUEST, "pattern", "the pattern is refused: %s", why);
}

static int check_texts(const struct json_value *list, const char *name, struct err_ctx *err)
{
    const struct json_value *item;
    if (!json_is_array(list) || json_count(list) > OPTIONS_MAX)
        return wrong(err, name, "must be a list of texts");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        if (json_kind(item) != JSON_STRING)
            return wrong(err, name, "must be a list of texts");
    return 0;
}

static int check_options(struct arena *a, const struct json_value *settings, struct err_ctx *err)
{
    (void)a;
    return check_texts(json_get(settings, "options"), "options", err);
}

static int check_uri(struct arena *a, const struct json_value *settings, struct err_ctx *err)
{
    (void)a;
    const struct json_value *schemes = json_get(settings, "allowedSchemes");
    return json_is_none(schemes) ? 0 : check_texts(schemes, "allowedSchemes", err);
}

/* --- Values --- */

static int judge_length(const struct trial *t)
{
    double min, max;
    bool has_min = bound_of(t, "min", &min), has_max = bound_of(t, "max", &max);
    bool whole = json_bool_or(t->settings, "trim-disabled", false) ||
                 str_eq(json_get_str(t->settings, "trim-disabled"), STR("true"));
    double length = (double)str_utf8_length(whole ? t->value : str_trim(t->value));
    if (!(has_min && length < min) && !(has_max && length > max))
        return 0;
    const struct json_value *low = json_get(t->settings, "min");
    const struct json_value *high = json_get(t->settings, "max");
    if (!has_min)
        return refuse_with(t, "error-invalid-length-too-long", high, NULL);
    if (!has_max)
        return refuse_with(t, "error-invalid-length-too-short", low, NULL);
    return refuse_with(t, "error-invalid-length", low, high);
}

static int judge_pattern(const struct trial *t)
{
    const struct json_value *text = json_get(t->settings, "pattern");
    const struct pattern *pattern;
    bool matches;
    TRY(pattern_compile(t->scratch, json_str(text), &pattern, NULL));
    TRY(pattern_matches(t->scratch, pattern, t->value, &matches));
    return matches ? 0 : refuse_with(t, "error-pattern-no-match", text, NULL);
}

static int judge_options(const struct trial *t)
{
    return json_has_str(json_get(t->settings, "options"), t->value)
               ? 0
               : refuse(t, "error-invalid-value");
}

static int judge_email(const struct trial *t)
{
    return email_is_sound(t->value) ? 0 : refuse(t, "error-invalid-email");
}

static int judge_range(const struct trial *t, double value)
{
    double min, max;
    bool has_min = bound_of(t, "min", &min), has_max = bound_of(t, "max", &max);
    if (!(has_min && value < min) && !(has_max && value > max))
        return 0;
    const struct json_value *low = json_get(t->settings, "min");
    const struct json_value *high = json_get(t->settings, "max");
    if (!has_min)
        return refuse_with(t, "error-number-out-of-range-too-big", high, NULL);
    if (!has_max)
        return refuse_with(t, "error-number-out-of-range-too-small", low, NULL);
    return refuse_with(t, "error-number-out-of-range", low, high);
}

static int judge_integer(const struct trial *t)
{
    int64_t value;
    return str_to_i64(t->value, &value) == 0 ? judge_range(t, (double)value)
                                             : refuse(t, "error-invalid-number");
}

static int judge_double(const struct trial *t)
{
    const struct json_value *json;
    double value;
    int rc = json_parse(t->scratch, t->value, TEXT_MAX_BYTES, &json);
    if (rc == ERR_NO_MEMORY)
        return rc;
    return rc == 0 && json_number(json, &value) == 0 ? judge_range(t, value)
                                                     : refuse(t, "error-invalid-number");
}

static bool scheme_is_allowed(const struct trial *t, struct str scheme)
{
    const struct json_value *schemes = json_get(t->settings, "allowedSchemes");
    if (json_is_none(schemes))
        return str_ieq(scheme, STR("https")) || str_ieq(scheme, STR("http"));
    return json_has_str(schemes, scheme);
}

static int judge_uri(const struct trial *t)
{
    struct uri uri;
    if (uri_parse(t->value, &uri) != 0)
        return refuse(t, "error-invalid-uri");
    if (!scheme_is_allowed(t, uri.scheme))
        return refuse(t, "error-invalid-uri-scheme");
    bool fragment = json_bool_or(t->settings, "allowFragment", true);
    return str_absent(uri.fragment) || fragment ? 0 : refuse(t, "error-invalid-uri-fragment");
}

static int64_t days_of(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* RFC 3339 5.6 full-date: people of all languages are stored in one form. */
static bool is_date(struct str text)
{
    int64_t year, month, day;
    if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-' ||
        str_to_i64(str_sub(text, 0, 4), &year) != 0 ||
        str_to_i64(str_sub(text, 5, 2), &month) != 0 || str_to_i64(str_from(text, 8), &day) != 0)
        return false;
    return year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= days_of(year, month);
}

static int judge_date(const struct trial *t)
{
    return is_date(t->value) ? 0 : refuse(t, "error-invalid-date");
}

/* Characters that end in pages, mails and commands where they mean something. */
static bool holds_any(struct str text, const char *refused)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '\0' && strchr(refused, text.ptr[i]))
            return true;
    return str_find_str(text, STR("\xc2\xa7")) >= 0 || !str_has_no_control(text) ||
           text_is_deceptive(text);
}

static int judge_person_name(const struct trial *t)
{
    return holds_any(t->value, "<>&\"$%!#?;*~/\\|^=[]{}()")
               ? refuse(t, "error-person-name-invalid-character")
               : 0;
}

static int judge_username(const struct trial *t)
{
    return holds_any(t->value, "<>&\"' $%!#?,;:*~/\\|^=[]{}()`")
               ? refuse(t, "error-username-invalid-character")
               : 0;
}

/* --- The table --- */

static const struct validation {
    const char *name;
    int (*check)(struct arena *a, const struct json_value *settings, struct err_ctx *err);
    int (*judge)(const struct trial *trial); /* NULL: not of single values */
} validations[] = {
    {"length", check_length, judge_length},
    {"pattern", check_pattern, judge_pattern},
    {"options", check_options, judge_options},
    {"email", NULL, judge_email},
    {"integer", check_bounds, judge_integer},
    {"double", check_bounds, judge_double},
    {"uri", check_uri, judge_uri},
    {"local-date", NULL, judge_date},
    {"iso-date", NULL, judge_date},
    {"person-name-prohibited-characters", NULL, judge_person_name},
    {"username-prohibited-characters", NULL, judge_username},
    {"up-username-not-idn-homograph", NULL, NULL}, /* every name: name_check (WE-13) */
    {"multivalued", check_bounds, NULL},
};

static const struct validation *validation_named(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(validations); i++)
        if (str_eq_c(name, validations[i].name))
            return &validations[i];
    return NULL;
}

static int check_one(struct arena *a, struct str name, const struct json_value *settings,
                     struct err_ctx *err)
{
    const struct validation *validation = validation_named(name);
    struct str message = {NULL, 0};
    if (!validation)
        return err_field(err, ERR_INVALID_REQUEST, "validations", "There is no validation %.*s",
                         STR_ARG(name));
    if (!json_is_none(settings) && !json_is_object(settings))
        return wrong(err, "validations", "must be objects");
    if (json_opt_str(settings, "error-message", &message) != 0)
        return wrong(err, "error-message", "must be a text");
    TRY(text_check(message, TEXT_MAX_BYTES, "error-message", err));
    return validation->check ? validation->check(a, settings, err) : 0;
}

int profile_validations_check(const struct json_value *validations_json, struct err_ctx *err)
{
    CLEANUP(arena_free) struct arena scratch;
    const struct json_value *settings;
    struct str name;
    arena_init(&scratch, SCRATCH_MAX_BYTES);
    for (struct json_iter it = json_iter(validations_json); json_next(&it, &name, &settings);) {
        arena_reset(&scratch);
        TRY(check_one(&scratch, name, settings, err));
    }
    return 0;
}

/* How many values there may be: one, unless the attribute says otherwise. */
static int judge_count(struct trial *t, const struct profile_attribute *attribute, size_t count)
{
    double min, max;
    t->settings = json_get(attribute->validations, "multivalued");
    if (!attribute->multivalued && count > 1)
        return refuse(t, "error-invalid-multivalued-size");
    bool few = bound_of(t, "min", &min) && (double)count < min;
    bool many = bound_of(t, "max", &max) && (double)count > max;
    if (!few && !many)
        return 0;
    return refuse_with(t, "error-invalid-multivalued-size", json_get(t->settings, "min"),
                       json_get(t->settings, "max"));
}

static int judge_value(struct trial *t, const struct json_value *all)
{
    const struct json_value *settings;
    struct str name;
    for (struct json_iter it = json_iter(all); json_next(&it, &name, &settings);) {
        const struct validation *validation = validation_named(name);
        t->settings = settings;
        if (validation && validation->judge)
            TRY(validation->judge(t));
    }
    return 0;
}

int profile_values_judge(struct arena *a, const struct profile_attribute *attribute,
                         const struct str *values, size_t count, struct profile_problems *problems)
{
    CLEANUP(arena_free) struct arena scratch;
    struct trial t = {
        .arena = a, .scratch = &scratch, .attribute = attribute->name, .problems = problems};
    arena_init(&scratch, SCRATCH_MAX_BYTES);
    TRY(judge_count(&t, attribute, count));
    for (size_t i = 0; i < count; i++) {
        arena_reset(&scratch);
        t.value = values[i];
        if (!str_empty(t.value))
            TRY(judge_value(&t, attribute->validations));
    }
    return 0;
}
