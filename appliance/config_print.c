/* The settings as people read them: values, origins, sample file, table of the documentation. */
#include "appliance/config.h"

#include <string.h>

#include "core/base/banned.h"

static void add_quoted(struct buf *b, struct str text)
{
    buf_add_byte(b, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            buf_add_byte(b, '\\');
        buf_add_byte(b, text.ptr[i]);
    }
    buf_add_byte(b, '"');
}

static void add_list(struct buf *b, const struct strs *list)
{
    buf_add_byte(b, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_add_c(b, ", ");
        add_quoted(b, list->items[i]);
    }
    buf_add_byte(b, ']');
}

void config_value_write(const struct config *config, const struct param *param, struct buf *b)
{
    const void *at = (const char *)config + param->offset;
    switch (param->type) {
    case PARAM_STR: add_quoted(b, str_c(*(const char *const *)at)); break;
    case PARAM_BOOL: buf_add_c(b, *(const bool *)at ? "true" : "false"); break;
    case PARAM_INT: buf_add_i64(b, *(const int64_t *)at); break;
    case PARAM_LIST: add_list(b, at); break;
    }
}

struct str config_origin_text(struct arena *a, const struct config *config,
                              const struct param *param)
{
    const struct config_origin *origin = &config->origin[param - params];
    char name[PARAM_ENV_MAX];
    switch (origin->source) {
    case CONFIG_DEFAULT: break;
    case CONFIG_PRIMARY: return STR("the primary");
    case CONFIG_FLAG: return arena_printf(a, "flag --%s", param->name);
    case CONFIG_FILE: return arena_printf(a, "%s:%zu", config->file, origin->line);
    case CONFIG_ENVIRONMENT:
        param_environment_name(param, name);
        return arena_printf(a, "environment %s", name);
    }
    return STR("default");
}

static void add_default(struct buf *b, const struct param *param)
{
    switch (param->type) {
    case PARAM_STR: add_quoted(b, str_c(param->text)); break;
    case PARAM_BOOL:
    case PARAM_INT: buf_add_c(b, param->text); break;
    case PARAM_LIST: buf_add_c(b, "[]"); break;
    }
}

/* Lines of at most 96 characters, each behind "# ". */
static void add_comment(struct buf *b, const char *text)
{
    struct str rest = str_c(text), word;
    size_t column = 0;
    while (str_next_word(&rest, &word)) {
        if (column > 0 && column + word.len + 1 > 96) {
            buf_add_byte(b, '\n');
            column = 0;
        }
        buf_add_c(b, column == 0 ? "# " : " ");
        buf_add(b, word);
        column += word.len + 1;
    }
    buf_add_byte(b, '\n');
}

void config_sample_write(struct buf *b)
{
    const char *section = "";
    buf_add_c(b, "# Settings of garita, all at their defaults: take the '#' away from a line to "
                 "change it.\n# Written by: garita config --sample\n");
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (strcmp(section, params[i].section) != 0)
            buf_printf(b, "\n# --- %s ---\n", params[i].section);
        section = params[i].section;
        buf_add_byte(b, '\n');
        add_comment(b, params[i].help);
        buf_printf(b, "#%s: ", params[i].name);
        add_default(b, &params[i]);
        buf_add_byte(b, '\n');
    }
}

void config_docs_write(struct buf *b)
{
    const char *section = "";
    char name[PARAM_ENV_MAX];
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (strcmp(section, params[i].section) != 0)
            buf_printf(b,
                       "\n### %s\n\n| Setting (flag `--...`) | Environment | Default | Meaning "
                       "|\n|---|---|---|---|\n",
                       params[i].section);
        section = params[i].section;
        param_environment_name(&params[i], name);
        buf_printf(b, "| `%s` | `%s` | `", params[i].name, name);
        add_default(b, &params[i]);
        buf_printf(b, "` | %s", params[i].help);
        if (params[i].type == PARAM_INT)
            buf_printf(b, " (%lld to %lld)", (long long)params[i].least, (long long)params[i].most);
        buf_add_c(b, " |\n");
    }
}
