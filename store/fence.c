/* Fences: in the slot, and as notes in realms/. */
#include "store/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/codec/json.h"
#include "core/port/events.h"
#include "store/plain_file.h"
#include "store/realm_list.h"
#include "store/view.h"

#include "core/base/banned.h"

static bool note_name(const struct slot *slot, char file[96])
{
    int len = snprintf(file, 96, "%s.db" FENCE_SUFFIX, slot->file);
    return len > 0 && len < 96;
}

/* As much as can be done on a disk that may be failing: the fence stands anyway. */
static void write_note(const struct slot *slot, const char *reason)
{
    char file[96];
    size_t len = strlen(reason);
    if (slot->is_master || !note_name(slot, file))
        return;
    int fd = -1;
    (void)unlinkat(slot->store->folder.realms_fd, file, 0); /* whatever stands there */
    if (plain_file_open(slot->store->folder.realms_fd, file, O_WRONLY | O_CREAT | O_EXCL, &fd) !=
            0 ||
        write(fd, reason, len) != (ssize_t)len || fsync(fd) != 0 ||
        folder_sync_realms(&slot->store->folder) != 0)
        LOG_WARN("store", "%s cannot be written: the fence lasts until the next start", file);
    if (fd >= 0)
        (void)close(fd);
}

/* The file is what the operator must find. */
static void keep_reason(struct slot *slot, const char *reason)
{
    bool named = str_starts(str_c(reason), STR("realms/"));
    (void)snprintf(slot->fence_reason, sizeof(slot->fence_reason), "%s%s%s%s",
                   named ? "" : "realms/", named ? "" : slot->file, named ? "" : ".db: ", reason);
}

static bool raise_once(struct slot *slot, int err, const char *reason)
{
    (void)pthread_mutex_lock(&slot->lock);
    bool first = atomic_load(&slot->fence) == 0;
    if (first) {
        keep_reason(slot, reason);
        atomic_store(&slot->fence, err);
        /* Nobody is let in, not even to answers that somebody keeps. */
        atomic_fetch_add(&slot->generation, 1);
    }
    (void)pthread_mutex_unlock(&slot->lock);
    return first;
}

void fence_raise(struct slot *slot, int err, const char *reason, bool note)
{
    char name[REALM_NAME_MAX + 1];
    char text[FENCE_REASON_MAX];
    if (!raise_once(slot, err, reason))
        return;
    slot_name(slot, name);
    (void)fence_reason(slot, text);
    log_write(LOG_LEVEL_ERROR, "store", NULL,
              (const struct log_field[]){LOG_S("realm", str_c(name)), LOG_END},
              "realm %s is fenced off: %s", name, text);
    if (note)
        write_note(slot, text);
    atomic_fetch_add(&slot->store->counters.fences, 1);
    atomic_store(&slot->fence_untold, !slot->is_master);
    keeper_wake(slot->store);
}

int fence_err(const struct slot *slot)
{
    return atomic_load(&slot->fence);
}

bool fence_reason(struct slot *slot, char reason[FENCE_REASON_MAX])
{
    (void)pthread_mutex_lock(&slot->lock);
    bool fenced = atomic_load(&slot->fence) != 0;
    memcpy(reason, slot->fence_reason, FENCE_REASON_MAX);
    (void)pthread_mutex_unlock(&slot->lock);
    return fenced;
}

static int append_event(struct slot *slot, struct arena *a)
{
    CLEANUP(realm_view_release_p) struct realm_view *master = NULL;
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    char name[REALM_NAME_MAX + 1];
    char reason[FENCE_REASON_MAX];
    struct event event = {.type = EVENT_RealmFenced,
                          .actor = {.client_id = STR("garita-store")},
                          .subject_kind = STR("realm"),
                          .subject_id = slot->id};
    struct now now = clock_now();
    struct buf b;
    struct json_writer json;
    (void)fence_reason(slot, reason);
    slot_name(slot, name);
    buf_init(&b, a, 4096);
    jw_init(&json, &b);
    jw_begin_object(&json);
    jw_member_c(&json, "realm", name);
    jw_member_c(&json, "reason", reason);
    jw_end_object(&json);
    TRY(jw_finish(&json, &event.data));
    TRY(view_of_slot(slot->store->master, &master));
    TRY(tx_write_begin(slot->store->master, master, &now, &w));
    TRY(event_append(w, &event));
    return store_commit_p(&w, DURABLE_LOCAL);
}

void fence_report(struct slot *slot)
{
    CLEANUP(arena_free) struct arena a;
    if (!atomic_exchange(&slot->fence_untold, false) || tx_may_write(slot->store) != 0)
        return;
    arena_init(&a, (size_t)64 << 10);
    int err = append_event(slot, &a);
    if (err != 0)
        LOG_WARN("store", "the event of a fence was not stored: %s", err_text(err));
}

int fence_lift(struct slot *slot)
{
    char file[96];
    char name[REALM_NAME_MAX + 1];
    if (!note_name(slot, file))
        return ERR_TOO_LARGE;
    if (unlinkat(slot->store->folder.realms_fd, file, 0) != 0 && errno != ENOENT)
        return ERR_IO;
    (void)pthread_mutex_lock(&slot->lock);
    bool was = atomic_exchange(&slot->fence, 0) != 0;
    (void)pthread_mutex_unlock(&slot->lock);
    if (!was)
        return 0;
    /* What was read of the configuration may be of before the repair. */
    atomic_fetch_add(&slot->generation, 1);
    slot_name(slot, name);
    LOG_INFO("store", "realm %s is no longer fenced off", name);
    return 0;
}

void fence_recall(struct slot *slot)
{
    char file[96];
    char reason[FENCE_REASON_MAX] = "";
    if (slot->is_master || !note_name(slot, file))
        return;
    int fd = -1;
    int err = plain_file_open(slot->store->folder.realms_fd, file, O_RDONLY, &fd);
    /* A disk that fails for a moment has noted nothing; damage that is there is found again. */
    if (err != 0 && err != ERR_CONFIG)
        return;
    if (fd < 0 || pread(fd, reason, sizeof(reason) - 1, 0) <= 0)
        (void)snprintf(reason, sizeof(reason), "it was noted as damaged");
    if (fd >= 0)
        (void)close(fd);
    for (char *c = reason; *c; c++)
        if ((unsigned char)*c < 0x20)
            *c = ' ';
    memcpy(slot->fence_reason, reason, sizeof(reason));
    atomic_store(&slot->fence, ERR_STORE_CORRUPT);
}

/* A realm that is noted gets its slot, which recalls the note. */
static int load_note(void *arg, struct str name)
{
    CLEANUP(arena_free) struct arena a;
    struct store *store = arg;
    struct list_row row;
    struct slot *slot;
    if (!str_ends(name, STR(".db" FENCE_SUFFIX)))
        return 0;
    arena_init(&a, (size_t)64 << 10);
    name = str_sub(name, 0, name.len - strlen(".db" FENCE_SUFFIX));
    int err = realm_list_find_file(store, &a, name, &row);
    if (err == 0)
        err = slot_find(store, row.name, &slot);
    if (err == 0)
        LOG_ERROR("store", "realm %s is still fenced off: %s", slot->name, slot->fence_reason);
    return err == ERR_NOT_FOUND ? 0 : err;
}

int fence_load(struct store *store)
{
    return folder_each(&store->folder, load_note, store);
}
