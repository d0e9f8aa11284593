/* Events of libyaml to a JSON writer. */
#include "appliance/apply/yaml.h"

#include <yaml.h>

#include "core/base/banned.h"

#define JSON_TEXT_MAX ((size_t)8 << 20)

struct reader {
    struct arena *arena;
    const char *file;
    struct err_ctx *err;
    struct json_writer out;
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
    if (r->parser.error == YAML_MEMORY_ERROR)
        return ERR_NO_MEMORY;
    return refuse(r, r->parser.problem_mark.line,
                  r->parser.problem ? r->parser.problem : "not valid YAML");
}

/* --- Scalars --- */

static size_t digits(struct str text, size_t at)
{
    size_t n = 0;
    while (at + n < text.len && text.ptr[at + n] >= '0' && text.ptr[at + n] <= '9')
        n++;
    return n;
}

/* RFC 8259 6. Anything else that looks like a number (0123, 1_000, 0x1f) stays a text, as people
 * wrote it. */
static bool is_json_number(struct str text)
{
    size_t at = str_starts(text, STR("-")) ? 1 : 0, n = digits(text, at);
    if (n == 0 || (n > 1 && text.ptr[at] == '0'))
        return false;
    at += n;
    if (at < text.len && text.ptr[at] == '.') {
        n = digits(text, at + 1);
        if (n == 0)
            return false;
        at += n + 1;
    }
    if (at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
        at++;
        if (at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-'))
            at++;
        n = digits(text, at);
        if (n == 0)
            return false;
        at += n;
    }
    return at == text.len && text.len < 64;
}

static void write_plain(struct json_writer *w, struct str text)
{
    if (str_empty(text) || str_eq(text, STR("~")) || str_eq(text, STR("null")))
        jw_null(w);
    else if (str_eq(text, STR("true")) || str_eq(text, STR("false")))
        jw_bool(w, text.ptr[0] == 't');
    else if (is_json_number(text))
        jw_raw(w, text);
    else
        jw_str(w, text);
}

static struct str text_of(const yaml_event_t *event)
{
    return str_of((const char *)event->data.scalar.value, event->data.scalar.length);
}

static int take_scalar(struct reader *r, const yaml_event_t *event)
{
    if (event->data.scalar.anchor || event->data.scalar.tag)
        return refuse(r, event->start_mark.line, "anchors and tags are not read: use variables");
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        write_plain(&r->out, text_of(event));
    else
        jw_str(&r->out, text_of(event));
    return 0;
}

/* --- Nodes --- */

static int take_node(struct reader *r, const yaml_event_t *event, size_t depth);

/* The next event as a node, or the end of the collection. */
static int take_next(struct reader *r, yaml_event_type_t end, size_t depth, bool *ret_more)
{
    yaml_event_t event;
    TRY(next_event(r, &event));
    *ret_more = event.type != end;
    int rc = *ret_more ? take_node(r, &event, depth) : 0;
    yaml_event_delete(&event);
    return rc;
}

static int take_key(struct reader *r, bool *ret_more)
{
    yaml_event_t event;
    int rc = 0;
    TRY(next_event(r, &event));
    *ret_more = event.type != YAML_MAPPING_END_EVENT;
    if (*ret_more && event.type != YAML_SCALAR_EVENT)
        rc = refuse(r, event.start_mark.line, "a key must be a text");
    else if (*ret_more && (event.data.scalar.anchor || event.data.scalar.tag))
        rc = refuse(r, event.start_mark.line, "anchors and tags are not read: use variables");
    else if (*ret_more)
        jw_key_s(&r->out, text_of(&event));
    yaml_event_delete(&event);
    return rc;
}

static int take_mapping(struct reader *r, size_t depth)
{
    bool more = true;
    jw_begin_object(&r->out);
    for (;;) {
        TRY(take_key(r, &more));
        if (!more)
            break;
        TRY(take_next(r, YAML_NO_EVENT, depth, &more));
    }
    jw_end_object(&r->out);
    return 0;
}

static int take_sequence(struct reader *r, size_t depth)
{
    bool more = true;
    jw_begin_array(&r->out);
    while (more)
        TRY(take_next(r, YAML_SEQUENCE_END_EVENT, depth, &more));
    jw_end_array(&r->out);
    return 0;
}

static bool is_marked(const yaml_event_t *event)
{
    if (event->type == YAML_MAPPING_START_EVENT)
        return event->data.mapping_start.anchor || event->data.mapping_start.tag;
    return event->data.sequence_start.anchor || event->data.sequence_start.tag;
}

static int take_node(struct reader *r, const yaml_event_t *event, size_t depth)
{
    size_t line = event->start_mark.line;
    if (event->type == YAML_SCALAR_EVENT)
        return take_scalar(r, event);
    if (event->type == YAML_ALIAS_EVENT)
        return refuse(r, line, "anchors and aliases are not read: use variables");
    if (event->type != YAML_MAPPING_START_EVENT && event->type != YAML_SEQUENCE_START_EVENT)
        return refuse(r, line, "a value is expected here");
    if (is_marked(event))
        return refuse(r, line, "anchors and tags are not read: use variables");
    if (depth == YAML_MAX_DEPTH)
        return refuse(r, line, "this is nested too deeply");
    return event->type == YAML_MAPPING_START_EVENT ? take_mapping(r, depth + 1)
                                                   : take_sequence(r, depth + 1);
}

/* --- Documents --- */

static int take_document(struct reader *r)
{
    bool more;
    yaml_event_t event;
    TRY(take_next(r, YAML_NO_EVENT, 0, &more));
    TRY(next_event(r, &event)); /* its end */
    yaml_event_delete(&event);
    return 0;
}

static int take_stream(struct reader *r)
{
    for (;;) {
        yaml_event_t event;
        TRY(next_event(r, &event));
        yaml_event_type_t type = event.type;
        yaml_event_delete(&event);
        if (type == YAML_STREAM_END_EVENT)
            return 0;
        if (type == YAML_DOCUMENT_START_EVENT)
            TRY(take_document(r));
    }
}

static int read_all(struct reader *r, struct str text)
{
    if (!yaml_parser_initialize(&r->parser))
        return ERR_NO_MEMORY;
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text.ptr, text.len);
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    jw_begin_array(&r->out);
    int rc = take_stream(r);
    jw_end_array(&r->out);
    yaml_parser_delete(&r->parser);
    return rc;
}

