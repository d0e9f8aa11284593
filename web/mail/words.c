/* Texts of mails. */
#include "web/mail/words.h"

#include "core/admin/localization.h"

#include "core/base/banned.h"

#define HTML_MAX_BYTES  ((size_t)64 << 10)
#define TITLE_MAX_BYTES 120 /* it stands in the subject */
#define S_PER_MINUTE    60
#define S_PER_HOUR      3600
#define S_PER_DAY       86400

struct writer {
    const struct auth_ctx *ctx;
    const struct messages *messages;
    const struct template_set *templates;
    struct str language;
    struct str_map own;
    struct str title; /* of the realm */
};

/* --- Language --- */

static struct str spoken(const struct auth_ctx *ctx)
{
    const struct strs *list = &auth_realm(ctx)->supported_locales;
    struct str all = STR("");
    for (size_t i = 0; i < list->count; i++) {
        struct str longer = ARENA_CONCAT(ctx->arena, all, STR(" "), list->items[i]);
        all = str_absent(longer) ? all : longer;
    }
    return all;
}

struct str mail_language(const struct auth_ctx *ctx, const struct template_set *templates,
                         struct str locale, struct str page_language)
{
    const struct realm *realm = auth_realm(ctx);
    bool choice = realm->internationalization_enabled;
    const struct language_wish wish = {
        .ui_locales = choice ? locale : str_of(NULL, 0),
        .user_locale = choice ? page_language : str_of(NULL, 0),
        .realm_default = realm->default_locale,
        .supported = choice ? spoken(ctx) : STR(""),
    };
    return messages_negotiate(template_messages(templates), &wish);
}

/* --- Texts --- */

static struct str text(const struct writer *w, const char *key, const struct str *args,
                       size_t count)
{
    return messages_text(w->messages, w->ctx->arena, w->language, &w->own, str_c(key), args, count);
}

/* At a character. */
static struct str cut(struct str s, size_t max_bytes)
{
    size_t len = s.len < max_bytes ? s.len : max_bytes;
    while (len < s.len && len > 0 && ((unsigned char)s.ptr[len] & 0xc0) == 0x80)
        len--;
    return str_sub(s, 0, len);
}

static struct str title_of(const struct realm *realm)
{
    return cut(str_empty(realm->display_name) ? realm->name : realm->display_name, TITLE_MAX_BYTES);
}

/* RE-05: a realm's own text may have several lines, a subject has one. */
static struct str subject_of(const struct writer *w, const char *key, struct str about)
{
    struct buf b;
    const struct str args[] = {w->title, cut(about, TITLE_MAX_BYTES)};
    struct str subject, words = cut(text(w, key, args, ARRAY_LEN(args)), MAIL_HEADER_MAX_BYTES);
    buf_init(&b, w->ctx->arena, MAIL_HEADER_MAX_BYTES + 1);
    for (size_t i = 0; i < words.len; i++) {
        unsigned char c = (unsigned char)words.ptr[i];
        buf_add_byte(&b, c < 0x20 || c == 0x7f ? ' ' : words.ptr[i]);
    }
    return buf_finish(&b, &subject) == 0 ? subject : str_of(NULL, 0);
}

static int writer_init(struct writer *w, const struct auth_ctx *ctx,
                       const struct template_set *templates, struct str language)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    *w = (struct writer){.ctx = ctx,
                         .messages = template_messages(templates),
                         .templates = templates,
                         .language = language,
                         .title = title_of(auth_realm(ctx))};
    TRY(store_read_begin(ctx->view, &r));
    return localization_texts(r, ctx->arena, language, &w->own);
}

static struct str how_long(const struct writer *w, int64_t s)
{
    bool days = s >= S_PER_DAY && s % S_PER_DAY == 0;
    bool hours = s >= S_PER_HOUR && s % S_PER_HOUR == 0;
    int64_t unit_s = days ? S_PER_DAY : hours ? S_PER_HOUR : S_PER_MINUTE;
    struct str number = arena_printf(w->ctx->arena, "%lld", (long long)(s / unit_s));
    const char *key = days ? "mail.once.days" : hours ? "mail.once.hours" : "mail.once.minutes";
    return text(w, key, &number, 1);
}

/* The names of the actions, for people. */
static struct str names_of(const struct writer *w, struct str actions)
{
    struct arena *a = w->ctx->arena;
    struct str all = STR(""), action;
    while (str_next_word(&actions, &action)) {
        struct str key = ARENA_CONCAT(a, STR("mail.action."), action);
        struct str name = str_absent(key) ? action : text(w, key.ptr, NULL, 0);
        all = str_empty(all) ? name : ARENA_CONCAT(a, all, STR(", "), name);
    }
    return all;
}

