/* The configuration: every line of params.def with its effective value and where it came from. A
 * flag wins over the environment, that over the file, that over the default. What is unknown,
 * doubled or of a wrong kind stops the start (CL-01). */
#ifndef GARITA_APPLIANCE_CONFIG_H
#define GARITA_APPLIANCE_CONFIG_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/model/fields.h"

#define CONFIG_FILE_DEFAULT "/etc/garita/garita.yaml"
#define CONFIG_MAX_BYTES    ((size_t)256 << 10)

#define PARAM_TYPE_STR  const char *
#define PARAM_TYPE_BOOL bool
#define PARAM_TYPE_INT  int64_t
#define PARAM_TYPE_LIST struct strs

enum param_id {
#define P(type, member, name, text, least, most, section, help) PARAM_##member,
#include "appliance/params.def"
#undef P
    PARAM_COUNT
};

enum param_type { PARAM_STR, PARAM_BOOL, PARAM_INT, PARAM_LIST };

struct param {
    enum param_type type;
    size_t offset; /* in struct config */
    const char *name;
    const char *text; /* the default, as one would write it */
    int64_t least, most;
    const char *section;
    const char *help;
};
extern const struct param params[PARAM_COUNT];

enum config_source {
    CONFIG_DEFAULT,
    CONFIG_FILE,
    CONFIG_ENVIRONMENT,
    CONFIG_FLAG,
    CONFIG_PRIMARY /* alike.h */
};

struct config_origin {
    enum config_source source;
    size_t line; /* of the file */
};

struct config {
#define P(type, member, name, text, least, most, section, help) PARAM_TYPE_##type member;
#include "appliance/params.def"
#undef P
    const char *file; /* that was read; NULL: none */
    struct config_origin origin[PARAM_COUNT];
};

/* A setting given as a flag; value NULL for a bare flag. */
struct config_flag {
    const struct param *param;
    struct str value;
};

/* file NULL: GARITA_CONFIG, else the default file when it exists. environment is a list as environ.
 * Texts live in the arena. ERR_CONFIG (file, environment) or ERR_USAGE (flags) with the place and
 * the reason in err. */
MUST_CHECK int config_load(struct arena *a, const char *file, char *const *environment,
                           const struct config_flag *flags, size_t flag_count,
                           struct config *ret_config, struct err_ctx *err);

/* Whether the settings make sense together. ERR_CONFIG. */
MUST_CHECK int config_check(const struct config *config, struct err_ctx *err);

/* NULL when there is no such setting. */
const struct param *param_find(struct str name);
/* "GARITA_HTTPS_PORT" into text, which has room for PARAM_ENV_MAX bytes. */
#define PARAM_ENV_MAX 64
void param_environment_name(const struct param *param, char text[PARAM_ENV_MAX]);
/* The value of a setting as one would write it. */
void config_value_write(const struct config *config, const struct param *param, struct buf *b);
/* "default", "flag", "environment GARITA_X", "file garita.yaml line 3". */
struct str config_origin_text(struct arena *a, const struct config *config,
                              const struct param *param);
/* A complete, commented YAML file with every setting at its default. */
void config_sample_write(struct buf *b);
/* The table of docs/configuration.md. */
void config_docs_write(struct buf *b);

/* For config.c and config_yaml.c: sets one parameter from its text. */
struct config_setter {
    struct arena *arena;
    struct config *config;
    struct err_ctx *err;
    const char *where; /* "garita.yaml:3", "--https-port", "GARITA_HTTPS_PORT" */
    int failure;       /* ERR_CONFIG or ERR_USAGE */
};
MUST_CHECK int config_set(const struct config_setter *s, const struct param *param,
                          struct str value);
MUST_CHECK int config_set_list(const struct config_setter *s, const struct param *param,
                               const struct strs *values);
MUST_CHECK int config_read_yaml(struct arena *a, const char *file, struct str text,
                                struct config *config, struct err_ctx *err);

#endif
