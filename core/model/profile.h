/* The profile of a realm's people: which attributes they have, what these may hold, who sees and who
 * changes them. Written as Keycloak's UPConfig, kept as one document, read into the realm's view. */
#ifndef GARITA_CORE_MODEL_PROFILE_H
#define GARITA_CORE_MODEL_PROFILE_H

#include "core/model/user.h"

#define PROFILE_MAX_BYTES      ((size_t)128 << 10)
#define PROFILE_MAX_ATTRIBUTES 256 /* and as many groups of them */

/* Whose hand it is: administrators (the Admin API, the command line) and people themselves. */
#define PROFILE_ROLE_ADMIN "admin"
#define PROFILE_ROLE_USER  "user"

struct profile_attribute {
    struct str name, display_name, default_value;
    struct str group; /* empty: none */
    bool multivalued;
    bool required; /* for required_roles; empty with required_scopes empty: for everybody */
    struct strs required_roles, required_scopes;
    struct strs view, edit; /* roles */
    struct strs selector_scopes;
    const struct json_value *validations; /* name -> settings; checked, see profile_value.h */
    const struct json_value *annotations;
};

struct profile_group {
    struct str name, display_header, display_description;
    const struct json_value *annotations;
};

/* What holds for attributes that the profile does not name. */
enum profile_unmanaged {
    PROFILE_UNMANAGED_DISABLED, /* not seen; what is sent of them is left out */
    PROFILE_UNMANAGED_ADMIN_VIEW,
    PROFILE_UNMANAGED_ADMIN_EDIT,
    PROFILE_UNMANAGED_ENABLED
};

struct profile {
    struct profile_attribute *attributes;
    size_t count;
    struct profile_group *groups;
    size_t group_count;
    enum profile_unmanaged unmanaged;
};

/* The document that every realm begins with. */
struct str profile_first(void);
/* Lives in the arena together with the JSON. ERR_INVALID_REQUEST with the member that is wrong in
 * err: names that are missing, doubled or odd, types, roles other than the two, groups that are not
 * there, validations that are not known or are set up wrongly. */
MUST_CHECK int profile_read(struct arena *a, const struct json_value *json,
                            struct profile *ret_profile, struct err_ctx *err);

/* NULL: the profile does not name it. */
const struct profile_attribute *profile_find(const struct profile *profile, struct str name);
/* Whether this role sees, changes and must give the attribute. */
bool profile_sees(const struct profile *profile, struct str name, struct str role);
bool profile_edits(const struct profile *profile, struct str name, struct str role);
bool profile_requires(const struct profile_attribute *attribute, struct str role);
/* The person with what the role sees alone (AD-07). Fails by leaving all attributes out. */
struct user profile_seen(struct arena *a, const struct profile *profile, const struct user *user,
                         struct str role);

/* What is wrong with one attribute of a person. */
struct profile_problem {
    struct str attribute;
    struct str message; /* Keycloak's key, or the profile's own text */
    struct str params;  /* a JSON array: the attribute and what the key's text needs */
};
#define PROFILE_MAX_PROBLEMS 64
struct profile_problems {
    struct profile_problem items[PROFILE_MAX_PROBLEMS];
    size_t count;
};

/* Judges a person whom a role makes (before is NULL) or changes, as a whole (AD-14). A change that
 * leaves the profile alone, and the user name that stays, are not judged: whoever was made before
 * there were rules can still be disabled. What the role may not change and did not send keeps its
 * values in io_after. *ret_problems is empty when all is well. ERR_NO_MEMORY, ERR_INVALID_UTF8. */
MUST_CHECK int profile_judge(struct arena *a, const struct profile *profile, struct str role,
                             const struct user *before, struct user *io_after,
                             struct profile_problems *ret_problems);

/* As Keycloak's UserProfileMetadata for who has that role. */
void profile_write_metadata(struct json_writer *w, const struct profile *profile, struct str role);

#endif
