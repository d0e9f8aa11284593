/* Raw rates of what a token or a login costs at least: signatures, verifications, whole tokens,
 * password hashes, on one and on two threads. The HTTP benchmarks are divided by these figures.
 *   bench_crypto [seconds per figure, default 1] [only names that start with this]
 * One line a figure: name, threads, operations per second. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/crypto/init.h"
#include "core/crypto/password.h"
#include "core/jose/jwt.h"

#define MAX_THREADS   2
#define PAYLOAD_BYTES 1000 /* about an access token of Keycloak */

struct bench;
typedef int operation(const struct bench *b, struct arena *a);

struct bench {
    const char *name;
    operation *run;
    enum jose_alg alg;
    struct jws_key key;
    struct password_params params;
    struct str message; /* what is signed, or the token to read */
    struct str signature;
};

static int sign(const struct bench *b, struct arena *a)
{
    unsigned char out[PK_SIGNATURE_MAX_BYTES];
    size_t len;
    (void)a;
    return jws_sign_raw(&b->key, b->message, out, &len);
}

static int verify(const struct bench *b, struct arena *a)
{
    (void)a;
    return pk_verify(b->key.pk, jose_alg_info(b->alg)->pk, b->message, b->signature);
}

static int make_token(const struct bench *b, struct arena *a)
{
    struct str token;
    return jws_sign(a, &b->key, STR("JWT"), b->message, &token);
}

static int read_token(const struct bench *b, struct arena *a)
{
    static const struct jwt_expect expect = {
        .any_issuer = true, .any_audience = true, .any_header_typ = true, .exp_optional = true};
    struct jwt_claims claims;
    return jwt_verify(a, b->message, &b->key, &expect, NULL, &claims);
}

static int hash_password(const struct bench *b, struct arena *a)
{
    struct password_record record;
    return password_hash_make(a, &b->params, STR("correct horse battery"), &record);
}

/* --- measuring --- */

struct run {
    const struct bench *bench;
    const atomic_bool *stop;
    uint64_t done;
    int err;
};

static void *work(void *argument)
{
    struct run *r = argument;
    struct arena a;
    arena_init(&a, ARENA_REQUEST_MAX_BYTES);
    while (r->err == 0 && !atomic_load_explicit(r->stop, memory_order_relaxed)) {
        r->err = r->bench->run(r->bench, &a);
        arena_reset(&a);
        r->done++;
    }
    arena_free(&a);
    return NULL;
}

static double measure(const struct bench *b, size_t threads, double seconds)
{
    atomic_bool stop = false;
    pthread_t ids[MAX_THREADS];
    struct run runs[MAX_THREADS] = {{NULL, NULL, 0, 0}};
    uint64_t done = 0;
    int64_t start_ns = clock_monotonic_ns();
    for (size_t i = 0; i < threads; i++) {
        runs[i] = (struct run){b, &stop, 0, 0};
        if (pthread_create(&ids[i], NULL, work, &runs[i]) != 0)
            abort();
    }
    struct timespec pause = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&pause, NULL);
    atomic_store(&stop, true);
    for (size_t i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        done += runs[i].done;
        if (runs[i].err != 0) {
            fprintf(stderr, "%s: %s\n", b->name, err_name(runs[i].err));
            exit(1);
        }
    }
    return (double)done * 1e9 / (double)(clock_monotonic_ns() - start_ns);
}

/* --- what is measured --- */

static const struct {
    const char *name;
    enum jose_alg alg;
    enum pk_type type;
    int rsa_bits;
} algorithms[] = {
    {"RS256", JOSE_RS256, PK_RSA, 2048},      {"PS256", JOSE_PS256, PK_RSA, 2048},
    {"RS256-4096", JOSE_RS256, PK_RSA, 4096}, {"ES256", JOSE_ES256, PK_P256, 0},
    {"ES384", JOSE_ES384, PK_P384, 0},        {"ES512", JOSE_ES512, PK_P521, 0},
    {"EdDSA", JOSE_EdDSA, PK_ED25519, 0},     {"HS512", JOSE_HS512, PK_RSA, 0},
};

struct options {
    double seconds;
    struct str only;
};

static void report(const struct bench *b, const struct options *o)
{
    if (!str_starts(str_c(b->name), o->only))
        return;
    for (size_t threads = 1; threads <= MAX_THREADS; threads++)
        printf("%-28s %zu %12.1f\n", b->name, threads, measure(b, threads, o->seconds));
    fflush(stdout);
}

static struct str payload(struct arena *a)
{
    char *text = arena_alloc(a, PAYLOAD_BYTES);
    if (!text)
        abort();
    memset(text, 'x', PAYLOAD_BYTES);
    memcpy(text, "{\"x\":\"", 6);
    memcpy(text + PAYLOAD_BYTES - 2, "\"}", 2);
    return str_of(text, PAYLOAD_BYTES);
}

static int bench_algorithm(struct arena *a, size_t i, const struct options *o)
{
    CLEANUP(pk_key_free) struct pk_key *key = NULL;
    unsigned char signature[PK_SIGNATURE_MAX_BYTES];
    size_t len;
    struct str token;
    struct bench b = {.alg = algorithms[i].alg, .key = {.alg = algorithms[i].alg}};
    bool mac = jose_alg_info(b.alg)->family == JOSE_HMAC;
    if (mac) {
        b.key.secret = str_sub(payload(a), 0, 64);
    } else {
        TRY(pk_generate(algorithms[i].type, algorithms[i].rsa_bits, &key));
        b.key.pk = key;
    }
    b.message = payload(a);
    TRY(jws_sign_raw(&b.key, b.message, signature, &len));
    b.signature = str_of((const char *)signature, len);
    b.name = arena_printf(a, "sign %s", algorithms[i].name).ptr;
    b.run = sign;
    report(&b, o);
    b.name = arena_printf(a, "verify %s", algorithms[i].name).ptr;
    b.run = verify;
    if (!mac)
        report(&b, o);
    b.name = arena_printf(a, "token %s", algorithms[i].name).ptr;
    b.run = make_token;
    report(&b, o);
    TRY(jws_sign(a, &b.key, STR("JWT"), b.message, &token));
    b.message = token;
    b.name = arena_printf(a, "check-token %s", algorithms[i].name).ptr;
    b.run = read_token;
    report(&b, o);
    return 0;
}

static int bench_passwords(const struct options *o)
{
    struct bench b = {.run = hash_password};
    b.name = "hash argon2id-7168-5";
    b.params = password_params_default();
    report(&b, o);
    b.name = "hash pbkdf2-sha256-27500";
    TRY(password_params_of(STR("pbkdf2-sha256"), 27500, &b.params));
    report(&b, o);
    b.name = "hash pbkdf2-sha512-210000";
    TRY(password_params_of(STR("pbkdf2-sha512"), 210000, &b.params));
    report(&b, o);
    return 0;
}

static int run_all(const struct options *o)
{
    CLEANUP(arena_free) struct arena a;
    arena_init(&a, ARENA_REQUEST_MAX_BYTES);
    TRY(crypto_init());
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
        TRY(bench_algorithm(&a, i, o));
    return bench_passwords(o);
}

int main(int argc, char **argv)
{
    struct options o = {argc > 1 ? strtod(argv[1], NULL) : 1.0, str_c(argc > 2 ? argv[2] : "")};
    if (o.seconds <= 0 || o.seconds > 60) {
        fprintf(stderr, "usage: bench_crypto [seconds per figure] [name]\n");
        return 2;
    }
    int err = run_all(&o);
    if (err != 0)
        fprintf(stderr, "%s\n", err_text(err));
    return err == 0 ? 0 : 1;
}
