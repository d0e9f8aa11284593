/* Included by civetweb.c: its access log. The pipeline writes ours. */
static void log_access(const struct mg_connection *conn)
{
    (void)conn;
}
