/* TLS from outside, with the library's client: versions, suites, names, tickets, reload. */
#include "tests/unit/web/web_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

#include "core/base/rng.h"
#include "web/tls/tls.h"

struct client {
    mbedtls_ssl_config conf;
    mbedtls_ssl_context ssl;
    mbedtls_ssl_session session;
    int fd;
    char answer[4096];
};

static int client_random(void *context, unsigned char *out, size_t len)
{
    (void)context;
    rng_bytes(out, len);
    return 0;
}

static int client_send(void *context, const unsigned char *data, size_t len)
{
    ssize_t n = send(*(int *)context, data, len, MSG_NOSIGNAL);
    return n < 0 ? MBEDTLS_ERR_NET_SEND_FAILED : (int)n;
}

static int client_recv(void *context, unsigned char *data, size_t len)
{
    ssize_t n = recv(*(int *)context, data, len, 0);
    return n < 0 ? MBEDTLS_ERR_NET_RECV_FAILED : (int)n;
}

static uint16_t https_port(void)
{
    return web_port(fixture_web, LISTENER_PUBLIC, true);
}

static void client_init(struct client *c)
{
    memset(c, 0, sizeof(*c));
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    mbedtls_ssl_config_init(&c->conf);
    mbedtls_ssl_init(&c->ssl);
    mbedtls_ssl_session_init(&c->session);
    assert_int_equal(mbedtls_ssl_config_defaults(&c->conf, MBEDTLS_SSL_IS_CLIENT,
                                                 MBEDTLS_SSL_TRANSPORT_STREAM,
                                                 MBEDTLS_SSL_PRESET_DEFAULT),
                     0);
    mbedtls_ssl_conf_authmode(&c->conf, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_rng(&c->conf, client_random, NULL);
}

static int client_connect(struct client *c, const char *name)
{
    c->fd = dial(https_port());
    assert_int_equal(mbedtls_ssl_setup(&c->ssl, &c->conf), 0);
    assert_int_equal(mbedtls_ssl_set_hostname(&c->ssl, name), 0);
    mbedtls_ssl_set_bio(&c->ssl, &c->fd, client_send, client_recv, NULL);
    return mbedtls_ssl_handshake(&c->ssl);
}

static void client_ask(struct client *c)
{
    char text[200];
    size_t len = 0;
    int n = snprintf(text, sizeof(text), "GET /about HTTP/1.1\r\nHost: localhost:%u\r\n\r\n",
                     https_port());
    assert_int_equal(mbedtls_ssl_write(&c->ssl, (unsigned char *)text, (size_t)n), n);
    while (len + 1 < sizeof(c->answer) && !strstr(c->answer, "cert=")) {
        n = mbedtls_ssl_read(&c->ssl, (unsigned char *)c->answer + len,
                             sizeof(c->answer) - 1 - len);
        if (n == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
            assert_int_equal(mbedtls_ssl_get_session(&c->ssl, &c->session), 0);
            continue;
        }
        assert_true(n > 0);
        len += (size_t)n;
    }
}

static void client_free(struct client *c)
{
    mbedtls_ssl_session_free(&c->session);
    mbedtls_ssl_free(&c->ssl);
    mbedtls_ssl_config_free(&c->conf);
    if (c->fd > 0)
        close(c->fd);
}

static void both_versions_answer(void **state)
{
    static const mbedtls_ssl_protocol_version versions[] = {MBEDTLS_SSL_VERSION_TLS1_2,
                                                            MBEDTLS_SSL_VERSION_TLS1_3};
    static const char *protocols[] = {"h2", "http/1.1", NULL};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        struct client c;
        client_init(&c);
        mbedtls_ssl_conf_min_tls_version(&c.conf, versions[i]);
        mbedtls_ssl_conf_max_tls_version(&c.conf, versions[i]);
        assert_int_equal(mbedtls_ssl_conf_alpn_protocols(&c.conf, protocols), 0);
        assert_int_equal(client_connect(&c, "localhost"), 0);
        assert_string_equal(mbedtls_ssl_get_alpn_protocol(&c.ssl), "http/1.1");
        client_ask(&c);
        assert_non_null(strstr(c.answer, "200 OK"));
        assert_non_null(strstr(c.answer, "Strict-Transport-Security: max-age="));
        assert_non_null(strstr(c.answer, "url=https://localhost:"));
        client_free(&c);
    }
}

