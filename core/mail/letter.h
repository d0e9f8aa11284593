/* Which mail with which link goes to whom. The link is made, and the event appended, before the mail is
 * sent; what it says is up to the edge. Mails go to the address that is stored, whatever somebody typed
 * (MF-03, RE-02); never to service accounts, and for who is not let in to nobody. */
#ifndef GARITA_CORE_MAIL_LETTER_H
#define GARITA_CORE_MAIL_LETTER_H

#include "core/auth/action_token.h"
#include "core/codec/mail.h"

/* RE-05: what strangers can cause, of each purpose, for one person; and in all. */
#define LETTERS_A_MINUTE         1
#define LETTERS_AN_HOUR          5
#define LETTERS_OF_REALM_AN_HOUR 3600

struct letter {
    enum action_purpose purpose;
    struct mail_address to;
    struct str user_id, username;
    struct str locale;  /* that the person chose; absent or empty: none */
    struct str actions; /* aliases separated by spaces */
    struct str client_id;
    struct str link;
    int64_t lifespan_s;
};

/* For who says that he forgot his password: typed is a user name, or an e-mail address where the realm allows
 * it. *ret_due is false when nobody is meant, or he gets no mail (now); the caller does not tell (PW-05). */
MUST_CHECK int letter_for_forgotten(const struct auth_ctx *ctx, struct str typed,
                                    const struct client *client, struct letter *ret_letter,
                                    bool *ret_due);
/* Whether a letter would be due now, for who asks and may be told. It takes no turn. */
MUST_CHECK int letter_may_go(const struct auth_ctx *ctx, struct store_read *r,
                             const struct user *user, enum action_purpose purpose, bool *ret_may);
/* For a person who logged in and must prove his address; *ret_due as above. */
MUST_CHECK int letter_for_proof(const struct auth_ctx *ctx, struct str user_id,
                                const struct client *client, struct letter *ret_letter,
                                bool *ret_due);
/* For a person who wants to have another address: the mail goes there, and the address counts once its link was
 * followed (OI-08). *ret_due as above. */
MUST_CHECK int letter_for_address(const struct auth_ctx *ctx, struct str user_id, struct str email,
                                  const struct client *client, struct letter *ret_letter,
                                  bool *ret_due);
/* An administrator asks for required actions, or (ACTION_VERIFY_EMAIL) for a proof. In his transaction.
 * ERR_INVALID_REQUEST with Keycloak's words when the person has no address or is disabled. */
MUST_CHECK int letter_by_admin(const struct auth_ctx *ctx, struct store_write *w,
                               const struct user *user, const struct action_wish *wish,
                               struct letter *ret_letter);
/* The mail was not sent: an event of its own. */
MUST_CHECK int letter_failed(const struct auth_ctx *ctx, const struct letter *letter);

#endif
