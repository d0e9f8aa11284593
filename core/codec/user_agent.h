/* What a User-Agent header says about a device, for people who look at where they are logged in. It is
 * what the browser claims (RFC 9110 10.1.5): to be shown, never to decide by. */
#ifndef GARITA_CORE_CODEC_USER_AGENT_H
#define GARITA_CORE_CODEC_USER_AGENT_H

#include "core/base/str.h"

#define USER_AGENT_OTHER "Other"

/* Parts of the header or constants; nothing to free. What is not known is "Other", a version that is not
 * known is empty. */
struct user_agent {
    struct str browser, browser_version; /* "Firefox", "128.0" */
    struct str os, os_version;           /* "Windows", "10.0" */
    struct str device;                   /* "iPhone", "iPad", "Mac", else "Other" */
    bool mobile;
};

/* Never fails; an absent header is all Other. Linear in its length. */
struct user_agent user_agent_read(struct str header);

#endif
