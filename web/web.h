/* The web front as a whole: its configuration, the services behind it, start and stop. A struct web
 * is made once at start and read by every request; nothing here is global. */
#ifndef GARITA_WEB_WEB_H
#define GARITA_WEB_WEB_H

#include <stdatomic.h>

#include "core/auth/own_urls.h"
#include "core/codec/json.h"
#include "web/request.h"
#include "web/router.h"

struct store;
struct signer;
struct post;
struct template_set;
struct messages;
struct metrics;
struct rate_limiter;
struct proxy_list;
struct listen;
struct own_names;
struct jwks_cache;
struct tls;
struct grpc_server;
struct streams;
struct history;
struct web_relayed;

/* A port of the system's choice, for tests; 0 means "no listener". */
#define WEB_PORT_ANY 65535

/* A token bucket per client address and class; per_minute 0 switches the class off. */
struct web_rate {
    int64_t per_minute;
    int64_t burst;
};

/* A certificate that is chosen when the client names this host (SNI). PEM files. */
struct web_sni {
    const char *host;
    const char *cert_file;
    const char *key_file;
};

/* Where the certificate of the listeners comes from. */
enum web_tls_source {
    WEB_TLS_NONE,        /* no TLS */
    WEB_TLS_SELF_SIGNED, /* made at the first start */
    WEB_TLS_INSTALLED,   /* over the API, into the data folder */
    WEB_TLS_GIVEN,       /* by the primary, which this node is or was the standby of */
    WEB_TLS_CONFIGURED   /* files that the configuration names */
};

struct web_tls_config {
    const char *cert_file; /* NULL: self-signed in folder */
    const char *key_file;
    const char *folder; /* where the self-signed pair lives (made at first start, key 0600) */
    const struct web_sni *sni;
    size_t sni_count;
    /* Certificates that the primary gives (web_tls_export), where no file is named: a text in the arena.
     * ERR_NOT_FOUND: none. May be NULL. */
    int (*given)(void *arg, struct arena *a, struct str *ret_text);
    void (*forget_given)(void *arg); /* another one was put in place here */
    void *given_arg;
    bool tls13_only;
    bool client_certs;         /* ask for a certificate; handed out as req->peer_cert */
    bool http2;                /* speak h2 alone, else HTTP/1.1 alone (ALPN) */
    int64_t ticket_lifetime_s; /* 0: no session tickets */
};

struct web_limits {
    size_t connections;             /* in all */
    size_t connections_per_address; /* 0: no limit */
    size_t workers;
    size_t header_bytes;
    size_t uri_bytes;
    size_t body_bytes;       /* of any route; routes.def says less for most */
    size_t parked_bytes;     /* memory for bodies and replies that wait for the network, in all */
    int64_t handshake_ms;    /* from accept to the end of the handshake */
    int64_t header_ms;       /* from the first byte (or accept) to the whole header */
    int64_t body_rate_bytes; /* least bytes a second of a body or a reply, after a grace of 10 s */
    int64_t keep_alive_ms;   /* idle between requests */
    int64_t stop_ms;         /* requests in flight may take this long at stop */
};

struct web_grpc_config {
    const char *address; /* NULL or "": all; loopback when plaintext */
    uint16_t port;       /* 0: off */
    bool plaintext;      /* without TLS, on loopback only */
    size_t threads;      /* that move frames; 0: as many as processors, at most 8 */
    size_t connections;
    size_t streams;       /* calls at once on a connection */
    size_t message_bytes; /* of a request */
    int64_t idle_ms;      /* without a call */
};

struct web_config {
    const char *https_address; /* NULL or "": all */
    uint16_t https_port;       /* 0: off, also below */
    const char *http_address;
    uint16_t http_port;
    const char *admin_address;      /* NULL or "": all; loopback without TLS */
    uint16_t admin_port;            /* 0: administration is on the other listeners */
    const char *management_address; /* NULL: 127.0.0.1 */
    uint16_t management_port;
    bool dev;             /* plain HTTP serves instead of redirecting; on loopback by default */
    struct str hostname;  /* origin such as "https://id.example.pe" without a path; absent: none */
    struct str base_path; /* "" or "/auth" */
    struct str default_realm;   /* of those who ask about tokens and name no tenant; absent: none */
    struct str trusted_proxies; /* CIDRs separated by commas or spaces (WE-10) */
    int64_t hsts_max_age_s;     /* 0: no Strict-Transport-Security */
    struct web_tls_config tls;
    struct web_grpc_config grpc;
    struct web_limits limits;
    struct web_rate rates[RATE_COUNT];
    bool rates_for_loopback; /* whether clients on this machine are limited, too */
};

/* What is safe and sensible when nothing is configured. */
void web_config_defaults(struct web_config *ret_config);

enum web_health {
    WEB_WELL,
    WEB_DEGRADED, /* some of it does not work: requests go on */
    WEB_DOWN      /* only a new start helps */
};

/* What handlers use; owned by whoever starts the web. */
/* That the standby which is asked becomes the primary, by the word of an administrator of master. */
struct web_promotion {
    uint64_t epoch; /* the newest that it knows: typed as a confirmation */
    bool incomplete, without_witness;
    struct str user_id, username, why;
};

