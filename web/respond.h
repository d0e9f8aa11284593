/* Building replies. Headers and body are gathered and leave in one write. Values of headers may not
 * hold CR, LF or NUL: such a header fails the reply with 500 (HT-04). */
#ifndef GARITA_WEB_RESPOND_H
#define GARITA_WEB_RESPOND_H

#include "web/request.h"

void respond_status(struct response *res, int status);
void respond_header(struct response *res, const char *name, struct str value);
/* Sets status, Content-Type application/json and the body. */
void respond_json(struct response *res, int status, struct str body);
/* HTML with the page headers of WE-06; the CSP names req->nonce when one was made. */
void respond_html(struct request *req, struct response *res, int status, struct str body);
/* The same with more sources for directives of the policy: "form-action https://app; img-src
 * https://cdn". Directives named here replace ours except frame-ancestors. */
void respond_html_csp(struct request *req, struct response *res, int status, struct str body,
                      struct str extra_csp);
/* Whether the handler set this header already. */
bool respond_has_header(const struct response *res, const char *name);
/* Its value; absent when it is not set. Valid until the next header is set. */
struct str respond_get_header(const struct response *res, const char *name);
/* Turns a reply that has an ETag into 304 when If-None-Match fits. */
void respond_if_unchanged(struct request *req, struct response *res);
void respond_text(struct response *res, int status, struct str body);
/* 302 (or 303 after POST) to an absolute URL that the caller has validated. */
void respond_redirect(struct request *req, struct response *res, struct str location);
void respond_no_content(struct response *res);
/* Cache policies: no-store for everything personal; public with an ETag for the rest (answers 304
 * by itself when If-None-Match fits). */
void respond_no_store(struct response *res);
void respond_cacheable(struct request *req, struct response *res, int64_t max_age_s,
                       struct str etag);

enum same_site { SAME_SITE_LAX, SAME_SITE_STRICT, SAME_SITE_NONE };
/* __Host- cookie on HTTPS (WE-01); max_age_s < 0: until the browser closes; 0: delete. */
void respond_cookie(struct request *req, struct response *res, struct str name, struct str value,
                    int64_t max_age_s, enum same_site same_site);

#endif
