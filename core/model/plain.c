/* Roles and moments for people to read. */
#include "core/model/plain.h"

#include "core/base/clock.h"

#include "core/base/banned.h"

void plain_write_role(struct json_writer *w, const struct role *role)
{
    jw_begin_object(w);
    jw_member_str(w, "id", role->id);
    jw_member_str(w, "name", role->name);
    if (role->client_pk != 0)
        jw_member_str(w, "clientId", role->client_id);
    if (!str_empty(role->description))
        jw_member_str(w, "description", role->description);
    jw_member_bool(w, "composite", role->composite);
    jw_end_object(w);
}

void plain_write_roles(struct json_writer *w, const struct roles *roles)
{
    jw_begin_array(w);
    for (size_t i = 0; i < roles->count; i++)
        plain_write_role(w, &roles->items[i]);
    jw_end_array(w);
}

void plain_write_time(struct json_writer *w, const char *name, int64_t ms)
{
    char date[25];
    clock_rfc3339(ms, date);
    jw_member_c(w, name, date);
}
