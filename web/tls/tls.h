/* TLS for our listeners: certificates by host name, tickets, reload, and sessions that never block.
 * TLS 1.2 and 1.3 with ECDHE and AEAD only (TL-01). mbedTLS does not show through here. */
#ifndef GARITA_WEB_TLS_TLS_H
#define GARITA_WEB_TLS_TLS_H

#include <sys/types.h>

#include "web/web.h"

struct tls;

/* Loads the certificates, or makes a self-signed pair in config->folder when no file is named.
 * hostname: for the self-signed certificate; may be absent. ERR_CONFIG says which file is wrong. */
MUST_CHECK int tls_new(const struct web_tls_config *config, struct str hostname,
                       struct err_ctx *err, struct tls **ret_tls);
/* Sessions must be gone. */
void tls_free(struct tls *tls);
/* Reads all files again and swaps; sessions that exist keep what they have. On failure nothing
 * changes. Safe while others start sessions. */
MUST_CHECK int tls_reload(struct tls *tls, struct err_ctx *err);
/* Of the certificate that expires first; negative when one has. */
int64_t tls_expires_in_s(struct tls *tls, int64_t now_s);
/* What each certificate is, the default one first; the texts live for the call of see. */
void tls_each_certificate(struct tls *tls, web_see_certificate *see, void *arg);

/* Where the default certificate comes from. */
enum web_tls_source tls_source(struct tls *tls);

/* As web_tls_export and web_tls_check (tls_share.c). */
MUST_CHECK int tls_export(struct tls *tls, struct arena *a, struct str *ret_text);
MUST_CHECK int tls_export_check(struct arena *a, struct str text, struct err_ctx *err);

/* --- Another certificate at run time (tls_install.c); for who has none in the configuration --- */

#define TLS_INSTALLED_FILE "installed.pem" /* in config->folder; certificate and key */
#define TLS_PEM_MAX_BYTES  ((size_t)32 << 10)
#define TLS_NAMES_MAX      8 /* of a request for a certificate */

/* One that was looked at and waits beside its place. */
struct tls_staged {
    char temporary[600]; /* empty: nothing waits */
    char subject[256];
    int64_t expires_s;
};

/* certificate: PEM, the server's own first, then those of the authorities between. key: its private key; absent:
 * that of the last tls_request. What would not serve is refused, with a sentence: ERR_INVALID_REQUEST with
 * the member, ERR_CONFLICT when the configuration names a certificate. */
MUST_CHECK int tls_stage(struct tls *tls, struct arena *a, struct str certificate, struct str key,
                         int64_t now_s, struct tls_staged *ret_staged, struct err_ctx *err);
/* It takes its place, on disk, also of one that the primary gave; tls_reload then uses it. ERR_IO. */
MUST_CHECK int tls_publish(struct tls *tls, struct tls_staged *staged, struct err_ctx *err);
/* Takes away what was not published. */
void tls_staged_drop(struct tls_staged *staged);
/* A new key, which stays in the folder, and a request for a certificate of it (RFC 2986) as PEM. Each takes the
 * place of the one before. ERR_INVALID_REQUEST for what is no name of a host, ERR_CONFLICT as above. */
MUST_CHECK int tls_request(struct tls *tls, struct arena *a, const struct str *names, size_t count,
                           struct str *ret_pem, struct err_ctx *err);

/* Writes an ECDSA P-256 key (0600) and a certificate for host, localhost, 127.0.0.1 and ::1, valid
 * for 825 days. Never overwrites. host may be absent. */
MUST_CHECK int tls_make_self_signed(const char *cert_file, const char *key_file, struct str host,
                                    int64_t now_s, struct err_ctx *err);

struct tls_session;

enum { TLS_WANT_READ = -1, TLS_WANT_WRITE = -2, TLS_FAILED = -3 };

/* On a non-blocking socket, which stays the caller's. ERR_NO_MEMORY. */
MUST_CHECK int tls_session_new(struct tls *tls, int fd, struct tls_session **ret_session);
/* Sends the close alert if the socket takes it, and frees. NULL is fine. */
void tls_session_free(struct tls_session *s);
/* 0 when done, TLS_WANT_READ, TLS_WANT_WRITE or TLS_FAILED. */
MUST_CHECK int tls_session_handshake(struct tls_session *s);
/* Bytes, 0 at the end, or one of the three above. */
MUST_CHECK ssize_t tls_session_read(struct tls_session *s, void *buf, size_t size);
/* After TLS_WANT_WRITE the same bytes come first in the next call, which may give more. */
MUST_CHECK ssize_t tls_session_write(struct tls_session *s, const void *buf, size_t size);
/* Bytes that are decrypted and not read yet: the socket will not become readable for them. */
size_t tls_session_pending(const struct tls_session *s);
/* DER of the client's certificate; absent when it sent none. Lives with the session. */
struct str tls_session_peer_cert(const struct tls_session *s);

#endif
