/* Guesses from the words that browsers have always sent. */
#include "core/codec/user_agent.h"

#include "core/base/banned.h"

#define VERSION_MAX_BYTES 16

struct mark {
    const char *mark, *name;
    const char *version; /* stands behind this; NULL: it is not told */
};

/* The first that is found wins: those that claim to be another one stand before it. */
static const struct mark browsers[] = {
    {"Edg", "Edge", "Edg"},
    {"OPR/", "Opera", "OPR/"},
    {"SamsungBrowser/", "Samsung Internet", "SamsungBrowser/"},
    {"Firefox/", "Firefox", "Firefox/"},
    {"FxiOS/", "Firefox", "FxiOS/"},
    {"CriOS/", "Chrome", "CriOS/"},
    {"Chromium/", "Chromium", "Chromium/"},
    {"Chrome/", "Chrome", "Chrome/"},
    {"Safari/", "Safari", "Version/"},
    {"curl/", "curl", "curl/"},
};
static const struct mark systems[] = {
    {"Windows NT", "Windows", "Windows NT "},
    {"Android", "Android", "Android "},
    {"iPhone", "iOS", "OS "},
    {"iPad", "iOS", "OS "},
    {"Mac OS X", "Mac OS X", "Mac OS X "},
    {"CrOS", "Chrome OS", NULL},
    {"Linux", "Linux", NULL},
};
static const struct mark devices[] = {
    {"iPhone", "iPhone", NULL},
    {"iPad", "iPad", NULL},
    {"Macintosh", "Mac", NULL},
};

static bool holds(struct str text, const char *mark)
{
    return str_find_str(text, str_c(mark)) >= 0;
}

static bool is_version(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == '_';
}

/* "126.0", "17_4"; "Edg/", "EdgA/" and "EdgiOS/" have letters in between. */
static struct str version_behind(struct str text, const char *mark)
{
    ptrdiff_t at = mark ? str_find_str(text, str_c(mark)) : -1;
    size_t from = 0, len = 0;
    if (at < 0)
        return STR("");
    struct str rest = str_from(text, (size_t)at + str_c(mark).len);
    while (from < rest.len && rest.ptr[from] != ' ' && !is_version(rest.ptr[from]))
        from++;
    rest = str_from(rest, from);
    while (len < rest.len && len < VERSION_MAX_BYTES && is_version(rest.ptr[len]))
        len++;
    return str_sub(rest, 0, len);
}

static void look_up(struct str header, const struct mark *marks, size_t count, struct str *ret_name,
                    struct str *ret_version)
{
    *ret_name = STR(USER_AGENT_OTHER);
    *ret_version = STR("");
    for (size_t i = 0; i < count; i++) {
        if (!holds(header, marks[i].mark))
            continue;
        *ret_name = str_c(marks[i].name);
        *ret_version = version_behind(header, marks[i].version);
        return;
    }
}

struct user_agent user_agent_read(struct str header)
{
    struct user_agent ua;
    struct str none;
    look_up(header, browsers, ARRAY_LEN(browsers), &ua.browser, &ua.browser_version);
    look_up(header, systems, ARRAY_LEN(systems), &ua.os, &ua.os_version);
    look_up(header, devices, ARRAY_LEN(devices), &ua.device, &none);
    ua.mobile = holds(header, "Mobile") || holds(header, "Android") || holds(header, "iPhone");
    return ua;
}