/* TL-01: a hello that offers suites without forward secrecy or AEAD, and older versions, gets an
 * alert. The library's client cannot make such hellos any more, so they are written here. */
static bool hello_is_taken(unsigned version, unsigned suite)
{
    unsigned char hello[128] = {
        22, 3, 1, 0, 0, 1, 0, 0, 0, (unsigned char)(version >> 8), (unsigned char)version};
    static const unsigned char tail[] = {
        1, 0,                                         /* compression: none */
        0, 34,                                        /* extensions */
        0, 10, 0, 6,  0, 4, 0, 29, 0, 23,             /* groups */
        0, 11, 0, 2,  1, 0,                           /* point format */
        0, 13, 0, 10, 0, 8, 4, 3,  5, 3,  4, 1, 2, 3, /* signature algorithms */
    };
    size_t n = 11;
    rng_bytes(hello + n, 32);
    n += 32;
    hello[n++] = 0; /* no session */
    hello[n++] = 0;
    hello[n++] = 2;
    hello[n++] = (unsigned char)(suite >> 8);
    hello[n++] = (unsigned char)suite;
    memcpy(hello + n, tail, sizeof(tail));
    hello[n + 3] = (unsigned char)(sizeof(tail) - 4);
    n += sizeof(tail);
    hello[4] = (unsigned char)(n - 5);
    hello[8] = (unsigned char)(n - 9);
    char reply[4096];
    bool closed;
    int fd = dial(https_port());
    say(fd, str_of((const char *)hello, n));
    size_t got = hear(fd, reply, sizeof(reply), 300, &closed);
    close(fd);
    return got > 0 && reply[0] == 22;
}

static void tl_01_only_ecdhe_and_aead(void **state)
{
    static const unsigned weak[] = {
        0x002f, /* RSA_AES_128_CBC_SHA */ 0x009c,         /* RSA_AES_128_GCM_SHA256 */
        0xc009, /* ECDHE_ECDSA_AES_128_CBC_SHA */ 0xc023, /* ECDHE_ECDSA_AES_128_CBC_SHA256 */
        0xc013, /* ECDHE_RSA_AES_128_CBC_SHA */ 0x009e,   /* DHE_RSA_AES_128_GCM_SHA256 */
        0xc011, /* ECDHE_RSA_RC4_128_SHA */ 0x0005,       /* RSA_RC4_128_SHA */
        0x0000, /* NULL */ 0xc02d,                        /* ECDH_ECDSA_AES_128_GCM_SHA256 */
    };
    (void)state;
    assert_true(hello_is_taken(0x0303, 0xc02b)); /* ECDHE_ECDSA_AES_128_GCM_SHA256 */
    assert_true(hello_is_taken(0x0303, 0xcca9)); /* ECDHE_ECDSA_CHACHA20_POLY1305 */
    for (size_t i = 0; i < ARRAY_LEN(weak); i++)
        assert_false(hello_is_taken(0x0303, weak[i]));
    assert_false(hello_is_taken(0x0302, 0xc02b)); /* TLS 1.1 */
    assert_false(hello_is_taken(0x0301, 0xc02b));
    assert_false(hello_is_taken(0x0300, 0xc02b));
}

/* TL-02: the version option shows on the wire. */
static void tl_02_tls13_only(void **state)
{
    struct web_config c;
    (void)state;
    fixture_defaults(&c);
    c.tls.tls13_only = true;
    fixture_restart(&c);
    assert_false(hello_is_taken(0x0303, 0xc02b));
    struct client k;
    client_init(&k);
    assert_int_equal(client_connect(&k, "localhost"), 0);
    assert_string_equal(mbedtls_ssl_get_version(&k.ssl), "TLSv1.3");
    client_free(&k);
    fixture_defaults(&c);
    fixture_restart(&c);
}