struct web_services {
    struct store *store;
    const struct route *routes; /* NULL: the table of routes.def */
    size_t route_count;
    /* How it goes, asked by /health and its kind, with members of the array of checks (may be NULL:
     * well while it is up). */
    enum web_health (*health)(void *context, struct json_writer *checks);
    /* Adds lines of metrics in Prometheus text format; may be NULL. */
    void (*metrics)(void *context, struct buf *out);
    /* For /admin/garita (web/operations); each may be NULL. Figures of the store, by enum figure, are
     * added; members of the answer about the node are written; a trial of the newest backup is begun:
     * ERR_CONFLICT while one is made or tried, ERR_NOT_FOUND without one. */
    void (*figures)(void *context, int64_t *io_values);
    int (*status)(void *context, struct arena *a, struct json_writer *w);
    int (*try_backup)(void *context, struct err_ctx *err);
    /* A backup is made now, and restored on trial: as try_backup. */
    int (*make_backup)(void *context, struct err_ctx *err);
    /* A token that pairs a standby, in the arena. ERR_CONFLICT, ERR_FORBIDDEN, ERR_LIMIT_REACHED with a
     * sentence. */
    int (*invite_standby)(void *context, struct arena *a, int64_t expires_ms, struct str *ret_token,
                          struct err_ctx *err);
    /* ERR_CONFLICT with a sentence; the node begins anew in its new role when it returned 0. */
    int (*promote)(void *context, struct arena *a, const struct web_promotion *promotion,
                   uint64_t *ret_epoch, struct err_ctx *err);
    /* Another certificate was put in place over the API, and is used. May be NULL. */
    void (*tls_changed)(void *context);
    /* On a standby that passes changes on: the primary's answer, malloc'd (web/relay.h). NULL: it does not.
     * Nothing was done: ERR_STORE_STANDBY, ERR_TOO_LARGE, ERR_OVERLOADED. ERR_UNANSWERED. */
    int (*pass_on)(void *context, const struct web_relayed *relayed, struct buf *ret_answer,
                   bool *ret_ends);
    /* Whether scripts of this origin may read answers to this request (WE-11): by realm and client.
     * NULL: nothing is allowed. */
    bool (*cors_allowed)(struct request *req, struct str origin);
    void *context;
};

struct web {
    struct web_config config;
    struct web_services services;
    struct router *router;
    struct metrics *metrics;
    struct rate_limiter *limiter;
    struct proxy_list *proxies;
    struct template_set *templates;
    struct jwks_cache *jwks;
    struct post *post; /* mails that pages cause */
    struct tls *tls;   /* NULL: no HTTPS listener */
    struct reply_cache *replies;
    struct streams *streams; /* replies that go on */
    struct uploads *uploads; /* files that come piece by piece */
    struct history *history; /* of the figures (web/operations) */
    struct listen *listen;
    struct grpc_server *grpc; /* NULL: off */
    struct own_names *names;
    struct arena arena;       /* texts that live as long as this */
    struct str public_origin; /* "https://localhost:8443": configured, else of the listener */
    atomic_bool stopping;
};

/* Compiles routes and templates, loads certificates, opens the listeners and starts the threads.
 * config's texts and services must outlive it. err says which setting or port is wrong. */
MUST_CHECK int web_start(const struct web_config *config, const struct web_services *services,
                         struct err_ctx *err, struct web **ret_web);
/* Stops accepting, lets requests in flight finish within limits.stop_ms, frees all. NULL is fine. */
void web_stop(struct web *web);
/* Reads the certificate files again; on failure the old ones stay. New connections use it. */
MUST_CHECK int web_tls_reload(const struct web *web, struct err_ctx *err);
/* All certificates in use with their keys as one text, for a node that serves in this one's place; absent
 * without TLS. ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK int web_tls_export(const struct web *web, struct arena *a, struct str *ret_text);
/* Whether a text is one that web_tls_export made and each key is its certificate's. ERR_INVALID_REQUEST with a
 * sentence. */
MUST_CHECK int web_tls_check(struct arena *a, struct str text, struct err_ctx *err);
#define WEB_TLS_EXPORT_MAX ((size_t)256 << 10)
/* Seconds until the first certificate expires; negative when one has; INT64_MAX without TLS. */
int64_t web_tls_expires_in_s(const struct web *web, int64_t now_s);
/* What is known of a certificate that is in use. */
struct web_certificate {
    struct str host; /* whom it is for (SNI); absent: for every other name */
    struct str subject;
    struct str names; /* of hosts, a space between them */
    bool is_self_signed;
    int64_t expires_s;
};
typedef void web_see_certificate(void *arg, const struct web_certificate *certificate);
enum web_tls_source web_tls_source(const struct web *web);
/* The default one first; none without TLS. */
void web_each_certificate(const struct web *web, web_see_certificate *see, void *arg);
/* The port a listener really has (for a configured port that was taken by the system: tests). */
uint16_t web_port(const struct web *web, enum listener listener, bool https);
/* Name of the configured origin, without scheme and port; empty when none is. */
struct str web_hostname(const struct web *web);

/* Origin and base path for links and issuers: "https://id.example.pe/auth". It comes from the
 * configuration; without a configured hostname from the listener and a Host header that was checked
 * against this machine's own names (WE-09). In the request's arena; absent when that is exhausted. */
struct str web_public_url(struct request *req);
/* That of the listener that was asked, for addresses of what it serves: /admin may be elsewhere. */
struct str web_own_url(struct request *req);
/* Both, for addresses of clients of ours that have no host in them. Administration with a listener of its
 * own is reached by the public host at that listener's port. */
struct own_urls web_own_urls(struct request *req);
/* The same for another port of ours, whose caller reached it by this authority. */
struct str web_url_by_host(const struct web *web, struct arena *a, struct str authority);
/* The same without the base path: what Origin headers of our own pages hold. */
struct str web_public_origin(struct request *req);

/* Once a second, by one thread: what happened since the last time becomes a sample of the history. */
void web_sample(struct web *web);

/* Counters and histograms of requests, in Prometheus text format. */
void web_metrics_write(const struct web *web, struct buf *out);

#endif
