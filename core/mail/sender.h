/* Whom a realm's mails come from and which server takes them: its smtpServer, read as Keycloak reads it. */
#ifndef GARITA_CORE_MAIL_SENDER_H
#define GARITA_CORE_MAIL_SENDER_H

#include "core/auth/context.h"
#include "core/codec/mail.h"
#include "core/port/mailer.h"

struct mail_sender {
    struct mail_server server;
    struct mail_address from;
    struct mail_address reply_to;
    struct str envelope_from; /* where failures are told; that of from when none is set */
};

/* What a mail says, in the reader's language. */
struct mail_words {
    struct str subject;
    struct str text, html;
};

/* Settings by Keycloak's names (core/admin/smtp.h); the sender refers to them. ERR_MAIL with a sentence for
 * those by which nothing can be sent. */
MUST_CHECK int mail_sender_read(const struct str_map *settings, struct err_ctx *err,
                                struct mail_sender *ret_sender);
/* The realm's. Lives in ctx->arena. */
MUST_CHECK int mail_sender_load(const struct auth_ctx *ctx, struct mail_sender *ret_sender);

/* Sends now, to one person. No transaction may be open, as it takes seconds. Errors of mailer_send. */
MUST_CHECK int mail_send(const struct auth_ctx *ctx, const struct mail_sender *sender,
                         struct mail_address to, const struct mail_words *words);

#endif