static size_t resumed_handshakes(void)
{
    struct client first, second;
    client_init(&first);
    mbedtls_ssl_conf_max_tls_version(&first.conf, MBEDTLS_SSL_VERSION_TLS1_2);
    assert_int_equal(client_connect(&first, "localhost"), 0);
    client_ask(&first);
    assert_int_equal(mbedtls_ssl_get_session(&first.ssl, &first.session), 0);
    client_init(&second);
    mbedtls_ssl_conf_max_tls_version(&second.conf, MBEDTLS_SSL_VERSION_TLS1_2);
    second.fd = dial(https_port());
    assert_int_equal(mbedtls_ssl_setup(&second.ssl, &second.conf), 0);
    assert_int_equal(mbedtls_ssl_set_hostname(&second.ssl, "localhost"), 0);
    mbedtls_ssl_set_bio(&second.ssl, &second.fd, client_send, client_recv, NULL);
    assert_int_equal(mbedtls_ssl_set_session(&second.ssl, &first.session), 0);
    size_t steps = 0;
    while (!mbedtls_ssl_is_handshake_over(&second.ssl)) {
        steps++;
        assert_int_equal(mbedtls_ssl_handshake_step(&second.ssl), 0);
    }
    client_free(&first);
    client_free(&second);
    return steps;
}

/* TL-04: tickets work, and are not given out where clients show certificates. */
static void tl_04_tickets(void **state)
{
    struct web_config c;
    struct client k;
    (void)state;
    size_t resumed = resumed_handshakes();
    fixture_defaults(&c);
    c.tls.client_certs = true;
    fixture_restart(&c);
    assert_true(resumed_handshakes() > resumed);
    client_init(&k);
    assert_int_equal(client_connect(&k, "localhost"), 0);
    client_ask(&k);
    assert_non_null(strstr(k.answer, "cert=0"));
    client_free(&k);
    fixture_defaults(&c);
    fixture_restart(&c);
}

static void own_pair(const char *name, char cert[160], char key[160])
{
    struct err_ctx err = {0};
    (void)snprintf(cert, 160, "%s/%s.crt", fixture_folder, name);
    (void)snprintf(key, 160, "%s/%s.key", fixture_folder, name);
    if (tls_make_self_signed(cert, key, str_c(name), clock_now().wall_ms / 1000, &err) != 0)
        fail_msg("%s", err.detail);
}

static void client_certificates_are_handed_out(void **state)
{
    struct web_config c;
    struct client k;
    mbedtls_x509_crt crt;
    mbedtls_pk_context pk;
    char cert[160], key[160], wanted[32];
    (void)state;
    fixture_defaults(&c);
    c.tls.client_certs = true;
    fixture_restart(&c);
    own_pair("client", cert, key);
    mbedtls_x509_crt_init(&crt);
    mbedtls_pk_init(&pk);
    assert_int_equal(mbedtls_x509_crt_parse_file(&crt, cert), 0);
    assert_int_equal(mbedtls_pk_parse_keyfile(&pk, key, NULL, client_random, NULL), 0);
    for (int tls12 = 0; tls12 <= 1; tls12++) {
        client_init(&k);
        if (tls12)
            mbedtls_ssl_conf_max_tls_version(&k.conf, MBEDTLS_SSL_VERSION_TLS1_2);
        assert_int_equal(mbedtls_ssl_conf_own_cert(&k.conf, &crt, &pk), 0);
        assert_int_equal(client_connect(&k, "localhost"), 0);
        client_ask(&k);
        (void)snprintf(wanted, sizeof(wanted), "cert=%zu", crt.raw.len);
        assert_non_null(strstr(k.answer, wanted));
        client_free(&k);
    }
    mbedtls_x509_crt_free(&crt);
    mbedtls_pk_free(&pk);
    (void)unlink(cert);
    (void)unlink(key);
    fixture_defaults(&c);
    fixture_restart(&c);
}

