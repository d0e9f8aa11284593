/* The thread of the samples. */
#include "appliance/sampler.h"

#include <stdlib.h>

#include "appliance/routine.h"
#include "web/web.h"

#include "core/base/banned.h"

#define SAMPLE_MS 1000

struct sampler {
    struct web *web;
    struct routine routine;
};

static void *run(void *arg)
{
    struct sampler *s = arg;
    do
        web_sample(s->web);
    while (routine_pause(&s->routine, SAMPLE_MS));
    return NULL;
}

int sampler_start(struct web *web, struct sampler **ret_sampler)
{
    struct sampler *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NO_MEMORY;
    s->web = web;
    int rc = routine_start(&s->routine, run, s);
    if (rc != 0)
        free(s);
    else
        *ret_sampler = s;
    return rc;
}

void sampler_stop(struct sampler *sampler)
{
    if (!sampler)
        return;
    routine_stop(&sampler->routine);
    free(sampler);
}
