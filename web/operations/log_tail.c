/* Two rings of lines under one lock. */
#include "web/operations/log_tail.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/banned.h"

struct line {
    enum log_level level;
    char *text; /* owned; NULL: none yet */
    size_t len;
};

struct ring {
    struct line lines[LOG_TAIL_LINES];
    size_t next; /* where the next line goes, in place of the oldest */
};

enum { RING_ALL, RING_TROUBLE, RINGS };

static struct {
    pthread_mutex_t mutex; /* guards all below */
    struct ring rings[RINGS];
} tail = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void ring_add(struct ring *ring, enum log_level level, struct str text)
{
    char *copy = malloc(text.len + 1);
    if (!copy)
        return;
    memcpy(copy, text.ptr, text.len);
    struct line *line = &ring->lines[ring->next];
    ring->next = (ring->next + 1) % LOG_TAIL_LINES;
    free(line->text);
    line->level = level;
    line->text = copy;
    line->len = text.len;
}

void log_tail_add(enum log_level level, struct str line)
{
    pthread_mutex_lock(&tail.mutex);
    ring_add(&tail.rings[RING_ALL], level, line);
    if (level >= LOG_LEVEL_WARN)
        ring_add(&tail.rings[RING_TROUBLE], level, line);
    pthread_mutex_unlock(&tail.mutex);
}

static int ring_read(const struct ring *ring, struct arena *a, enum log_level lowest, size_t most,
                     struct str *lines, size_t *ret_count)
{
    size_t count = 0;
    for (size_t i = 1; i <= LOG_TAIL_LINES && count < most; i++) {
        const struct line *line = &ring->lines[(ring->next + LOG_TAIL_LINES - i) % LOG_TAIL_LINES];
        if (!line->text || line->level < lowest)
            continue;
        struct str text = arena_str(a, str_of(line->text, line->len));
        if (str_absent(text))
            return ERR_NO_MEMORY;
        lines[most - ++count] = text;
    }
    *ret_count = count;
    return 0;
}

int log_tail_read(struct arena *a, enum log_level lowest, size_t most, struct str **ret_lines,
                  size_t *ret_count)
{
    if (most > LOG_TAIL_LINES)
        most = LOG_TAIL_LINES;
    struct str *lines = ARENA_ARRAY(a, LOG_TAIL_LINES, struct str);
    if (!lines)
        return ERR_NO_MEMORY;
    const struct ring *ring = &tail.rings[lowest >= LOG_LEVEL_WARN ? RING_TROUBLE : RING_ALL];
    pthread_mutex_lock(&tail.mutex);
    int rc = ring_read(ring, a, lowest, most, lines, ret_count);
    pthread_mutex_unlock(&tail.mutex);
    if (rc == 0)
        *ret_lines = lines + most - *ret_count;
    return rc;
}
