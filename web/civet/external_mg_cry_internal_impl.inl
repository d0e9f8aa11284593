/* Included by civetweb.c: its error log. A complaint may hold parts of a request and is not repeated
 * (SK-02). */
#include "core/base/log.h"

static void mg_cry_internal_impl(const struct mg_connection *conn, const char *func, unsigned line,
                                 const char *fmt, va_list ap)
{
    (void)conn;
    (void)line;
    (void)fmt;
    (void)ap;
    LOG_WARN("http", "the engine refused a request in %s", func);
}
