/* A request at a realm without a server: memory, templates, a realm of the test's own. */
#ifndef GARITA_TESTS_UNIT_WEB_LOGIN_PAGE_FIXTURE_H
#define GARITA_TESTS_UNIT_WEB_LOGIN_PAGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/admin/localization.h"
#include "core/port/logos.h"
#include "core/port/store.h"
#include "web/respond.h"
#include "web/template.h"
#include "web/web.h"

/* The pages only ask for the settings and for the realm's own texts. */
struct realm_view {
    struct realm realm;
    struct str_map own_texts;
    struct str logo_version;
};
struct store_read {
    struct realm_view *view;
};

const struct realm *realm_view_realm(const struct realm_view *view)
{
    return &view->realm;
}

struct str realm_view_logo_version(const struct realm_view *view)
{
    return view->logo_version;
}

int store_read_begin(struct realm_view *view, struct store_read **ret_read)
{
    static struct store_read read;
    read.view = view;
    *ret_read = &read;
    return 0;
}

void store_read_end_p(struct store_read **read)
{
    *read = NULL;
}

int localization_texts(struct store_read *r, struct arena *a, struct str locale,
                       struct str_map *ret_texts)
{
    (void)a;
    (void)locale;
    *ret_texts = r->view->own_texts;
    return 0;
}

struct fixture {
    struct arena arena;
    struct web web;
    struct realm_view view;
    struct request req;
    struct response res;
};

static void fixture_reset(struct fixture *f)
{
    arena_reset(&f->arena);
    f->view = (struct realm_view){.realm = {.name = STR("peru"),
                                            .display_name = STR(""),
                                            .default_locale = STR(""),
                                            .internationalization_enabled = true}};
    f->req = (struct request){.arena = &f->arena,
                              .method = HTTP_GET,
                              .path = STR("/realms/peru"),
                              .raw_query = STR(""),
                              .web = &f->web,
                              .https = true,
                              .public_origin = STR("https://id.example.pe"),
                              .realm = &f->view,
                              .trace_id = STR("4bf92f3577b34da6a3ce929d0e0e4736")};
    f->res = (struct response){0};
    buf_init(&f->res.headers, &f->arena, 32768);
    buf_init(&f->res.body, &f->arena, 1 << 20);
}

static int fixture_setup(void **state)
{
    static struct fixture f;
    struct err_ctx err = {0};
    arena_init(&f.arena, 8 << 20);
    f.web.config.base_path = STR("/auth");
    if (template_set_new("static/login/", &err, &f.web.templates) != 0)
        return -1;
    fixture_reset(&f);
    *state = &f;
    return 0;
}

static int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    template_set_free(f->web.templates);
    arena_free(&f->arena);
    return 0;
}

static inline bool fixture_header(struct fixture *f, const char *text)
{
    return str_find_str(buf_str(&f->res.headers), str_c(text)) >= 0;
}

static inline bool fixture_body(struct fixture *f, const char *text)
{
    return str_find_str(buf_str(&f->res.body), str_c(text)) >= 0;
}

#endif
