/* The validations of a profile: which there are, what they may be set to, what values fit. */
#ifndef GARITA_CORE_MODEL_PROFILE_VALUE_H
#define GARITA_CORE_MODEL_PROFILE_VALUE_H

#include "core/model/profile.h"

/* The validations of one attribute: known ones, with settings of their types. ERR_INVALID_REQUEST. */
MUST_CHECK int profile_validations_check(const struct json_value *validations, struct err_ctx *err);
/* Appends what is wrong with these values. ERR_NO_MEMORY, ERR_INVALID_UTF8. */
MUST_CHECK int profile_values_judge(struct arena *a, const struct profile_attribute *attribute,
                                    const struct str *values, size_t count,
                                    struct profile_problems *problems);
/* One more; further ones than PROFILE_MAX_PROBLEMS are left out. first and second go into params and
 * may be NULL. */
MUST_CHECK int profile_problem_add(struct arena *a, struct profile_problems *problems,
                                   struct str attribute, struct str message,
                                   const struct json_value *first, const struct json_value *second);

#endif
