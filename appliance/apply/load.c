/* Reading what is to be applied. */
#include "appliance/apply/load.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "appliance/apply/tenants.h"
#include "appliance/apply/tree.h"
#include "appliance/apply/yaml.h"
#include "appliance/file.h"

#include "core/base/banned.h"

struct loader {
    struct arena *arena;
    const struct load *load;
    struct err_ctx *err;
    struct str folder;             /* where overlays and secrets are looked for */
    const struct json_value *root; /* all that was read so far, as one object; NULL: nothing */
};

static int cannot_read(struct loader *l, struct str path, const char *why)
{
    return err_set(l->err, ERR_IO, "cannot read %.*s: %s", (int)(path.len < 120 ? path.len : 120),
                   path.ptr, why);
}

/* --- One file --- */

/* Three ways to write a document: an object with realms, a list of realms, a realm. */
static void write_normal(struct json_writer *w, const struct json_value *document)
{
    bool is_realm = !str_absent(json_get_str(document, "realm"));
    if (!is_realm && !json_is_array(document)) {
        jw_value(w, document);
        return;
    }
    jw_begin_object(w);
    jw_key(w, "realms");
    if (is_realm)
        jw_begin_array(w);
    jw_value(w, document);
    if (is_realm)
        jw_end_array(w);
    jw_end_object(w);
}

static int check_document(struct loader *l, const char *file, const struct json_value *document)
{
    static const char known[] = "realms tenants globalAdmins variables $schema";
    const struct json_value *value;
    struct str name;
    if (json_is_array(document) || !str_absent(json_get_str(document, "realm")))
        return 0;
    if (!json_is_object(document))
        return err_set(l->err, ERR_CONFIG, "%s: an object with realms is expected", file);
    for (struct json_iter it = json_iter(document); json_next(&it, &name, &value);)
        if (!str_has_word(str_c(known), name))
            return err_set(l->err, ERR_CONFIG,
                           "%s: %.*s is not known here (realms, tenants, "
                           "globalAdmins, variables)",
                           file, (int)(name.len < 60 ? name.len : 60), name.ptr);
    return 0;
}

static int add_document(struct loader *l, const char *file, const struct json_value *document)
{
    struct buf b;
    struct json_writer w;
    struct str text;
    const struct json_value *normal;
    if (json_is_none(document))
        return 0;
    TRY(check_document(l, file, document));
    buf_init(&b, l->arena, TREE_MAX_BYTES);
    jw_init(&w, &b);
    write_normal(&w, document);
    TRY(jw_finish(&w, &text));
    TRY(json_parse(l->arena, text, TREE_MAX_BYTES, &normal));
    return tree_merge(l->arena, l->root, normal, &l->root);
}

static int parse_json(struct loader *l, const char *file, struct str text)
{
    const struct json_value *document;
    int rc = json_parse(l->arena, text, YAML_MAX_BYTES, &document);
    if (rc != 0)
        return err_set(l->err, rc == ERR_NO_MEMORY ? rc : ERR_CONFIG, "%s: %s", file, err_text(rc));
    return add_document(l, file, document);
}

static int read_file(struct loader *l, struct str path)
{
    const char *file = arena_cstr(l->arena, path);
    const struct json_value *documents, *document;
    struct str text;
    if (!file)
        return ERR_NO_MEMORY;
    int rc = file_read(l->arena, file, YAML_MAX_BYTES, &text);
    if (rc == ERR_TOO_LARGE)
        return cannot_read(l, path, "it is too large");
    if (rc == ERR_NOT_FOUND || rc == ERR_IO)
        return cannot_read(l, path, rc == ERR_IO ? strerror(errno) : "no such file");
    TRY(rc);
    if (str_ends(path, STR(".json")))
        return parse_json(l, file, text);
    TRY(yaml_read(l->arena, file, text, &documents, l->err));
    for (struct json_iter it = json_iter(documents); json_next(&it, NULL, &document);)
        TRY(add_document(l, file, document));
    return 0;
}

/* --- Folders --- */

static const char *const endings[] = {".yaml", ".yml", ".json"};

