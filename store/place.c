/* By path, as the next start will look for them. */
#include "store/place.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "store/fence.h"
#include "store/page_file.h"
#include "store/store.h"

#include "core/base/banned.h"

/* https://sqlite.org/fileformat2.html, 4.1 */
#define LOG_HEADER_BYTES   32
#define FRAME_HEADER_BYTES 24

static int look(const struct realm_db *db, const char *suffix, struct stat *ret_st)
{
    char path[FOLDER_PATH_MAX + 8];
    (void)snprintf(path, sizeof(path), "%s%s", db->path, suffix);
    return lstat(path, ret_st) == 0 ? 0 : errno;
}

void place_learn(struct realm_db *db)
{
    struct stat database, log;
    if (look(db, "", &database) != 0 || look(db, "-wal", &log) != 0)
        return;
    db->place.database.device = database.st_dev;
    db->place.database.number = database.st_ino;
    db->place.log.device = log.st_dev;
    db->place.log.number = log.st_ino;
    db->place.known = true;
}

/* What cannot be looked at for another reason than that it is gone is no proof. */
static bool is_there(const struct realm_db *db, int64_t least_log_bytes)
{
    const struct place *p = &db->place;
    struct stat database, log;
    int no_database = look(db, "", &database), no_log = look(db, "-wal", &log);
    if (no_database != 0 || no_log != 0)
        return no_database != ENOENT && no_database != ENOTDIR && no_log != ENOENT &&
               no_log != ENOTDIR;
    return database.st_dev == p->database.device && database.st_ino == p->database.number &&
           log.st_dev == p->log.device && log.st_ino == p->log.number &&
           log.st_size >= least_log_bytes;
}

static int check(struct realm_db *db, int64_t least_log_bytes)
{
    if (!db->place.known || is_there(db, least_log_bytes))
        return 0;
    if (slot_is_dead(db->slot)) /* its files go after it */
        return ERR_NOT_FOUND;
    fence_raise(db->slot, ERR_STORE_CORRUPT,
                "its files were moved, removed or replaced while the server used them: put them "
                "back, then garita realm check",
                true);
    return fence_err(db->slot);
}

int place_check(struct realm_db *db)
{
    return check(db, 0);
}

int place_check_with_turn(struct realm_db *db)
{
    int64_t frames = db->capture.log_frames;
    return check(db,
                 frames > 0 ? LOG_HEADER_BYTES + frames * (FRAME_HEADER_BYTES + PAGE_BYTES) : 0);
}
