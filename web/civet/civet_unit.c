/* Compiles CivetWeb's single source file together with the few functions that need its insides: a
 * context without listeners and threads, and a connection per worker that reads from memory. Its
 * source is not changed; mod_mbedtls.inl beside this file stands in for its TLS layer. */
#define USE_MBEDTLS
#define NO_SSL_DL
#define NO_FILES
#define NO_FILESYSTEMS
#define NO_CGI
#define NO_CACHING
#define NO_NONCE_CHECK
#define NO_RESPONSE_BUFFERING
#define NO_ALTERNATIVE_QUEUE
#define MG_EXTERNAL_FUNCTION_log_access
#define MG_EXTERNAL_FUNCTION_mg_cry_internal_impl
#define USE_STACK_SIZE 262144
#define CIVETWEB_API   static
#define TIMER_API      static

#include "civetweb.c"

/* It renames these to keep its own code to its wrappers. */
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef snprintf
#undef vsnprintf

struct civet {
    struct mg_context context;
};

struct civet_worker {
    struct mg_connection connection;
    struct mg_workerTLS thread;
    civet_handler *handler;
    void *context; /* of the request at hand */
    SSL stream;
    bool handled;
};

static struct civet_worker *worker_of(const struct mg_connection *conn)
{
    return (struct civet_worker *)conn->tls_user_ptr;
}

/* The engine never writes a page of its own. */
static int on_error(struct mg_connection *conn, int status, const char *message)
{
    (void)conn;
    (void)status;
    (void)message;
    return 0;
}

static int on_request(struct mg_connection *conn)
{
    struct civet_worker *w = worker_of(conn);
    const struct mg_request_info *ri = mg_get_request_info(conn);
    struct civet_call call = {.connection = conn, .io = w->stream.io};
    call.method = str_c(ri->request_method);
    for (int i = 0; i < ri->num_headers && call.header_count < REQUEST_MAX_HEADERS; i++) {
        call.headers[call.header_count].name = str_c(ri->http_headers[i].name);
        call.headers[call.header_count++].value = str_c(ri->http_headers[i].value);
    }
    w->handled = true;
    w->handler(w->context, &call);
    return 1;
}

/* Before the engine would close: the socket is not its. */
static void on_close(const struct mg_connection *conn)
{
    struct mg_connection *own = &worker_of(conn)->connection;
    own->ssl = NULL;
    own->client.sock = INVALID_SOCKET;
}

int civet_new(size_t max_header_bytes, struct civet **ret_civet)
{
    struct civet *c = calloc(1, sizeof(*c));
    struct mg_context *ctx = c ? &c->context : NULL;
    if (!c)
        return ERR_NO_MEMORY;
    mg_init_library(MG_FEATURES_DEFAULT);
    ctx->context_type = CONTEXT_SERVER;
    pthread_mutex_init(&ctx->thread_mutex, &pthread_mutex_attr);
    pthread_mutex_init(&ctx->nonce_mutex, &pthread_mutex_attr);
    for (int i = 0; config_options[i].name != NULL; i++)
        if (config_options[i].default_value)
            ctx->dd.config[i] = mg_strdup(config_options[i].default_value);
    mg_free(ctx->dd.config[REQUEST_TIMEOUT]);
    ctx->dd.config[REQUEST_TIMEOUT] = mg_strdup("1");
    mg_free(ctx->dd.config[DECODE_URL]);
    ctx->dd.config[DECODE_URL] = mg_strdup("no");
    ctx->max_request_size = (unsigned)max_header_bytes + 1024;
    ctx->callbacks.begin_request = on_request;
    ctx->callbacks.connection_close = on_close;
    ctx->callbacks.http_error = on_error;
    *ret_civet = c;
    return 0;
}

void civet_free(struct civet *c)
{
    if (!c)
        return;
    for (int i = 0; i < NUM_OPTIONS; i++)
        mg_free(c->context.dd.config[i]);
    pthread_mutex_destroy(&c->context.thread_mutex);
    pthread_mutex_destroy(&c->context.nonce_mutex);
    free(c);
    mg_exit_library();
}

int civet_worker_new(struct civet *civet, civet_handler *handler, struct civet_worker **ret_worker)
{
    struct civet_worker *w = calloc(1, sizeof(*w));
    struct mg_connection *conn = w ? &w->connection : NULL;
    if (!w)
        return ERR_NO_MEMORY;
    w->handler = handler;
    conn->phys_ctx = &civet->context;
    conn->dom_ctx = &civet->context.dd;
    conn->tls_user_ptr = w;
    conn->client.sock = INVALID_SOCKET;
    conn->client.is_ssl = 1;
    conn->buf_size = (int)civet->context.max_request_size;
    conn->buf = malloc((size_t)conn->buf_size);
    pthread_mutex_init(&conn->mutex, &pthread_mutex_attr);
    if (!conn->buf) {
        civet_worker_free(w);
        return ERR_NO_MEMORY;
    }
    *ret_worker = w;
    return 0;
}

void civet_worker_free(struct civet_worker *w)
{
    if (!w)
        return;
    if (w->connection.request_info.local_uri != w->connection.request_info.local_uri_raw)
        mg_free((void *)w->connection.request_info.local_uri);
    pthread_mutex_destroy(&w->connection.mutex);
    free(w->connection.buf);
    free(w);
}

bool civet_serve(struct civet_worker *w, struct str message, const struct civet_io *io,
                 void *context)
{
    struct mg_connection *conn = &w->connection;
    w->context = context;
    w->handled = false;
    w->stream = (SSL){.message = message, .io = io};
    w->thread.is_master = 0;
    pthread_setspecific(sTlsKey, &w->thread);
    conn->ssl = &w->stream;
    conn->must_close = 0;
    init_connection(conn);
    conn->connection_type = CONNECTION_TYPE_REQUEST;
    conn->protocol_type = PROTOCOL_TYPE_HTTP1;
    process_new_connection(conn);
    /* Passwords and tokens came through here. */
    memset(conn->buf, 0, (size_t)(conn->data_len > 0 ? conn->data_len : 0));
    __asm__ volatile("" : : "r"(conn->buf) : "memory");
    return w->handled;
}

int civet_read_body(struct civet_call *call, struct arena *a, size_t max_bytes,
                    struct str *ret_body)
{
    struct mg_connection *conn = call->connection;
    struct buf body;
    char part[4096];
    int n;
    if (conn->content_len > 0 && !conn->is_chunked) {
        if ((uint64_t)conn->content_len > max_bytes)
            return ERR_TOO_LARGE;
        char *all = arena_alloc(a, (size_t)conn->content_len + 1);
        if (!all)
            return ERR_NO_MEMORY;
        n = mg_read(conn, all, (size_t)conn->content_len);
        *ret_body = str_of(all, n > 0 ? (size_t)n : 0);
        return n == conn->content_len ? 0 : ERR_INVALID_SYNTAX;
    }
    buf_init(&body, a, max_bytes);
    while ((n = mg_read(conn, part, sizeof(part))) > 0)
        buf_add_bytes(&body, part, (size_t)n);
    memset(part, 0, sizeof(part));
    return n < 0 ? ERR_INVALID_SYNTAX : buf_finish(&body, ret_body);
}

bool civet_write(struct civet_call *call, const void *data, size_t len)
{
    return mg_write(call->connection, data, len) == (int)len;
}
