/* Splits a URI (RFC 3986) into its parts, strictly: what is not allowed there (control bytes,
 * spaces, backslashes, non-ASCII, bad escapes, odd ports) is an error, because browsers and servers
 * disagree about such URIs and that is how redirects get stolen. Decodes nothing, changes nothing. */
#ifndef GARITA_CORE_CODEC_URI_H
#define GARITA_CORE_CODEC_URI_H

#include "core/base/arena.h"

#define URI_MAX_BYTES 4096

/* Views into the text. Absent parts have ptr NULL; path is never absent but may be empty. */
struct uri {
    struct str scheme;   /* as written: compare with str_ieq */
    struct str userinfo; /* before '@' */
    struct str host;     /* as written; an IPv6 literal without its brackets */
    struct str port;     /* digits */
    struct str path;
    struct str query;     /* without '?' */
    struct str fragment;  /* without '#' */
    uint16_t port_number; /* 0 when no port is written; "https://h:/" counts as none */
    bool has_authority;
    bool host_is_ipv6;
};

/* A URI with a scheme. ERR_TOO_LARGE beyond URI_MAX_BYTES, ERR_INVALID_SYNTAX. */
MUST_CHECK int uri_parse(struct str text, struct uri *ret_uri);
/* A URI or a relative reference ("/app", "?a=b"). */
MUST_CHECK int uri_parse_reference(struct str text, struct uri *ret_uri);

/* Scheme http or https with a host and without userinfo. */
bool uri_is_web(const struct uri *u);
bool uri_is_https(const struct uri *u);
/* 127.0.0.0/8 in four decimal numbers, ::1, or "localhost" (RFC 8252 7.3). */
bool uri_is_loopback(const struct uri *u);
/* The port that counts: the written one, else 80 or 443 for http or https, else 0. */
uint16_t uri_effective_port(const struct uri *u);
/* "https://host:port" as RFC 6454 6.2 writes it: lower case, default port left out.
 * ERR_INVALID_SYNTAX when u is not a web URI, ERR_NO_MEMORY. */
MUST_CHECK int uri_origin(struct arena *a, const struct uri *u, struct str *ret_origin);
/* Whether the path has a "." or ".." segment, written plainly or with %2e, or "%2f", "%5c". */
bool uri_path_is_tricky(const struct uri *u);

#endif
