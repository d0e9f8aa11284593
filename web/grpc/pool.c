/* The threads that work on calls which may read the store. One queue; whoever is free takes. */
#include <stdlib.h>

#include "web/grpc/internal.h"

#include "core/base/banned.h"

#define STACK_BYTES ((size_t)256 << 10)
#define QUEUE_MAX   4096

struct grpc_pool {
    pthread_mutex_t mutex;
    pthread_cond_t work;
    struct grpc_job *first, **last;
    size_t queued;
    size_t idle;
    bool over;
    size_t thread_count;
    pthread_t threads[];
};

static struct grpc_job *take(struct grpc_pool *pool)
{
    struct grpc_job *job = NULL;
    pthread_mutex_lock(&pool->mutex);
    while (!pool->first && !pool->over) {
        pool->idle++;
        pthread_cond_wait(&pool->work, &pool->mutex);
        pool->idle--;
    }
    if (!pool->over) {
        job = pool->first;
        pool->first = job->next;
        if (!pool->first)
            pool->last = &pool->first;
        pool->queued--;
    }
    pthread_mutex_unlock(&pool->mutex);
    return job;
}

static void *pool_main(void *argument)
{
    struct grpc_pool *pool = argument;
    struct grpc_job *job;
    CLEANUP(arena_free) struct arena a;
    arena_init(&a, ARENA_REQUEST_MAX_BYTES);
    while ((job = take(pool)) != NULL) {
        struct grpc_loop *loop = job->loop;
        grpc_job_run(job, &a);
        arena_reset(&a);
        grpc_loop_return(loop, job);
    }
    return NULL;
}

static int start_thread(struct grpc_pool *pool)
{
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) != 0)
        return ERR_NO_MEMORY;
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    int rc = pthread_create(&pool->threads[pool->thread_count], &attr, pool_main, pool);
    pthread_attr_destroy(&attr);
    if (rc != 0)
        return ERR_NO_MEMORY;
    pool->thread_count++;
    return 0;
}

int grpc_pool_new(size_t threads, struct grpc_pool **ret_pool)
{
    struct grpc_pool *pool = calloc(1, sizeof(*pool) + threads * sizeof(pool->threads[0]));
    int rc = 0;
    if (!pool)
        return ERR_NO_MEMORY;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work, NULL);
    pool->last = &pool->first;
    for (size_t i = 0; i < threads && rc == 0; i++)
        rc = start_thread(pool);
    if (rc != 0) {
        grpc_pool_free(pool);
        return rc;
    }
    *ret_pool = pool;
    return 0;
}

size_t grpc_pool_threads(const struct grpc_pool *pool)
{
    return pool ? pool->thread_count : 0;
}

void grpc_pool_free(struct grpc_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->over = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    for (size_t i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    while (pool->first) {
        struct grpc_job *job = pool->first;
        pool->first = job->next;
        grpc_job_free(job);
    }
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

int grpc_pool_add(struct grpc_pool *pool, struct grpc_job *job)
{
    bool full;
    job->next = NULL;
    pthread_mutex_lock(&pool->mutex);
    full = pool->queued == QUEUE_MAX;
    if (!full) {
        *pool->last = job;
        pool->last = &job->next;
        pool->queued++;
        if (pool->idle > 0)
            pthread_cond_signal(&pool->work);
    }
    pthread_mutex_unlock(&pool->mutex);
    return full ? ERR_OVERLOADED : 0;
}

void grpc_job_run(struct grpc_job *job, struct arena *a)
{
    struct grpc_work w = {
        .server = job->server,
        .arena = a,
        .now = clock_now(),
        .meta = &job->meta,
        .message = buf_str(&job->message),
        .peer_ip = str_c(job->peer_ip),
        .certificate_sha256 = job->certificate[0] ? str_c(job->certificate) : str_of(NULL, 0),
        .ground = job->notes ? &job->ground : NULL,
        .out = &job->out,
    };
    ground_init(&job->ground);
    if (atomic_load(&job->abandoned)) {
        job->err = ERR_CANCELLED;
        return;
    }
    job->err = job->method->handler(&w);
    if (job->err == 0 && job->out.failed)
        job->err = ERR_TOO_LARGE;
    job->detail = w.err;
    job->told = w.told;
}

void grpc_job_free(struct grpc_job *job)
{
    buf_free(&job->meta.bytes);
    buf_free(&job->message);
    buf_free(&job->out);
    free(job);
}