static int is_ours(const struct dirent *entry)
{
    for (size_t i = 0; i < ARRAY_LEN(endings); i++)
        if (entry->d_name[0] != '.' && str_ends(str_c(entry->d_name), str_c(endings[i])))
            return 1;
    return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_entries(struct loader *l, struct dirent **entries, int count)
{
    if (count > LOAD_FILES_MAX)
        return err_set(l->err, ERR_CONFIG, "a folder has at most %d files", LOAD_FILES_MAX);
    if (count == 0)
        return cannot_read(l, l->folder, "it has no file that ends with .yaml, .yml or .json");
    for (int i = 0; i < count; i++) {
        struct str path = ARENA_CONCAT(l->arena, l->folder, STR("/"), str_c(entries[i]->d_name));
        if (str_absent(path))
            return ERR_NO_MEMORY;
        TRY(read_file(l, path));
    }
    return 0;
}

static int read_folder(struct loader *l)
{
    struct dirent **entries = NULL;
    const char *folder = arena_cstr(l->arena, l->folder);
    if (!folder)
        return ERR_NO_MEMORY;
    int count = scandir(folder, &entries, is_ours, by_name);
    if (count < 0)
        return cannot_read(l, l->folder, strerror(errno));
    int rc = read_entries(l, entries, count);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return rc;
}

static struct str folder_of(struct str path)
{
    for (size_t i = path.len; i > 0; i--)
        if (path.ptr[i - 1] == '/')
            return i == 1 ? STR("/") : str_sub(path, 0, i - 1);
    return STR(".");
}

static int read_base(struct loader *l)
{
    struct stat st;
    const char *path = arena_cstr(l->arena, l->load->path);
    if (!path)
        return ERR_NO_MEMORY;
    if (str_eq(l->load->path, STR("-"))) {
        l->folder = STR(".");
        return read_file(l, l->load->path);
    }
    if (stat(path, &st) != 0)
        return cannot_read(l, l->load->path, strerror(errno));
    l->folder = S_ISDIR(st.st_mode) ? l->load->path : folder_of(l->load->path);
    return S_ISDIR(st.st_mode) ? read_folder(l) : read_file(l, l->load->path);
}

/* --- Overlays --- */

static int read_overlay(struct loader *l, struct str name)
{
    struct stat st;
    if (str_empty(name) || str_find(name, '/') >= 0 || name.ptr[0] == '.')
        return err_set(l->err, ERR_USAGE, "--overlay takes the name of a file in " LOAD_FOLDER);
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        struct str path =
            ARENA_CONCAT(l->arena, l->folder, STR("/" LOAD_FOLDER "/"), name, str_c(endings[i]));
        if (str_absent(path))
            return ERR_NO_MEMORY;
        if (stat(path.ptr, &st) == 0)
            return read_file(l, path);
    }
    return err_set(l->err, ERR_NOT_FOUND, "there is no %.*s.yaml in %.*s/" LOAD_FOLDER,
                   (int)(name.len < 60 ? name.len : 60), name.ptr,
                   (int)(l->folder.len < 100 ? l->folder.len : 100), l->folder.ptr);
}

/* --- All together --- */

static int take_variables(struct loader *l, const struct json_value **ret_variables)
{
    struct buf b;
    struct json_writer w;
    struct str text;
    const struct json_value *over;
    buf_init(&b, l->arena, TREE_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    for (size_t i = 0; i < l->load->variables.count; i++) {
        jw_key_s(&w, l->load->variables.items[i].name);
        jw_str(&w, l->load->variables.items[i].value);
    }
    jw_end_object(&w);
    TRY(jw_finish(&w, &text));
    TRY(json_parse(l->arena, text, TREE_MAX_BYTES, &over));
    return tree_merge(l->arena, json_get(l->root, "variables"), over, ret_variables);
}

static int check_realms(struct loader *l, const struct json_value *realms)
{
    const struct json_value *realm;
    if (!json_is_array(realms) || json_count(realms) == 0)
        return err_set(l->err, ERR_CONFIG, "there is no realm in %.*s",
                       (int)(l->load->path.len < 120 ? l->load->path.len : 120), l->load->path.ptr);
    if (json_count(realms) > LOAD_REALMS_MAX)
        return err_set(l->err, ERR_CONFIG, "at most %d realms at once", LOAD_REALMS_MAX);
    for (struct json_iter it = json_iter(realms); json_next(&it, NULL, &realm);)
        if (str_empty(json_get_str(realm, "realm")))
            return err_set(l->err, ERR_CONFIG, "a realm without a name (realm: NAME)");
    return 0;
}

int load_realms(struct arena *a, const struct load *load, const struct json_value **ret_realms,
                struct err_ctx *err)
{
    struct loader l = {.arena = a, .load = load, .err = err};
    const struct json_value *variables, *root, *of_tenants, *realms;
    TRY(read_base(&l));
    for (size_t i = 0; i < load->overlays.count; i++)
        TRY(read_overlay(&l, load->overlays.items[i]));
    TRY(take_variables(&l, &variables));
    const char *folder = arena_cstr(a, l.folder);
    if (!folder)
        return ERR_NO_MEMORY;
    const struct tree_secrets secrets = {.folder = folder, .environment = load->environment};
    TRY(tree_resolve(a, l.root, variables, &secrets, &root, err));
    TRY(tenants_to_realms(a, root, &of_tenants, err));
    /* What a realm of the files says of a tenant's wins. */
    TRY(tree_merge(a, of_tenants, json_get(root, "realms"), &realms));
    TRY(check_realms(&l, realms));
    *ret_realms = realms;
    return 0;
}