static void served_name(const char *asked, char *name, size_t size)
{
    struct client k;
    client_init(&k);
    mbedtls_ssl_conf_authmode(&k.conf, MBEDTLS_SSL_VERIFY_OPTIONAL);
    assert_int_equal(client_connect(&k, asked), 0);
    const mbedtls_x509_crt *crt = mbedtls_ssl_get_peer_cert(&k.ssl);
    assert_non_null(crt);
    assert_true(mbedtls_x509_dn_gets(name, size, &crt->subject) > 0);
    client_free(&k);
}

static void names_choose_certificates_and_reload_swaps_them(void **state)
{
    struct web_config c;
    struct err_ctx err = {0};
    char cert[160], key[160], wild_cert[160], wild_key[160], name[200];
    (void)state;
    own_pair("a.example", cert, key);
    own_pair("wild.example", wild_cert, wild_key);
    struct web_sni sni[] = {{"a.example", cert, key}, {"*.b.example", wild_cert, wild_key}};
    fixture_defaults(&c);
    c.tls.sni = sni;
    c.tls.sni_count = 2;
    fixture_restart(&c);
    served_name("A.Example", name, sizeof(name));
    assert_string_equal(name, "CN=a.example");
    served_name("x.b.example", name, sizeof(name));
    assert_string_equal(name, "CN=wild.example");
    served_name("x.y.b.example", name, sizeof(name));
    assert_string_equal(name, "CN=localhost");
    assert_true(web_tls_expires_in_s(fixture_web, clock_now().wall_ms / 1000) > 800 * 86400);
    /* TL-03: a broken file keeps the old certificate; a good one is served at once. */
    (void)unlink(cert);
    assert_int_equal(web_tls_reload(fixture_web, &err), ERR_CONFIG);
    served_name("a.example", name, sizeof(name));
    assert_string_equal(name, "CN=a.example");
    assert_int_equal(rename(wild_cert, cert), 0);
    assert_int_equal(web_tls_reload(fixture_web, &err), ERR_CONFIG); /* key of another pair */
    assert_int_equal(rename(wild_key, key), 0);
    sni[1] = sni[0];
    assert_int_equal(web_tls_reload(fixture_web, &err), 0);
    served_name("a.example", name, sizeof(name));
    assert_string_equal(name, "CN=wild.example");
    (void)unlink(cert);
    (void)unlink(key);
    fixture_defaults(&c);
    fixture_restart(&c);
}

/* SK-01: the key of the first start is its owner's only, and a key open to everyone is refused. */
static void sk_01_key_files_are_private(void **state)
{
    struct stat st;
    struct err_ctx err = {0};
    char key[160];
    (void)state;
    (void)snprintf(key, sizeof(key), "%s/tls.key", fixture_folder);
    assert_int_equal(stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(chmod(key, 0644), 0);
    assert_int_equal(web_tls_reload(fixture_web, &err), ERR_CONFIG);
    assert_int_equal(chmod(key, 0600), 0);
    assert_int_equal(web_tls_reload(fixture_web, &err), 0);
}

static void plain_http_on_the_tls_port_just_ends(void **state)
{
    (void)state;
    struct answer *a = ask_bytes(https_port(), STR("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    assert_int_equal(a->status, 0);
    assert_true(a->closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_versions_answer),
        cmocka_unit_test(tl_01_only_ecdhe_and_aead),
        cmocka_unit_test(tl_02_tls13_only),
        cmocka_unit_test(tl_04_tickets),
        cmocka_unit_test(client_certificates_are_handed_out),
        cmocka_unit_test(names_choose_certificates_and_reload_swaps_them),
        cmocka_unit_test(sk_01_key_files_are_private),
        cmocka_unit_test(plain_http_on_the_tls_port_just_ends),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