/* --- Mails --- */

/* What both parts are made of; link absent: none. */
struct parts {
    struct str about; /* in the subject, beside the realm; absent: nothing */
    struct str lead, button, link, once, ignore;
};

static int write_html(const struct writer *w, const struct parts *p, struct mail_words *io_words)
{
    struct arena *a = w->ctx->arena;
    struct tpl_value *root = tpl_map(a);
    struct buf out;
    tpl_set(a, root, "lang", w->language);
    tpl_set(a, root, "title", w->title);
    tpl_set(a, root, "heading", io_words->subject);
    tpl_set(a, root, "lead", p->lead);
    if (!str_absent(p->link)) {
        struct tpl_value *link = tpl_set_map(a, root, "link");
        tpl_set(a, link, "url", p->link);
        tpl_set(a, link, "button", p->button);
        tpl_set(a, link, "once", p->once);
        tpl_set(a, link, "ignore", p->ignore);
    }
    buf_init(&out, a, HTML_MAX_BYTES);
    TRY(template_render(w->templates, "mail", w->language, &w->own, root, &out));
    return buf_finish(&out, &io_words->html);
}

static int write_words(const struct writer *w, const char *subject_key, const struct parts *p,
                       struct mail_words *ret_words)
{
    struct arena *a = w->ctx->arena;
    struct mail_words words = {.subject = subject_of(w, subject_key, p->about)};
    words.text = str_absent(p->link) ? ARENA_CONCAT(a, p->lead, STR("\n"))
                                     : ARENA_CONCAT(a, p->lead, STR("\n\n"), p->link, STR("\n\n"),
                                                    p->once, STR("\n"), p->ignore, STR("\n"));
    if (str_absent(words.subject) || str_absent(words.text))
        return ERR_NO_MEMORY;
    TRY(write_html(w, p, &words));
    *ret_words = words;
    return 0;
}

static const struct {
    const char *subject, *lead, *button;
} keys[] = {
    [ACTION_RESET_CREDENTIALS] = {"mail.reset.subject", "mail.reset.lead", "mail.reset.button"},
    [ACTION_VERIFY_EMAIL] = {"mail.verify.subject", "mail.verify.lead", "mail.verify.button"},
    [ACTION_EXECUTE] = {"mail.execute.subject", "mail.execute.lead", "mail.execute.button"},
    [ACTION_UPDATE_EMAIL] = {"mail.verify.subject", "mail.verify.lead", "mail.verify.button"},
};

int mail_words_of_letter(const struct auth_ctx *ctx, const struct template_set *templates,
                         struct str language, const struct letter *letter,
                         struct mail_words *ret_words)
{
    struct writer w;
    TRY(writer_init(&w, ctx, templates, language));
    const struct str args[] = {w.title, names_of(&w, letter->actions)};
    const struct parts parts = {
        .lead = text(&w, keys[letter->purpose].lead, args, ARRAY_LEN(args)),
        .button = text(&w, keys[letter->purpose].button, NULL, 0),
        .link = letter->link,
        .once = how_long(&w, letter->lifespan_s),
        .ignore = text(&w, "mail.ignore", NULL, 0),
    };
    return write_words(&w, keys[letter->purpose].subject, &parts, ret_words);
}

int mail_words_of_invitation(const struct auth_ctx *ctx, const struct template_set *templates,
                             struct str language, const struct mail_invitation *invitation,
                             struct mail_words *ret_words)
{
    struct writer w;
    TRY(writer_init(&w, ctx, templates, language));
    const struct str args[] = {w.title, invitation->organization};
    const struct parts parts = {
        .about = invitation->organization,
        .lead = text(&w, "mail.invite.lead", args, ARRAY_LEN(args)),
        .button = text(&w, "mail.invite.button", NULL, 0),
        .link = invitation->link,
        .once = how_long(&w, invitation->lifespan_s),
        .ignore = text(&w, "mail.ignore", NULL, 0),
    };
    return write_words(&w, "mail.invite.subject", &parts, ret_words);
}

int mail_words_of_test(const struct auth_ctx *ctx, const struct template_set *templates,
                       struct str language, struct mail_words *ret_words)
{
    struct writer w;
    TRY(writer_init(&w, ctx, templates, language));
    const struct parts parts = {.lead = text(&w, "mail.test.lead", &w.title, 1)};
    return write_words(&w, "mail.test.subject", &parts, ret_words);
}
