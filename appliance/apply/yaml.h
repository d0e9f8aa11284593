/* YAML files to JSON, for declarative documents. What can hide work or surprise is refused with its
 * line: anchors and aliases (a few lines of them can stand for gigabytes), tags, keys that are no
 * texts, keys that stand twice, and nesting beyond what JSON is read with here. */
#ifndef GARITA_APPLIANCE_APPLY_YAML_H
#define GARITA_APPLIANCE_APPLY_YAML_H

#include "core/base/err.h"
#include "core/codec/json.h"

#define YAML_MAX_BYTES ((size_t)2 << 20)
#define YAML_MAX_DEPTH 30

/* All documents of a text of at most YAML_MAX_BYTES, as one array. Plain scalars are null (empty, ~,
 * null), true, false and numbers as JSON writes them; everything else, and whatever stands in quotes,
 * is a text. ERR_CONFIG with file, line and reason; ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK int yaml_read(struct arena *a, const char *file, struct str text,
                         const struct json_value **ret_documents, struct err_ctx *err);

#endif