/* What the JSON reader finds wrong has no line any more. */
static int parse(struct reader *r, struct str json, const struct json_value **ret_documents)
{
    int rc = json_parse(r->arena, json, JSON_TEXT_MAX, ret_documents);
    if (rc == ERR_DUPLICATE)
        return err_set(r->err, ERR_CONFIG, "%s: a key stands twice in one place", r->file);
    if (rc == 0 || rc == ERR_NO_MEMORY)
        return rc;
    return err_set(r->err, ERR_CONFIG, "%s: %s", r->file, err_text(rc));
}

int yaml_read(struct arena *a, const char *file, struct str text,
              const struct json_value **ret_documents, struct err_ctx *err)
{
    struct reader r = {.arena = a, .file = file, .err = err};
    struct buf b;
    struct str json;
    if (text.len > YAML_MAX_BYTES)
        return err_set(err, ERR_TOO_LARGE, "%s: larger than %zu bytes", file, YAML_MAX_BYTES);
    buf_init(&b, a, JSON_TEXT_MAX);
    jw_init(&r.out, &b);
    TRY(read_all(&r, text));
    int rc = jw_finish(&r.out, &json);
    if (rc == ERR_INVALID_UTF8 || rc == ERR_INTERNAL)
        return err_set(err, ERR_CONFIG, "%s: not valid YAML", file);
    if (rc == ERR_TOO_LARGE)
        return err_set(err, rc, "%s: too large", file);
    TRY(rc);
    return parse(&r, json, ret_documents);
}
