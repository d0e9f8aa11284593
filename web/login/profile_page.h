/* The fields of somebody's profile, in the language of a page. */
#ifndef GARITA_WEB_LOGIN_PROFILE_PAGE_H
#define GARITA_WEB_LOGIN_PROFILE_PAGE_H

#include "core/oidc/authz.h"
#include "web/login/page.h"

/* Fills the list "fields"; tells with how many of them something is wrong. */
size_t profile_page_fill(struct page *p, const struct profile_page *profile);

#endif
