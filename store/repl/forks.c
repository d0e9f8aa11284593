/* The text: a line "reign EPOCH", and after it a line "FILE EPOCH LSN MARK" for each database; the oldest reign
 * first. */
#include "store/repl/forks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/plain_file.h"
#include "store/repl/node_folder.h"
#include "store/sql/position.h"
#include "store/store.h"
#include "store/tx.h"
#include "store/whole_file.h"

#include "core/base/banned.h"

#define FILE_NAME     "forks"
#define REIGN         "reign "
#define SCRATCH_BYTES (8 * FORKS_BYTES)

/* --- Reading --- */

static bool reign_of(struct str line, uint64_t *ret_epoch)
{
    int64_t epoch;
    if (!str_starts(line, STR(REIGN)) ||
        str_to_i64(str_from(line, sizeof(REIGN) - 1), &epoch) != 0 || epoch <= 0)
        return false;
    *ret_epoch = (uint64_t)epoch;
    return true;
}

static bool number_of(struct str *rest, uint64_t *ret_number)
{
    struct str field;
    int64_t number;
    if (!str_next(rest, ' ', &field) || str_to_i64(field, &number) != 0)
        return false;
    *ret_number = (uint64_t)number;
    return true;
}

static bool position_of(struct str line, struct str *ret_file, struct repl_position *ret_position)
{
    struct str rest = line;
    return str_next(&rest, ' ', ret_file) && ret_file->len > 0 && ret_file->len <= FILE_NAME_MAX &&
           number_of(&rest, &ret_position->epoch) && number_of(&rest, &ret_position->lsn) &&
           number_of(&rest, &ret_position->mark);
}

enum fork forks_find(struct str text, uint64_t epoch, struct str file,
                     struct repl_position *ret_position)
{
    struct str rest = text, line, name;
    uint64_t reign = 0;
    enum fork found = FORK_UNKNOWN;
    while (str_next(&rest, '\n', &line)) {
        if (reign_of(line, &reign)) {
            if (reign == epoch + 1)
                found = FORK_WITHOUT;
        } else if (reign == epoch + 1 && position_of(line, &name, ret_position) &&
                   str_eq(name, file)) {
            return FORK_AT;
        }
    }
    return found;
}

static int read_fd(int fd, struct arena *a, struct str *ret_text)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ERR_IO;
    if (st.st_size < 0 || (size_t)st.st_size > FORKS_BYTES)
        return ERR_STORE_CORRUPT;
    char *text = arena_alloc(a, (size_t)st.st_size + 1);
    if (!text)
        return ERR_NO_MEMORY;
    *ret_text = str_of(text, (size_t)st.st_size);
    return read(fd, text, ret_text->len) == (ssize_t)ret_text->len ? 0 : ERR_IO;
}

int forks_read(int data_dir_fd, struct arena *a, struct str *ret_text)
{
    int dir, fd;
    TRY(node_folder_open(data_dir_fd, &dir));
    int err = plain_file_open(dir, FILE_NAME, O_RDONLY, &fd);
    (void)close(dir);
    TRY(err);
    err = read_fd(fd, a, ret_text);
    (void)close(fd);
    return err;
}

/* --- Writing --- */

static int publish(int data_dir_fd, struct str text)
{
    CLEANUP(whole_file_close) struct whole_file file = WHOLE_FILE_NONE;
    int dir;
    TRY(node_folder_make(data_dir_fd, &dir));
    TRY(whole_file_create(dir, STR(FILE_NAME), &file));
    TRY(whole_file_write(&file, text.ptr, text.len));
    return whole_file_publish(&file);
}

int forks_add(struct store_read *r, struct buf *lines)
{
    struct repl_position p;
    TRY(position_read(r->conn, &p));
    buf_printf(lines, "%s %lld %lld %lld\n", r->slot->file, (long long)p.epoch, (long long)p.lsn,
               (long long)p.mark);
    return lines->failed ? ERR_TOO_LARGE : 0;
}

/* Of the reigns before that one, the newest that leave room for so many bytes. */
static struct str kept_of(struct str text, uint64_t epoch, size_t room)
{
    struct str rest = text, line;
    struct str kept = STR("");
    uint64_t number;
    size_t end = text.len;
    while (str_next(&rest, '\n', &line))
        if (reign_of(line, &number) && number >= epoch) {
            end = (size_t)(line.ptr - text.ptr);
            break;
        }
    rest = text = str_sub(text, 0, end);
    while (str_empty(kept) && str_next(&rest, '\n', &line))
        if (reign_of(line, &number) && end - (size_t)(line.ptr - text.ptr) <= room)
            kept = str_from(text, (size_t)(line.ptr - text.ptr));
    return kept;
}

int forks_put(int data_dir_fd, uint64_t epoch, struct str lines)
{
    CLEANUP(arena_free) struct arena a;
    struct str before = STR(""), text;
    struct buf b;
    arena_init(&a, SCRATCH_BYTES);
    int err = forks_read(data_dir_fd, &a, &before);
    if (err != 0 && err != ERR_NOT_FOUND && err != ERR_STORE_CORRUPT)
        return err;
    if (lines.len + 64 > FORKS_BYTES)
        return ERR_TOO_LARGE;
    buf_init(&b, &a, FORKS_BYTES);
    buf_add(&b, kept_of(before, epoch, FORKS_BYTES - lines.len - 64));
    buf_printf(&b, REIGN "%lld\n", (long long)epoch);
    buf_add(&b, lines);
    TRY(buf_finish(&b, &text));
    return publish(data_dir_fd, text);
}

static bool is_text_of_forks(struct str text)
{
    struct str rest = text, line, file;
    struct repl_position p;
    uint64_t number;
    bool any = false;
    if (text.len > FORKS_BYTES || !str_ends(text, STR("\n")))
        return false;
    while (str_next(&rest, '\n', &line) && line.len > 0) {
        bool begins = reign_of(line, &number);
        if (!begins && (!any || !position_of(line, &file, &p)))
            return false;
        any = true;
    }
    return any && rest.len == 0;
}

int forks_store(int data_dir_fd, struct str text)
{
    CLEANUP(arena_free) struct arena a;
    struct str before;
    if (!is_text_of_forks(text))
        return ERR_INVALID_REQUEST;
    arena_init(&a, SCRATCH_BYTES);
    if (forks_read(data_dir_fd, &a, &before) == 0 && str_eq(before, text))
        return 0;
    return publish(data_dir_fd, text);
}
