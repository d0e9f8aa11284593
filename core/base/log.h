/* The one way to write a log line. Core does not call it; web, store and appliance do, at their
 * edges. One JSON object a line: timestamp, level, component, trace_id, tenant_id, user_id,
 * message, metadata. Values are escaped; callers never pass secrets (SK-02). */
#ifndef GARITA_CORE_BASE_LOG_H
#define GARITA_CORE_BASE_LOG_H

#include "core/base/str.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* Who and what a line is about; absent members are left out. */
struct log_about {
    struct str trace_id;
    struct str tenant_id;
    struct str user_id;
};

/* A member of metadata: LOG_S("client", s), LOG_I("status", 200). A list ends with LOG_END. */
struct log_field {
    const char *name;
    struct str text; /* ptr NULL: the number counts */
    int64_t number;
};
#define LOG_S(n, s) ((struct log_field){(n), (s), 0})
#define LOG_I(n, i) ((struct log_field){(n), {NULL, 0}, (int64_t)(i)})
#define LOG_END     ((struct log_field){NULL, {NULL, 0}, 0})

/* Lowest level that is written, and where (a descriptor). Set before the first thread; the level may
 * change later. */
void log_setup(enum log_level level, int fd, bool human);
/* Who gets each line that is written, too: a JSON object without its end of line. From any thread; set before
 * the first. NULL: nobody. */
typedef void log_keep(enum log_level level, struct str line);
void log_keep_lines(log_keep *keep);
/* "debug", "info", "warn", "error"; false for another word. */
bool log_level_find(struct str name, enum log_level *ret_level);
bool log_enabled(enum log_level level);
void log_write(enum log_level level, const char *component, const struct log_about *about,
               const struct log_field *fields, const char *fmt, ...) PRINTF_LIKE(5, 6);

#define LOG_INFO(component, ...)  log_write(LOG_LEVEL_INFO, component, NULL, NULL, __VA_ARGS__)
#define LOG_WARN(component, ...)  log_write(LOG_LEVEL_WARN, component, NULL, NULL, __VA_ARGS__)
#define LOG_ERROR(component, ...) log_write(LOG_LEVEL_ERROR, component, NULL, NULL, __VA_ARGS__)

#endif
