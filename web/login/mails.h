/* Pages around mails: for who forgot his password, for who must prove his address, and those behind the links
 * of mails. */
#ifndef GARITA_WEB_LOGIN_MAILS_H
#define GARITA_WEB_LOGIN_MAILS_H

#include "core/oidc/authz.h"
#include "web/request.h"

/* Puts the mail of a step down, when one is due. */
void mails_of_step(struct request *req, const struct authz_step *step);

#endif
