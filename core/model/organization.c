/* Organizations: their fields and what these may be. */
#include "core/model/organization.h"

#include "core/model/check.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES        255
#define DESCRIPTION_MAX_BYTES 4000
#define DOMAIN_MAX_BYTES      253 /* RFC 1035 2.3.4, in its written form */
#define LABEL_MAX_BYTES       63

static const struct field organization_field_list[] = {
#define O(kind, member, json, number, text)                                                        \
    {json, offsetof(struct organization, member), FIELD_##kind, number, text},
#include "core/model/organization.def"
#undef O
};

const struct field_table organization_fields = {organization_field_list,
                                                ARRAY_LEN(organization_field_list)};

static int wrong(struct err_ctx *ctx, const char *name, const char *what)
{
    return err_field(ctx, ERR_INVALID_REQUEST, name, "%s %s", name, what);
}

/* --- Reading --- */

/* Older files have a text for each. */
static int read_domain(struct arena *a, const struct json_value *json,
                       struct organization_domain *ret_domain)
{
    bool verified = false;
    bool plain = json_kind(json) == JSON_STRING;
    struct str name = plain ? json_str(json) : json_get_str(json, "name");
    if (str_absent(name) || (!plain && json_opt_bool(json, "verified", &verified) != 0))
        return ERR_INVALID_SYNTAX;
    *ret_domain = (struct organization_domain){arena_lower(a, name), verified};
    return str_absent(ret_domain->name) ? ERR_NO_MEMORY : 0;
}

static int read_domains(struct organization *io, struct arena *a, const struct json_value *list,
                        struct err_ctx *ctx)
{
    const struct json_value *json;
    size_t count = 0;
    if (!json_is_array(list) || json_count(list) > ORGANIZATION_DOMAINS_MAX)
        return wrong(ctx, "domains", "must be a list of at most 64 objects");
    struct organization_domain *items =
        ARENA_ARRAY(a, json_count(list) + 1, struct organization_domain);
    if (!items)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &json); count++) {
        int rc = read_domain(a, json, &items[count]);
        if (rc == ERR_INVALID_SYNTAX)
            return wrong(ctx, "domains", "must be a list of objects with a name");
        TRY(rc);
    }
    io->domains = items;
    io->domain_count = count;
    return 0;
}

int organization_merge(struct organization *io_organization, struct arena *a,
                       const struct json_value *json, struct err_ctx *ctx)
{
    const struct json_value *domains = json_get(json, "domains");
    TRY(fields_merge(&organization_fields, io_organization, a, json, ctx));
    return json_is_none(domains) ? 0 : read_domains(io_organization, a, domains, ctx);
}

/* --- Writing --- */

void organization_write(const struct organization *organization, bool brief, struct json_writer *w)
{
    struct organization shown = *organization;
    if (brief)
        shown.attributes = (struct attrs){0};
    fields_write(&organization_fields, &shown, w);
    jw_member_array(w, "domains");
    for (size_t i = 0; i < organization->domain_count; i++) {
        jw_begin_object(w);
        jw_member_str(w, "name", organization->domains[i].name);
        jw_member_bool(w, "verified", organization->domains[i].verified);
        jw_end_object(w);
    }
    jw_end_array(w);
}

/* --- Checking --- */

static bool is_label(struct str label)
{
    if (str_empty(label) || label.len > LABEL_MAX_BYTES)
        return false;
    for (size_t i = 0; i < label.len; i++) {
        unsigned char c = (unsigned char)label.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
        bool inner = i > 0 && i + 1 < label.len;
        if (!letter && !(c == '-' && inner))
            return false;
    }
    return true;
}

/* RFC 1123 2.1; names of other scripts as they are written. */
static bool is_domain(struct str name)
{
    struct str rest = name, label;
    if (str_empty(name) || name.len > DOMAIN_MAX_BYTES || text_is_deceptive(name))
        return false;
    while (str_next(&rest, '.', &label))
        if (!is_label(label))
            return false;
    return true;
}

static int check_domains(const struct organization *o, struct err_ctx *ctx)
{
    for (size_t i = 0; i < o->domain_count; i++) {
        if (!is_domain(o->domains[i].name))
            return wrong(ctx, "domains", "has a name that is no domain");
        for (size_t j = 0; j < i; j++)
            if (str_eq(o->domains[i].name, o->domains[j].name))
                return wrong(ctx, "domains", "has a name twice");
    }
    return 0;
}

int organization_check(const struct organization *organization, struct err_ctx *ctx)
{
    TRY(text_check(organization->name, NAME_MAX_BYTES, "name", ctx));
    TRY(text_check(organization->alias, NAME_MAX_BYTES, "alias", ctx));
    TRY(description_check(organization->description, DESCRIPTION_MAX_BYTES, ctx));
    TRY(uri_check(organization->redirect_url, URI_FOR_PAGE, "redirectUrl", ctx));
    TRY(attrs_check(&organization->attributes, "attributes", ctx));
    if (str_empty(organization->name))
        return wrong(ctx, "name", "is required");
    if (str_find(organization->alias, ' ') >= 0)
        return wrong(ctx, "alias", "has no spaces");
    return check_domains(organization, ctx);
}
