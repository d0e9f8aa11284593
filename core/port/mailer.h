/* The one way out for mails: SMTP (RFC 5321) to the server that a realm names. Addresses are checked as
 * for fetches (core/port/fetch.h); TLS, where it is asked for, checks chain and name and is never done
 * without (SS-05); a password never crosses the network in clear. */
#ifndef GARITA_CORE_PORT_MAILER_H
#define GARITA_CORE_PORT_MAILER_H

#include "core/base/arena.h"
#include "core/base/err.h"

/* How many mails of one realm are on their way at once, of OUTWARD_PLACES_MAX in all; one more is refused
 * at once. */
#define MAILS_OF_REALM 4

enum mail_security {
    MAIL_CLEAR,
    MAIL_STARTTLS, /* RFC 3207: required, not merely tried */
    MAIL_TLS       /* RFC 8314 3.3: from the first byte on */
};

struct mail_server {
    struct str host;
    uint16_t port;
    enum mail_security security;
    struct str user, password; /* user absent or empty: no authentication */
};

/* Who sends and who gets it (MAIL FROM, RCPT TO), and the bytes of core/codec/mail.h. */
struct mail {
    struct str from, to;
    struct str bytes;
};

/* Sends for a realm (its id), within some seconds. ERR_MAIL with a sentence in err that an administrator
 * can act on; ERR_OVERLOADED, ERR_NO_MEMORY. */
MUST_CHECK int mailer_send(struct arena *a, struct str realm_id, const struct mail_server *server,
                           const struct mail *mail, struct err_ctx *err);

#endif
