/* Once a second what the server counts becomes a sample of its history (web/operations). One thread. */
#ifndef GARITA_APPLIANCE_SAMPLER_H
#define GARITA_APPLIANCE_SAMPLER_H

#include "core/base/err.h"

struct sampler;
struct web;

MUST_CHECK int sampler_start(struct web *web, struct sampler **ret_sampler);
/* Before the web goes. NULL is fine. */
void sampler_stop(struct sampler *sampler);

#endif
