/* JSON documents of a realm that are read and written as a whole, by name. */
#ifndef GARITA_CORE_PORT_DOCUMENTS_H
#define GARITA_CORE_PORT_DOCUMENTS_H

#include "core/port/store.h"

#define DOCUMENT_USER_PROFILE    "user-profile"
/* Numbers of the events up to which the lists of the Admin API are cleared (core/admin/event_lists.c). */
#define DOCUMENT_HIDDEN_EVENTS   "hidden-events"
#define DOCUMENT_DEFAULT_GROUPS  "default-groups"  /* ids: what new people join */
#define DOCUMENT_CLIENT_PROFILES "client-profiles" /* core/model/client_policy.h */
#define DOCUMENT_CLIENT_POLICIES "client-policies"
#define DOCUMENT_FOUR_EYES       "four-eyes" /* what waits for a second person: core/admin/four_eyes.h */
#define DOCUMENT_LOGO            "logo"      /* core/admin/logo.h */

/* Every change here replaces the realm's view at the commit. */

/* ERR_NOT_FOUND. */
MUST_CHECK int document_find(struct store_read *r, struct arena *a, struct str name,
                             struct str *ret_json);
MUST_CHECK int document_put(struct store_write *w, struct str name, struct str json);
MUST_CHECK int document_delete(struct store_write *w, struct str name);

#endif
