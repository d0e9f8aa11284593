/* Reading what logins follow into a picture. */
#include "store/view_login.h"

#include "core/admin/logo.h"
#include "core/auth/login_records.h"
#include "core/codec/base64.h"
#include "core/crypto/digest.h"
#include "core/port/documents.h"

#include "core/base/banned.h"

#define LOGO_SCRATCH_BYTES (2 * LOGO_TEXT_MAX_BYTES)

static int read_profile(struct realm_view *view, struct str text)
{
    const struct json_value *json;
    TRY(json_parse(&view->arena, text, PROFILE_MAX_BYTES, &json));
    return profile_read(&view->arena, json, &view->profile, NULL);
}

static int load_profile(struct realm_view *view, struct store_read *r)
{
    struct str text;
    int rc = document_find(r, &view->arena, STR(DOCUMENT_USER_PROFILE), &text);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        return rc;
    /* One that was kept when less was checked: the first one holds until it is put right. */
    if (rc == 0 && read_profile(view, text) == 0)
        return 0;
    return read_profile(view, profile_first());
}

/* None of a document that is not there. One that does not read is never taken for none: what it asks of
 * clients would not be asked. */
static int read_rules(struct realm_view *view, struct store_read *r, const char *name,
                      const struct json_value **ret_json)
{
    struct str text;
    *ret_json = NULL;
    int rc = document_find(r, &view->arena, str_c(name), &text);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    rc = json_parse(&view->arena, text, CLIENT_POLICIES_MAX_BYTES, ret_json);
    return rc == 0 || rc == ERR_NO_MEMORY ? rc : ERR_STORE_CORRUPT;
}

static int load_policies(struct realm_view *view, struct store_read *r)
{
    const struct json_value *profiles, *policies;
    TRY(read_rules(view, r, DOCUMENT_CLIENT_PROFILES, &profiles));
    TRY(read_rules(view, r, DOCUMENT_CLIENT_POLICIES, &policies));
    int rc = client_policies_read(&view->arena, profiles, policies, &view->policies, NULL);
    return rc == 0 || rc == ERR_NO_MEMORY ? rc : ERR_STORE_CORRUPT;
}

/* The picture itself stays in the database. */
static int load_logo(struct realm_view *view, struct store_read *r)
{
    CLEANUP(arena_free) struct arena scratch;
    unsigned char hash[BLAKE2B_BYTES];
    struct str text;
    arena_init(&scratch, LOGO_SCRATCH_BYTES);
    view->logo_version = STR("");
    int rc = document_find(r, &scratch, STR(DOCUMENT_LOGO), &text);
    if (rc != 0)
        return rc == ERR_NOT_FOUND ? 0 : rc;
    blake2b_256_of(text, hash);
    view->logo_version = hex_encode(&view->arena, str_of((const char *)hash, 8));
    return str_absent(view->logo_version) ? ERR_NO_MEMORY : 0;
}

int view_load_login(struct realm_view *view, struct store_read *r)
{
    TRY(load_profile(view, r));
    TRY(load_policies(view, r));
    TRY(load_logo(view, r));
    TRY(login_flows_read(r, &view->arena, &view->flows));
    return login_actions_read(r, &view->arena, &view->actions);
}

int view_first_login(struct realm_view *view)
{
    TRY(read_profile(view, profile_first()));
    return required_actions_default(&view->arena, &view->actions);
}
