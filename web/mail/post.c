/* The queue of mails, and the threads that empty it. */
#include "web/mail/post.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/log.h"
#include "core/mail/letter.h"
#include "core/mail/sender.h"
#include "web/mail/words.h"

#include "core/base/banned.h"

#define THREADS         4
#define ORDER_MAX_BYTES ((size_t)16 << 10)
#define WORK_MAX_BYTES  ((size_t)2 << 20)

/* An order with all that a request knows of itself. */
struct waiting {
    struct waiting *next;
    struct arena arena; /* of the texts */
    struct post_order order;
    struct str realm; /* name */
    struct str issuer, base_url, ip, user_agent, trace_id;
};

struct post {
    struct store *store;
    const struct template_set *templates;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock. */
    struct waiting *first;
    size_t count;
    const struct waiting *at_work[THREADS];
    bool over;
    struct timespec deadline; /* once it is over: what waits longer is not sent */

    pthread_t threads[THREADS];
    size_t thread_count;
};

/* --- Orders --- */

static void waiting_free(struct waiting *w)
{
    arena_free(&w->arena);
    free(w);
}

/* An absent text stays absent. */
static bool copy(struct arena *a, struct str *io_text)
{
    if (str_absent(*io_text))
        return true;
    *io_text = arena_str(a, *io_text);
    return !str_absent(*io_text);
}

static bool copy_all(struct waiting *w)
{
    struct str *const texts[] = {
        &w->order.who,  &w->order.client_id, &w->order.language, &w->order.email,
        &w->realm,      &w->issuer,          &w->base_url,       &w->ip,
        &w->user_agent, &w->trace_id};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (!copy(&w->arena, texts[i]))
            return false;
    return true;
}

/* NULL when there is no memory, or a text is far too long. */
static struct waiting *waiting_new(const struct auth_ctx *ctx, const struct post_order *order)
{
    struct waiting *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    arena_init(&w->arena, ORDER_MAX_BYTES);
    w->order = *order;
    w->realm = auth_realm(ctx)->name;
    w->issuer = ctx->issuer;
    w->base_url = ctx->base_url;
    w->ip = ctx->actor.ip;
    w->user_agent = str_sub(ctx->actor.user_agent, 0, POST_WHO_MAX_BYTES);
    w->trace_id = ctx->actor.trace_id;
    if (order->who.len > POST_WHO_MAX_BYTES || !copy_all(w)) {
        waiting_free(w);
        return NULL;
    }
    return w;
}

/* Under the lock. */
static bool has_room(const struct post *post, struct str realm)
{
    size_t own = 0;
    for (const struct waiting *w = post->first; w; w = w->next)
        own += str_eq(w->realm, realm);
    return !post->over && post->count < POST_WAITING_MAX && own < POST_WAITING_OF_REALM;
}

static void append(struct post *post, struct waiting *w)
{
    struct waiting **at = &post->first;
    while (*at)
        at = &(*at)->next;
    *at = w;
    post->count++;
}

void post_put(struct post *post, const struct auth_ctx *ctx, const struct post_order *order)
{
    struct waiting *w = waiting_new(ctx, order);
    bool taken = false;
    if (w) {
        (void)pthread_mutex_lock(&post->lock);
        taken = has_room(post, w->realm);
        if (taken)
            append(post, w);
        (void)pthread_cond_signal(&post->changed);
        (void)pthread_mutex_unlock(&post->lock);
    }
    if (taken)
        return;
    if (w)
        waiting_free(w);
    LOG_WARN("mail", "too many mails wait: one more is not sent");
}

/* --- Carrying one out --- */

static int find_client(const struct auth_ctx *ctx, struct str client_id,
                       const struct client **ret_client)
{
    *ret_client = NULL;
    if (str_empty(client_id))
        return 0;
    int rc = realm_view_client(ctx->view, client_id, ret_client);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int send_letter(const struct auth_ctx *ctx, const struct post *post, const struct waiting *w,
                       const struct letter *letter)
{
    struct mail_sender sender;
    struct mail_words words;
    struct str language = mail_language(ctx, post->templates, letter->locale, w->order.language);
    int rc = mail_sender_load(ctx, &sender);
    if (rc == 0)
        rc = mail_words_of_letter(ctx, post->templates, language, letter, &words);
    if (rc == 0)
        rc = mail_send(ctx, &sender, letter->to, &words);
    if (rc != 0)
        TRY(letter_failed(ctx, letter));
    return rc;
}

static int deliver(const struct auth_ctx *ctx, const struct post *post, const struct waiting *w)
{
    const struct client *client;
    struct letter letter;
    bool due;
    if (!auth_realm(ctx)->enabled) /* meanwhile */
        return 0;
    TRY(find_client(ctx, w->order.client_id, &client));
    if (w->order.kind == POST_FORGOTTEN)
        TRY(letter_for_forgotten(ctx, w->order.who, client, &letter, &due));
    else if (w->order.kind == POST_ADDRESS)
        TRY(letter_for_address(ctx, w->order.who, w->order.email, client, &letter, &due));
    else
        TRY(letter_for_proof(ctx, w->order.who, client, &letter, &due));
    return due ? send_letter(ctx, post, w, &letter) : 0;
}

static int open_and_deliver(struct arena *a, const struct post *post, const struct waiting *w,
                            struct err_ctx *err)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    struct now now = clock_now();
    TRY(realm_view_acquire(post->store, w->realm, &view));
    const struct auth_ctx ctx = {
        .arena = a,
        .now = &now,
        .err = err,
        .view = view,
        .issuer = w->issuer,
        .base_url = w->base_url,
        .actor = {.ip = w->ip, .user_agent = w->user_agent, .trace_id = w->trace_id},
    };
    return deliver(&ctx, post, w);
}

