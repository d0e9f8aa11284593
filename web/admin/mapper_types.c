/* Protocol mappers and their settings, for tools that make them. */
#include "web/admin/mapper_types.h"

#include "core/base/banned.h"

static const struct {
    const char *id, *name, *category, *help, *sets;
} types[] = {
#define T(id, name, category, help, sets) {id, name, category, help, sets},
#define S(set, name, label, kind, fallback, choices)
#include "web/admin/mapper_types.def"
#undef T
#undef S
};

struct setting {
    const char *set, *name, *label, *kind, *fallback, *choices;
};

static const struct setting settings[] = {
#define T(id, name, category, help, sets)
#define S(set, name, label, kind, fallback, choices) {set, name, label, kind, fallback, choices},
#include "web/admin/mapper_types.def"
#undef T
#undef S
};

static void write_choices(struct json_writer *w, const char *choices)
{
    struct str rest = str_c(choices), word;
    jw_member_array(w, "options");
    while (str_next_word(&rest, &word))
        jw_str(w, word);
    jw_end_array(w);
}

static void write_setting(struct json_writer *w, const struct setting *s)
{
    jw_begin_object(w);
    jw_member_c(w, "name", s->name);
    jw_member_c(w, "label", s->label);
    jw_member_c(w, "type", s->kind);
    if (s->fallback)
        jw_member_c(w, "defaultValue", s->fallback);
    if (s->choices)
        write_choices(w, s->choices);
    jw_member_bool(w, "secret", false);
    jw_member_bool(w, "required", false);
    jw_member_bool(w, "readOnly", false);
    jw_end_object(w);
}

static void write_settings(struct json_writer *w, const char *sets)
{
    jw_member_array(w, "properties");
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (str_has_word(str_c(sets), str_c(settings[i].set)))
            write_setting(w, &settings[i]);
    jw_end_array(w);
}

void mapper_types_write(struct json_writer *w)
{
    jw_begin_array(w);
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        jw_begin_object(w);
        jw_member_c(w, "id", types[i].id);
        jw_member_c(w, "name", types[i].name);
        jw_member_c(w, "category", types[i].category);
        jw_member_c(w, "helpText", types[i].help);
        jw_member_i64(w, "priority", 0);
        write_settings(w, types[i].sets);
        jw_end_object(w);
    }
    jw_end_array(w);
}

void mapper_types_write_ids(struct json_writer *w)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        jw_member_object(w, types[i].id);
        jw_end_object(w);
    }
}
