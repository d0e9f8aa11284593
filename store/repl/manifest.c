#include "store/repl/manifest.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "store/plain_file.h"
#include "store/repl/backup_folder.h"
#include "store/repl/sealed_file.h"

#include "core/base/banned.h"

#define FORMAT         1
#define TEXT_MAX_BYTES ((size_t)64 << 20)
#define REALMS_MAX     100000
#define FILES_MAX      100000
#define NAME_MAX_BYTES 64

struct str backup_context(struct arena *a, struct str backup_id, struct str file)
{
    return ARENA_CONCAT(a, backup_id, STR("/"), file);
}

const struct backup_realm *manifest_realm(const struct backup_manifest *m, struct str name)
{
    for (size_t i = 0; i < m->realm_count; i++)
        if (str_eq(m->realms[i].name, name))
            return &m->realms[i];
    return NULL;
}

const struct backup_file *manifest_file(const struct backup_realm *realm, struct str name)
{
    for (size_t i = 0; i < realm->file_count; i++)
        if (str_eq(realm->files[i].name, name))
            return &realm->files[i];
    return NULL;
}

/* --- Writing --- */

/* Marks are random numbers of 64 bits, of which JSON knows 53 without loss. */
static void write_position(struct json_writer *w, const struct backup_realm *r)
{
    char mark[24];
    if (r->until_ms == 0)
        return;
    jw_member_i64(w, "untilMs", r->until_ms);
    if (r->position.lsn == 0)
        return;
    (void)snprintf(mark, sizeof(mark), "%lld", (long long)r->position.mark);
    jw_member_i64(w, "epoch", (int64_t)r->position.epoch);
    jw_member_i64(w, "lsn", (int64_t)r->position.lsn);
    jw_member_c(w, "mark", mark);
}

static void write_realm(struct json_writer *w, const struct backup_realm *r)
{
    jw_begin_object(w);
    jw_member_str(w, "name", r->name);
    jw_member_str(w, "id", r->id);
    jw_member_str(w, "file", r->file);
    jw_member_str_opt(w, "trouble", r->trouble);
    jw_member_i64(w, "takenMs", r->taken_ms);
    write_position(w, r);
    jw_member_i64(w, "pageBytes", r->page_bytes);
    jw_member_i64(w, "pages", r->pages);
    jw_member_i64(w, "people", r->people);
    jw_member_i64(w, "events", r->events);
    jw_member_array(w, "files");
    for (size_t i = 0; i < r->file_count; i++) {
        jw_begin_object(w);
        jw_member_str(w, "name", r->files[i].name);
        jw_member_i64(w, "bytes", r->files[i].bytes);
        jw_end_object(w);
    }
    jw_end_array(w);
    jw_end_object(w);
}

static int manifest_text(struct arena *a, const struct backup_manifest *m, struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, TEXT_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_i64(&w, "format", FORMAT);
    jw_member_str(&w, "id", m->id);
    jw_member_str(&w, "node", m->node);
    jw_member_i64(&w, "serial", m->serial);
    jw_member_i64(&w, "begunMs", m->begun_ms);
    jw_member_i64(&w, "endedMs", m->ended_ms);
    jw_member_array(&w, "realms");
    for (size_t i = 0; i < m->realm_count; i++)
        write_realm(&w, &m->realms[i]);
    jw_end_array(&w);
    jw_end_object(&w);
    return jw_finish(&w, ret_text);
}

static int seal_text(struct whole_file *file, const struct secret *key, struct str context,
                     struct str text, int64_t *ret_bytes)
{
    struct sealed_writer *w;
    TRY(sealed_writer_open(file, key, SEALED_MANIFEST, context, &w));
    int err = sealed_write(w, text.ptr, text.len);
    if (err == 0)
        err = sealed_writer_end(w, ret_bytes);
    sealed_writer_close(w);
    return err == 0 ? whole_file_publish(file) : err;
}

int manifest_write(int dir_fd, const struct secret *key, const struct backup_manifest *m,
                   int64_t *ret_bytes)
{
    CLEANUP(arena_free) struct arena a;
    CLEANUP(whole_file_close) struct whole_file file = WHOLE_FILE_NONE;
    struct str text;
    arena_init(&a, 2 * TEXT_MAX_BYTES);
    TRY(manifest_text(&a, m, &text));
    struct str context = backup_context(&a, m->id, STR(MANIFEST_NAME));
    if (str_absent(context))
        return ERR_NO_MEMORY;
    int dir = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
    if (dir < 0)
        return ERR_IO;
    TRY(whole_file_create(dir, STR(MANIFEST_NAME), &file));
    return seal_text(&file, key, context, text, ret_bytes);
}

/* --- Reading. What stands there was written by who holds the key; still nothing of it leads out of a
 * folder or counts without end. --- */

static bool is_file_name(struct str name)
{
    if (str_empty(name) || name.len > NAME_MAX_BYTES || name.ptr[0] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '.' || c == '_';
        if (!plain)
            return false;
    }
    return true;
}

static int read_file(const struct json_value *v, struct backup_file *ret_file)
{
    ret_file->name = json_get_str(v, "name");
    TRY(json_get_i64(v, "bytes", &ret_file->bytes));
    return is_file_name(ret_file->name) && ret_file->bytes >= 0 ? 0 : ERR_STORE_CORRUPT;
}

