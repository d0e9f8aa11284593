/* The YAML file: one flat mapping of setting names to values. Everything else that YAML can say
 * (anchors, tags, several documents, nesting) is refused with its line. */
#include <yaml.h>

#include "appliance/config.h"

#include "core/base/banned.h"

struct reader {
    struct arena *arena;
    const char *file;
    struct config *config;
    struct err_ctx *err;
    yaml_parser_t parser;
};

static int refuse(struct reader *r, size_t line, const char *what)
{
    return err_set(r->err, ERR_CONFIG, "%s:%zu: %s", r->file, line + 1, what);
}

static int next_event(struct reader *r, yaml_event_t *ret_event)
{
    if (yaml_parser_parse(&r->parser, ret_event))
        return 0;
    return refuse(r, r->parser.problem_mark.line,
                  r->parser.problem ? r->parser.problem : "not valid YAML");
}

static int expect(struct reader *r, yaml_event_type_t type, const char *what)
{
    yaml_event_t event;
    TRY(next_event(r, &event));
    size_t line = event.start_mark.line;
    bool ok = event.type == type;
    yaml_event_delete(&event);
    return ok ? 0 : refuse(r, line, what);
}

/* A scalar without anchor and tag, copied into the arena. */
static int take_scalar(struct reader *r, const yaml_event_t *event, struct str *ret_text)
{
    if (event->type != YAML_SCALAR_EVENT)
        return refuse(r, event->start_mark.line, "a plain value is expected here");
    if (event->data.scalar.anchor || event->data.scalar.tag)
        return refuse(r, event->start_mark.line, "anchors and tags are not used here");
    *ret_text = arena_str(
        r->arena, str_of((const char *)event->data.scalar.value, event->data.scalar.length));
    return str_absent(*ret_text) ? ERR_NO_MEMORY : 0;
}

static int read_list(struct reader *r, struct strs *list)
{
    for (;;) {
        yaml_event_t event;
        struct str text;
        TRY(next_event(r, &event));
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return 0;
        }
        int rc = take_scalar(r, &event, &text);
        yaml_event_delete(&event);
        TRY(rc);
        TRY(strs_add(list, r->arena, text));
    }
}

static int set_list(struct reader *r, const struct config_setter *s, const struct param *param)
{
    struct strs list = {0};
    TRY(read_list(r, &list));
    return config_set_list(s, param, &list);
}

/* Quotes matter for numbers and switches: "true" in quotes is a text. */
static int set_scalar(struct reader *r, const struct config_setter *s, const struct param *param,
                      const yaml_event_t *event)
{
    struct str text;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    TRY(take_scalar(r, event, &text));
    if (plain && (str_empty(text) || str_eq(text, STR("~")) || str_eq(text, STR("null"))))
        return refuse(r, event->start_mark.line, "the setting has no value");
    if (!plain && (param->type == PARAM_BOOL || param->type == PARAM_INT))
        return refuse(r, event->start_mark.line, "a number or switch stands without quotes");
    if (param->type == PARAM_LIST)
        return config_set_list(s, param, &(struct strs){&text, 1});
    return config_set(s, param, text);
}

static int read_value(struct reader *r, const struct param *param)
{
    yaml_event_t event;
    TRY(next_event(r, &event));
    size_t line = event.start_mark.line;
    struct str where = arena_printf(r->arena, "%s:%zu", r->file, line + 1);
    const struct config_setter s = {r->arena, r->config, r->err, where.ptr, ERR_CONFIG};
    int rc = 0;
    if (str_absent(where))
        rc = ERR_NO_MEMORY;
    else if (event.type == YAML_SCALAR_EVENT)
        rc = set_scalar(r, &s, param, &event);
    else if (event.type == YAML_SEQUENCE_START_EVENT && !event.data.sequence_start.anchor)
        rc = set_list(r, &s, param);
    else
        rc = refuse(r, line, "a plain value or a list is expected here");
    yaml_event_delete(&event);
    TRY(rc);
    r->config->origin[param - params] = (struct config_origin){CONFIG_FILE, line + 1};
    return 0;
}

static int read_pair(struct reader *r, const yaml_event_t *key)
{
    struct str name;
    size_t line = key->start_mark.line;
    TRY(take_scalar(r, key, &name));
    const struct param *param = param_find(name);
    if (!param)
        return err_set(r->err, ERR_CONFIG, "%s:%zu: %.*s is no setting of garita", r->file,
                       line + 1, (int)(name.len < 100 ? name.len : 100), name.ptr);
    if (r->config->origin[param - params].source == CONFIG_FILE)
        return err_set(r->err, ERR_CONFIG, "%s:%zu: %s stands in line %zu already", r->file,
                       line + 1, param->name, r->config->origin[param - params].line);
    return read_value(r, param);
}

static int read_mapping(struct reader *r)
{
    for (;;) {
        yaml_event_t event;
        TRY(next_event(r, &event));
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            return 0;
        }
        int rc = read_pair(r, &event);
        yaml_event_delete(&event);
        TRY(rc);
    }
}

/* An empty file, or one with comments only, is a stream without a document. */
static int read_stream(struct reader *r)
{
    yaml_event_t event;
    TRY(expect(r, YAML_STREAM_START_EVENT, "not valid YAML"));
    TRY(next_event(r, &event));
    yaml_event_type_t type = event.type;
    yaml_event_delete(&event);
    if (type == YAML_STREAM_END_EVENT)
        return 0;
    TRY(expect(r, YAML_MAPPING_START_EVENT, "settings are lines of the form name: value"));
    TRY(read_mapping(r));
    TRY(expect(r, YAML_DOCUMENT_END_EVENT, "something stands after the settings"));
    return expect(r, YAML_STREAM_END_EVENT, "a second document is not read");
}

int config_read_yaml(struct arena *a, const char *file, struct str text, struct config *config,
                     struct err_ctx *err)
{
    struct reader r = {.arena = a, .file = file, .config = config, .err = err};
    if (!yaml_parser_initialize(&r.parser))
        return ERR_NO_MEMORY;
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.ptr, text.len);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    int rc = read_stream(&r);
    yaml_parser_delete(&r.parser);
    return rc;
}
