/* Field tables as JSON Schema. */
#include "core/model/fields_schema.h"

#include "core/base/banned.h"

static void write_list(const char *text, struct json_writer *w)
{
    jw_begin_object(w);
    jw_member_c(w, "type", "array");
    jw_key(w, "items");
    jw_raw(w, str_c(text));
    jw_end_object(w);
}

static void write_map(bool of_lists, const char *text, struct json_writer *w)
{
    jw_begin_object(w);
    jw_member_c(w, "type", "object");
    jw_key(w, "additionalProperties");
    if (of_lists)
        write_list(text, w);
    else
        jw_raw(w, str_c(text));
    jw_end_object(w);
}

static void write_kind(enum field_kind kind, const char *text, struct json_writer *w)
{
    switch (kind) {
    case FIELD_STR: jw_raw(w, str_c(text)); return;
    case FIELD_BOOL: jw_raw(w, STR("{\"type\":\"boolean\"}")); return;
    case FIELD_I64: jw_raw(w, STR("{\"type\":\"integer\"}")); return;
    case FIELD_STRS: write_list(text, w); return;
    case FIELD_MAP: write_map(false, text, w); return;
    case FIELD_ATTRS: write_map(true, text, w); return;
    }
}

void fields_schema_write(const struct field_table *table, const char *text, struct json_writer *w)
{
    for (size_t i = 0; i < table->count; i++) {
        jw_key(w, table->fields[i].json);
        write_kind(table->fields[i].kind, text ? text : "{\"type\":\"string\"}", w);
    }
}