static int read_files(struct arena *a, const struct json_value *list, struct backup_realm *r)
{
    size_t count = json_count(list);
    struct backup_file *files = ARENA_ARRAY(a, count + 1, struct backup_file);
    const struct json_value *v;
    struct json_iter it = json_iter(list);
    if (!json_is_array(list) || count > FILES_MAX)
        return ERR_STORE_CORRUPT;
    if (!files)
        return ERR_NO_MEMORY;
    for (size_t i = 0; json_next(&it, NULL, &v); i++)
        TRY(read_file(v, &files[i]));
    r->files = files;
    r->file_count = count;
    return 0;
}

static bool realm_is_sound(const struct backup_realm *r)
{
    bool page_ok = r->page_bytes >= 512 && r->page_bytes <= 65536 &&
                   (r->page_bytes & (r->page_bytes - 1)) == 0;
    return is_file_name(r->file) && !str_empty(r->name) && r->name.len <= NAME_MAX_BYTES &&
           !str_absent(r->id) && r->pages >= 0 && r->pages <= UINT32_MAX && r->events >= 0 &&
           (!str_absent(r->trouble) || (page_ok && r->pages > 0));
}

/* Backups of before there was an archive tell none of it. */
static int read_position(const struct json_value *v, struct backup_realm *r)
{
    int64_t epoch, lsn, mark;
    if (!json_get(v, "untilMs"))
        return 0;
    TRY(json_get_i64(v, "untilMs", &r->until_ms));
    if (!json_get(v, "lsn"))
        return 0;
    TRY(json_get_i64(v, "epoch", &epoch));
    TRY(json_get_i64(v, "lsn", &lsn));
    TRY(str_to_i64(json_get_str(v, "mark"), &mark));
    r->position = (struct repl_position){(uint64_t)epoch, (uint64_t)lsn, (uint64_t)mark};
    return lsn > 0 && epoch >= 0 ? 0 : ERR_STORE_CORRUPT;
}

static int read_realm(struct arena *a, const struct json_value *v, struct backup_realm *r)
{
    *r = (struct backup_realm){.name = json_get_str(v, "name"),
                               .id = json_get_str(v, "id"),
                               .file = json_get_str(v, "file"),
                               .trouble = json_get_str(v, "trouble")};
    TRY(json_get_i64(v, "takenMs", &r->taken_ms));
    TRY(read_position(v, r));
    TRY(json_get_i64(v, "pageBytes", &r->page_bytes));
    TRY(json_get_i64(v, "pages", &r->pages));
    TRY(json_get_i64(v, "people", &r->people));
    TRY(json_get_i64(v, "events", &r->events));
    TRY(read_files(a, json_get(v, "files"), r));
    return realm_is_sound(r) ? 0 : ERR_STORE_CORRUPT;
}

static int read_realms(struct arena *a, const struct json_value *list, struct backup_manifest *m)
{
    size_t count = json_count(list);
    const struct json_value *v;
    struct json_iter it = json_iter(list);
    if (!json_is_array(list) || count == 0 || count > REALMS_MAX)
        return ERR_STORE_CORRUPT;
    struct backup_realm *realms = ARENA_ARRAY(a, count, struct backup_realm);
    if (!realms)
        return ERR_NO_MEMORY;
    for (size_t i = 0; json_next(&it, NULL, &v); i++)
        TRY(read_realm(a, v, &realms[i]));
    m->realms = realms;
    m->realm_count = count;
    return 0;
}

static int read_members(struct arena *a, const struct json_value *v, struct backup_manifest *m)
{
    int64_t format;
    TRY(json_get_i64(v, "format", &format));
    if (format != FORMAT)
        return ERR_STORE_VERSION;
    *m = (struct backup_manifest){.id = json_get_str(v, "id"), .node = json_get_str(v, "node")};
    TRY(json_get_i64(v, "serial", &m->serial));
    TRY(json_get_i64(v, "begunMs", &m->begun_ms));
    TRY(json_get_i64(v, "endedMs", &m->ended_ms));
    TRY(read_realms(a, json_get(v, "realms"), m));
    return backup_id_is_valid(m->id) && !str_absent(m->node) ? 0 : ERR_STORE_CORRUPT;
}

int manifest_parse(struct arena *a, struct str text, struct backup_manifest *ret_manifest)
{
    const struct json_value *v;
    struct backup_manifest m;
    int err = json_parse(a, text, TEXT_MAX_BYTES, &v);
    if (err == 0)
        err = read_members(a, v, &m);
    if (err == 0)
        *ret_manifest = m;
    return err == 0 || err == ERR_NO_MEMORY || err == ERR_STORE_VERSION ? err : ERR_STORE_CORRUPT;
}

static int read_text(struct sealed_reader *r, struct arena *a, struct str *ret_text)
{
    char piece[4096];
    struct buf b;
    size_t n = 1;
    buf_init(&b, a, TEXT_MAX_BYTES);
    while (n > 0) {
        TRY(sealed_read(r, piece, sizeof(piece), &n));
        buf_add(&b, str_of(piece, n));
    }
    return buf_finish(&b, ret_text);
}

int manifest_read(int dir_fd, const struct secret *key, struct str id, struct arena *a,
                  struct backup_manifest *ret_manifest)
{
    struct sealed_reader *r;
    struct str text;
    int fd;
    struct str context = backup_context(a, id, STR(MANIFEST_NAME));
    if (str_absent(context))
        return ERR_NO_MEMORY;
    TRY(plain_file_open(dir_fd, MANIFEST_NAME, O_RDONLY, &fd));
    TRY(sealed_reader_open(fd, key, SEALED_MANIFEST, context, &r));
    int err = read_text(r, a, &text);
    sealed_reader_close(r);
    TRY(err);
    return manifest_parse(a, text, ret_manifest);
}