static void carry_out(const struct post *post, const struct waiting *w)
{
    struct err_ctx err = {0};
    struct arena a;
    arena_init(&a, WORK_MAX_BYTES);
    int rc = open_and_deliver(&a, post, w, &err);
    if (rc != 0) {
        const struct log_about about = {.trace_id = w->trace_id, .tenant_id = w->realm};
        log_write(LOG_LEVEL_WARN, "mail", &about, NULL, "a mail was not sent: %s",
                  err.detail[0] ? err.detail : err_text(rc));
    }
    arena_free(&a);
}

/* --- The threads --- */

static bool is_served(const struct post *post, struct str realm)
{
    for (size_t i = 0; i < THREADS; i++)
        if (post->at_work[i] && str_eq(post->at_work[i]->realm, realm))
            return true;
    return false;
}

/* Under the lock: the oldest of a realm that no thread serves, or NULL. */
static struct waiting *take(struct post *post)
{
    for (struct waiting **at = &post->first; *at; at = &(*at)->next)
        if (!is_served(post, (*at)->realm)) {
            struct waiting *w = *at;
            *at = w->next;
            post->count--;
            return w;
        }
    return NULL;
}

/* Under the lock: its place in at_work. */
static size_t find_own_place(const struct post *post)
{
    size_t place = 0;
    while (place < THREADS && post->at_work[place])
        place++;
    return place;
}

static struct timespec steady_in(int64_t seconds)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)seconds;
    return at;
}

static bool is_past(const struct timespec *at)
{
    struct timespec now = steady_in(0);
    return now.tv_sec > at->tv_sec || (now.tv_sec == at->tv_sec && now.tv_nsec >= at->tv_nsec);
}

/* Under the lock. A server that stops sends what waits, as nobody asks a second time for a mail that he was
 * told is on its way; but it does not wait for a mail server for long. */
static bool has_work(const struct post *post)
{
    return !post->over || (post->first && !is_past(&post->deadline));
}

/* Under the lock, until something changed. */
static void wait_for_change(struct post *post)
{
    if (post->over)
        (void)pthread_cond_timedwait(&post->changed, &post->lock, &post->deadline);
    else
        (void)pthread_cond_wait(&post->changed, &post->lock);
}

static void *run(void *arg)
{
    struct post *post = arg;
    (void)pthread_mutex_lock(&post->lock);
    while (has_work(post)) {
        struct waiting *w = take(post);
        if (!w) {
            wait_for_change(post);
            continue;
        }
        size_t place = find_own_place(post);
        post->at_work[place] = w;
        (void)pthread_mutex_unlock(&post->lock);
        carry_out(post, w);
        (void)pthread_mutex_lock(&post->lock);
        post->at_work[place] = NULL;
        waiting_free(w);
        (void)pthread_cond_broadcast(&post->changed);
    }
    (void)pthread_mutex_unlock(&post->lock);
    return NULL;
}

/* Waits by the clock that nobody sets. */
static void cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(cond, &attr);
    (void)pthread_condattr_destroy(&attr);
}

int post_new(struct store *store, const struct template_set *templates, struct post **ret_post)
{
    struct post *post = calloc(1, sizeof(*post));
    if (!post)
        return ERR_NO_MEMORY;
    post->store = store;
    post->templates = templates;
    (void)pthread_mutex_init(&post->lock, NULL);
    cond_init(&post->changed);
    while (post->thread_count < THREADS) {
        if (pthread_create(&post->threads[post->thread_count], NULL, run, post) != 0) {
            post_free(post);
            return ERR_NO_MEMORY;
        }
        post->thread_count++;
    }
    *ret_post = post;
    return 0;
}

/* No link was made for them yet. */
static void free_waiting(struct post *post)
{
    if (post->first)
        LOG_WARN("mail", "%zu mails that waited are not sent: the server stopped", post->count);
    for (struct waiting *w = post->first, *next; w; w = next) {
        next = w->next;
        waiting_free(w);
    }
}

void post_free(struct post *post)
{
    if (!post)
        return;
    (void)pthread_mutex_lock(&post->lock);
    post->over = true;
    post->deadline = steady_in(POST_STOP_S);
    (void)pthread_cond_broadcast(&post->changed);
    (void)pthread_mutex_unlock(&post->lock);
    for (size_t i = 0; i < post->thread_count; i++)
        (void)pthread_join(post->threads[i], NULL);
    free_waiting(post);
    (void)pthread_cond_destroy(&post->changed);
    (void)pthread_mutex_destroy(&post->lock);
    free(post);
}
