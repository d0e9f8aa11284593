/* What mails say: texts of static/login/messages in the reader's language, or the realm's own in their
 * place, and the page static/login/mail.html. Values reach HTML through the template only (WE-07). */
#ifndef GARITA_WEB_MAIL_WORDS_H
#define GARITA_WEB_MAIL_WORDS_H

#include "core/mail/letter.h"
#include "core/mail/sender.h"
#include "web/template.h"

/* The language for who chose one (locale; may be absent) at a page that was in another (page_language; may
 * be absent). */
struct str mail_language(const struct auth_ctx *ctx, const struct template_set *templates,
                         struct str locale, struct str page_language);
/* Of a letter with its link. ERR_NO_MEMORY, ERR_TOO_LARGE. */
MUST_CHECK int mail_words_of_letter(const struct auth_ctx *ctx,
                                    const struct template_set *templates, struct str language,
                                    const struct letter *letter, struct mail_words *ret_words);
struct mail_invitation {
    struct str organization; /* its name */
    struct str link;
    int64_t lifespan_s;
};
/* Of an invitation to an organization. */
MUST_CHECK int mail_words_of_invitation(const struct auth_ctx *ctx,
                                        const struct template_set *templates, struct str language,
                                        const struct mail_invitation *invitation,
                                        struct mail_words *ret_words);
/* Of the mail that tries the settings out. */
MUST_CHECK int mail_words_of_test(const struct auth_ctx *ctx, const struct template_set *templates,
                                  struct str language, struct mail_words *ret_words);

#endif
