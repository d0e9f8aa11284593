#include "store/repl/recent.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "store/page_file.h"

#include "core/base/banned.h"

void recent_init(struct recent *recent, size_t bytes_max)
{
    *recent = (struct recent){.bytes_max = bytes_max};
}

void recent_free(struct recent *recent)
{
    while (recent->first) {
        struct kept *kept = recent->first;
        recent->first = kept->next;
        free(kept);
    }
    *recent = (struct recent){0};
}

int position_compare(const struct repl_position *a, const struct repl_position *b)
{
    if (a->epoch != b->epoch)
        return a->epoch < b->epoch ? -1 : 1;
    return a->lsn < b->lsn ? -1 : a->lsn > b->lsn;
}

bool position_same(const struct repl_position *a, const struct repl_position *b)
{
    return a->epoch == b->epoch && a->lsn == b->lsn && a->mark == b->mark;
}

static size_t size_of(const struct repl_commit *c)
{
    return sizeof(struct kept) + c->change_count * sizeof(struct repl_change) +
           c->count * (sizeof(struct repl_page) + PAGE_BYTES) + c->realm.len + c->file.len;
}

static struct str copy_text(char **io_at, struct str text)
{
    struct str copy = str_of(*io_at, text.len);
    if (text.len > 0)
        memcpy(*io_at, text.ptr, text.len);
    *io_at += text.len;
    return copy;
}

/* In the order of what must be aligned most. */
struct kept *kept_copy(const struct repl_commit *c)
{
    size_t bytes = size_of(c);
    struct kept *kept = malloc(bytes);
    if (!kept)
        return NULL;
    struct repl_page *pages = (struct repl_page *)(kept + 1);
    struct repl_change *changes = (struct repl_change *)(pages + c->count);
    unsigned char *images = (unsigned char *)(changes + c->change_count);
    char *texts = (char *)images + c->count * PAGE_BYTES;
    *kept = (struct kept){.commit = *c, .monotonic_ms = clock_now().monotonic_ms, .bytes = bytes};
    for (size_t i = 0; i < c->count; i++) {
        memcpy(images + i * PAGE_BYTES, c->pages[i].image, PAGE_BYTES);
        pages[i] = (struct repl_page){c->pages[i].number, images + i * PAGE_BYTES};
    }
    if (c->change_count > 0)
        memcpy(changes, c->changes, c->change_count * sizeof(*changes));
    kept->commit.pages = pages;
    kept->commit.changes = changes;
    kept->commit.realm = copy_text(&texts, c->realm);
    kept->commit.file = copy_text(&texts, c->file);
    return kept;
}

static void drop_first(struct recent *recent)
{
    struct kept *kept = recent->first;
    struct recent_file *file = kept->file;
    recent_acknowledge(recent, kept);
    recent->bytes -= kept->bytes;
    recent->first = kept->next;
    if (!recent->first)
        recent->last = NULL;
    /* The oldest of all is the oldest of its database. */
    file->first = kept->next_of_file;
    if (!file->first)
        file->last = NULL;
    free(kept);
}

void recent_add(struct recent *recent, struct recent_file *file, struct kept *kept,
                recent_dropped *dropped, void *arg)
{
    kept->file = file;
    if (recent->last)
        recent->last->next = kept;
    else
        recent->first = kept;
    recent->last = kept;
    if (file->last)
        file->last->next_of_file = kept;
    else
        file->first = kept;
    file->last = kept;
    recent->bytes += kept->bytes;
    recent->behind_bytes += kept->bytes;
    recent->behind_count++;
    while (recent->bytes > recent->bytes_max) {
        dropped(arg, recent->first);
        drop_first(recent);
    }
}

void recent_acknowledge(struct recent *recent, struct kept *kept)
{
    if (kept->acknowledged)
        return;
    kept->acknowledged = true;
    recent->behind_bytes -= kept->bytes;
    recent->behind_count--;
}
