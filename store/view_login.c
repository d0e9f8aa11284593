/* Reading what logins follow into a picture. */
#include "store/view_login.h"

#include "core/auth/login_records.h"
#include "core/port/documents.h"

#include "core/base/banned.h"

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

int view_load_login(struct realm_view *view, struct store_read *r)
{
    TRY(load_profile(view, r));
    TRY(login_flows_read(r, &view->arena, &view->flows));
    return login_actions_read(r, &view->arena, &view->actions);
}

int view_first_login(struct realm_view *view)
{
    TRY(read_profile(view, profile_first()));
    return required_actions_default(&view->arena, &view->actions);
}
