#include "appliance/alike.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/file.h"
#include "core/base/log.h"
#include "store/repl/node_folder.h"
#include "store/whole_file.h"

#include "core/base/banned.h"

#define FILE_NAME  "settings"
#define FILE_BYTES ((size_t)64 << 10)

static const struct {
    enum param_id id;
    bool is_taken; /* where the configuration says nothing */
} alike[] = {
    {PARAM_hostname, true},      {PARAM_base_path, true},
    {PARAM_default_realm, true}, {PARAM_trusted_proxies, true},
    {PARAM_admin_port, false},   {PARAM_tls_client_certificates, false},
    {PARAM_tls13_only, false},   {PARAM_failover_lease_ms, false},
};

/* As it would stand in the environment. */
static int value_text(struct arena *a, const struct config *config, enum param_id id,
                      struct str *ret_text)
{
    struct buf b;
    const void *at = (const char *)config + params[id].offset;
    const struct strs *list = at;
    buf_init(&b, a, FILE_BYTES);
    switch (params[id].type) {
    case PARAM_STR: buf_add_c(&b, *(const char *const *)at); break;
    case PARAM_BOOL: buf_add_c(&b, *(const bool *)at ? "true" : "false"); break;
    case PARAM_INT: buf_add_i64(&b, *(const int64_t *)at); break;
    case PARAM_LIST:
        for (size_t i = 0; i < list->count; i++) {
            buf_add_c(&b, i > 0 ? "," : "");
            buf_add(&b, list->items[i]);
        }
        break;
    }
    return buf_finish(&b, ret_text);
}

int alike_add(struct arena *a, const struct config *config, struct repl_settings *settings)
{
    for (size_t i = 0; i < ARRAY_LEN(alike); i++) {
        struct str text;
        TRY(value_text(a, config, alike[i].id, &text));
        if (settings->count == ARRAY_LEN(settings->names))
            return ERR_TOO_LARGE;
        settings->names[settings->count] = str_c(params[alike[i].id].name);
        settings->values[settings->count++] = text;
    }
    return 0;
}

/* Absent: the primary does not say it. */
static struct str said_of(const struct repl_settings *settings, enum param_id id)
{
    for (size_t i = 0; i < settings->count; i++)
        if (str_eq_c(settings->names[i], params[id].name))
            return settings->values[i];
    return str_of(NULL, 0);
}

bool alike_is_said(const struct repl_settings *settings)
{
    return !str_absent(said_of(settings, alike[0].id));
}

int alike_compare(struct arena *a, const struct config *config,
                  const struct repl_settings *settings, struct str *ret_unlike)
{
    struct buf b;
    buf_init(&b, a, FILE_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(alike); i++) {
        struct str own, said = said_of(settings, alike[i].id);
        TRY(value_text(a, config, alike[i].id, &own));
        if (!str_absent(said) && !str_eq(own, said))
            buf_printf(&b, "%s%s", b.len > 0 ? ", " : "", params[alike[i].id].name);
    }
    return buf_finish(&b, ret_unlike);
}

/* --- What is kept --- */

static int kept_text(struct arena *a, const struct repl_settings *settings, struct str *ret_text)
{
    struct buf b;
    buf_init(&b, a, FILE_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(alike); i++) {
        struct str said = said_of(settings, alike[i].id);
        if (!alike[i].is_taken || str_absent(said) || !str_has_no_control(said))
            continue;
        buf_printf(&b, "%s ", params[alike[i].id].name);
        buf_add(&b, said);
        buf_add_byte(&b, '\n');
    }
    return buf_finish(&b, ret_text);
}

static bool is_kept(int dir_fd, struct arena *a, struct str text)
{
    struct str before;
    struct str path = arena_printf(a, "/proc/self/fd/%d/" FILE_NAME, dir_fd);
    return !str_absent(path) && file_read(a, path.ptr, FILE_BYTES, &before) == 0 &&
           str_eq(before, text);
}

static int put(int dir_fd, struct str text)
{
    CLEANUP(whole_file_close) struct whole_file file = WHOLE_FILE_NONE;
    TRY(whole_file_create(dir_fd, STR(FILE_NAME), &file));
    TRY(whole_file_write(&file, text.ptr, text.len));
    return whole_file_publish(&file);
}

int alike_keep(int data_dir_fd, const struct repl_settings *settings, bool *ret_news)
{
    CLEANUP(arena_free) struct arena a;
    struct str text;
    int dir;
    arena_init(&a, 16 * FILE_BYTES);
    *ret_news = false;
    TRY(kept_text(&a, settings, &text));
    if (str_empty(text))
        return 0;
    TRY(node_folder_make(data_dir_fd, &dir));
    if (is_kept(dir, &a, text)) {
        (void)close(dir);
        return 0;
    }
    *ret_news = true;
    return put(dir, text);
}

static int take_line(struct arena *a, struct config *config, struct str line)
{
    struct err_ctx err = {0};
    struct str rest = line, name;
    const struct config_setter setter = {a, config, &err, FILE_NAME, ERR_CONFIG};
    if (!str_next(&rest, ' ', &name))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(alike); i++) {
        struct config_origin *origin = &config->origin[alike[i].id];
        if (!alike[i].is_taken || !str_eq_c(name, params[alike[i].id].name) ||
            origin->source != CONFIG_DEFAULT)
            continue;
        TRY(config_set(&setter, &params[alike[i].id], rest));
        *origin = (struct config_origin){CONFIG_PRIMARY, 0};
    }
    return 0;
}

/* What is wrong with the folder itself is said by who opens it. */
static bool is_folder(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int alike_take(struct arena *a, struct config *config)
{
    struct err_ctx err = {0};
    struct config taken = *config;
    struct str text, line;
    struct str path = ARENA_CONCAT(a, str_c(config->data), STR("/" NODE_FOLDER "/" FILE_NAME));
    if (str_absent(path))
        return ERR_NO_MEMORY;
    int rc = file_read(a, path.ptr, FILE_BYTES, &text);
    if (rc == ERR_NOT_FOUND || !is_folder(config->data))
        return 0;
    while (rc == 0 && str_next(&text, '\n', &line))
        rc = take_line(a, &taken, line);
    if (rc == 0)
        rc = config_check(&taken, &err);
    if (rc == 0)
        *config = taken;
    else
        LOG_WARN("replication", "settings of the primary were not taken: %s",
                 err.detail[0] ? err.detail : err_text(rc));
    return rc == ERR_NO_MEMORY ? rc : 0;
}
