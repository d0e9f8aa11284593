/* A realm's smtpServer as what the mailer takes. */
#include "core/mail/sender.h"

#include "core/admin/smtp.h"

#include "core/base/banned.h"

#define PORT_DEFAULT     25
#define PORT_TLS_DEFAULT 465

static bool is_on(const struct str_map *settings, const char *name)
{
    return str_eq(str_map_get(settings, str_c(name)), STR("true"));
}

static struct str text(const struct str_map *settings, const char *name)
{
    struct str value = str_map_get(settings, str_c(name));
    return str_absent(value) ? STR("") : str_trim(value);
}

static int refuse(struct err_ctx *err, const char *why)
{
    return err_field(err, ERR_MAIL, SMTP_MEMBER, "Failed to send email: %s", why);
}

static int read_port(const struct str_map *settings, struct mail_server *server,
                     struct err_ctx *err)
{
    struct str port = text(settings, "port");
    int64_t number = server->security == MAIL_TLS ? PORT_TLS_DEFAULT : PORT_DEFAULT;
    if (!str_empty(port) && (str_to_i64(port, &number) != 0 || number < 1 || number > UINT16_MAX))
        return refuse(err, "the port of the mail server is no port");
    server->port = (uint16_t)number;
    return 0;
}

static int read_login(const struct str_map *settings, struct mail_server *server,
                      struct err_ctx *err)
{
    if (!is_on(settings, "auth"))
        return 0;
    if (str_eq(text(settings, "authType"), STR("token")))
        return refuse(err, "tokens for mail servers do not exist here");
    server->user = text(settings, "user");
    server->password = str_map_get(settings, STR("password"));
    return str_empty(server->user) || str_empty(server->password)
               ? refuse(err, "user or password of the mail server is missing")
               : 0;
}

static int read_server(const struct str_map *settings, struct err_ctx *err,
                       struct mail_server *ret_server)
{
    struct mail_server server = {.host = text(settings, "host")};
    if (str_empty(server.host))
        return refuse(err, "the realm names no mail server");
    server.security = is_on(settings, "ssl")        ? MAIL_TLS
                      : is_on(settings, "starttls") ? MAIL_STARTTLS
                                                    : MAIL_CLEAR;
    TRY(read_port(settings, &server, err));
    TRY(read_login(settings, &server, err));
    *ret_server = server;
    return 0;
}

static int read_address(const struct str_map *settings, const char *address, const char *name,
                        struct err_ctx *err, struct mail_address *ret_address)
{
    *ret_address =
        (struct mail_address){text(settings, address), name ? text(settings, name) : STR("")};
    return str_empty(ret_address->address) || mail_address_is_sound(ret_address->address)
               ? 0
               : refuse(err, "an address of the sender is not sound");
}

int mail_sender_read(const struct str_map *settings, struct err_ctx *err,
                     struct mail_sender *ret_sender)
{
    struct mail_sender s;
    struct mail_address envelope;
    TRY(read_server(settings, err, &s.server));
    TRY(read_address(settings, "from", "fromDisplayName", err, &s.from));
    TRY(read_address(settings, "replyTo", "replyToDisplayName", err, &s.reply_to));
    TRY(read_address(settings, "envelopeFrom", NULL, err, &envelope));
    if (str_empty(s.from.address))
        return refuse(err, "the address of the sender is missing");
    s.envelope_from = str_empty(envelope.address) ? s.from.address : envelope.address;
    *ret_sender = s;
    return 0;
}

int mail_sender_load(const struct auth_ctx *ctx, struct mail_sender *ret_sender)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct str_map settings;
    TRY(store_read_begin(ctx->view, &r));
    TRY(smtp_settings(ctx, r, &settings));
    return mail_sender_read(&settings, ctx->err, ret_sender);
}

int mail_send(const struct auth_ctx *ctx, const struct mail_sender *sender, struct mail_address to,
              const struct mail_words *words)
{
    const struct mail_content content = {
        .from = sender->from,
        .reply_to = sender->reply_to,
        .to = to,
        .subject = words->subject,
        .text = words->text,
        .html = words->html,
        .date_ms = ctx->now->wall_ms,
    };
    struct mail mail = {.from = sender->envelope_from, .to = to.address};
    int rc = mail_write(ctx->arena, &content, &mail.bytes);
    if (rc == ERR_INVALID_SYNTAX)
        return refuse(ctx->err, "no mail goes to this address");
    TRY(rc);
    return mailer_send(ctx->arena, auth_realm(ctx)->id, &sender->server, &mail, ctx->err);
}
