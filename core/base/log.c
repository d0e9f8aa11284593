/* One JSON line per event, written with one write(2) so that lines of threads do not mix. */
#include "core/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"

#include "core/base/banned.h"

#define LINE_MAX_BYTES 8192

static struct {
    /* Atomic: a reload changes the level while others write. */
    _Atomic enum log_level lowest;
    atomic_int fd;
    atomic_bool human;
    log_keep *keep;
} setup = {LOG_LEVEL_INFO, STDERR_FILENO, false, NULL};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_setup(enum log_level level, int fd, bool human)
{
    setup.lowest = level;
    setup.fd = fd;
    setup.human = human;
}

void log_keep_lines(log_keep *keep)
{
    setup.keep = keep;
}

bool log_level_find(struct str name, enum log_level *ret_level)
{
    for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
        if (!str_eq(name, str_c(level_names[i])))
            continue;
        *ret_level = (enum log_level)i;
        return true;
    }
    return false;
}

bool log_enabled(enum log_level level)
{
    return level >= setup.lowest;
}

/* Control characters, quotes and bytes that are not UTF-8 never reach the line as they are. */
static void add_json_text(struct buf *b, struct str s)
{
    bool utf8 = str_is_utf8(s);
    buf_add_byte(b, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\')
            buf_printf(b, "\\%c", c);
        else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8))
            buf_printf(b, "\\u%04x", c);
        else
            buf_add_byte(b, (char)c);
    }
    buf_add_byte(b, '"');
}

static void add_member(struct buf *b, const char *name, struct str value)
{
    if (str_absent(value))
        return;
    buf_printf(b, ",\"%s\":", name);
    add_json_text(b, value);
}

static void add_metadata(struct buf *b, const struct log_field *fields)
{
    const char *sep = ",\"metadata\":{";
    if (!fields || !fields->name)
        return;
    for (; fields->name; fields++) {
        buf_printf(b, "%s\"%s\":", sep, fields->name);
        if (fields->text.ptr)
            add_json_text(b, fields->text);
        else
            buf_add_i64(b, fields->number);
        sep = ",";
    }
    buf_add_byte(b, '}');
}

static void add_json_line(struct buf *b, enum log_level level, const char *component,
                          const struct log_about *about, const struct log_field *fields,
                          struct str message)
{
    char date[25];
    clock_rfc3339(clock_now().wall_ms, date);
    buf_printf(b, "{\"timestamp\":\"%s\",\"level\":\"%s\",\"component\":\"%s\"", date,
               level_names[level], component);
    if (about) {
        add_member(b, "trace_id", about->trace_id);
        add_member(b, "tenant_id", about->tenant_id);
        add_member(b, "user_id", about->user_id);
    }
    add_member(b, "message", message);
    add_metadata(b, fields);
    buf_add_c(b, "}\n");
}

static void add_human_line(struct buf *b, enum log_level level, const char *component,
                           const struct log_field *fields, struct str message)
{
    char date[25];
    clock_rfc3339(clock_now().wall_ms, date);
    buf_printf(b, "%.8s %-5s %-9s ", date + 11, level_names[level], component);
    for (size_t i = 0; i < message.len; i++)
        buf_add_byte(b, (unsigned char)message.ptr[i] < 0x20 ? ' ' : message.ptr[i]);
    for (; fields && fields->name; fields++) {
        buf_printf(b, " %s=", fields->name);
        if (fields->text.ptr)
            add_json_text(b, fields->text);
        else
            buf_add_i64(b, fields->number);
    }
    buf_add_byte(b, '\n');
}

/* A log that cannot be written must not stop the server. */
static void write_out(struct str line)
{
    ssize_t written = write(setup.fd, line.ptr, line.len);
    (void)written;
}

static void add_line(struct buf *b, enum log_level level, const char *component,
                     const struct log_about *about, const struct log_field *fields,
                     struct str message)
{
    buf_init(b, NULL, LINE_MAX_BYTES);
    add_json_line(b, level, component, about, fields, message);
    if (!b->failed)
        return;
    buf_clear(b);
    add_json_line(b, level, component, about, NULL, STR("log line too long"));
}

static void write_human(enum log_level level, const char *component, const struct log_field *fields,
                        struct str message)
{
    struct buf b;
    buf_init(&b, NULL, LINE_MAX_BYTES);
    add_human_line(&b, level, component, fields, message);
    if (b.failed) {
        buf_clear(&b);
        add_human_line(&b, level, component, NULL, STR("log line too long"));
    }
    write_out(buf_str(&b));
    buf_free(&b);
}

void log_write(enum log_level level, const char *component, const struct log_about *about,
               const struct log_field *fields, const char *fmt, ...)
{
    char text[1024];
    struct buf b;
    va_list ap;
    if (!log_enabled(level))
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    add_line(&b, level, component, about, fields, str_c(text));
    if (setup.keep && !b.failed && b.len > 0)
        setup.keep(level, str_sub(buf_str(&b), 0, b.len - 1));
    if (setup.human)
        write_human(level, component, fields, str_c(text));
    else
        write_out(buf_str(&b));
    buf_free(&b);
}
