/* Values of a search for people. */
#include "store/sql/user_filter.h"

#include "core/codec/unicode.h"

#include "core/base/banned.h"

/* --- Reading what is asked --- */

/* Above every text that begins with low: the highest code point comes next. The next text after
 * low itself is low and a zero byte. */
int user_values_set_range(struct arena *a, struct user_values *v, int low, struct str text,
                          bool exact)
{
    if (str_empty(text))
        return 0;
    v->texts[low] = text;
    v->texts[low + 1] = ARENA_CONCAT(a, text, exact ? str_of("", 1) : STR("\xf4\x8f\xbf\xbf"));
    return str_absent(v->texts[low + 1]) ? ERR_NO_MEMORY : 0;
}

static int set_lower(struct arena *a, struct user_values *v, int low, struct str text)
{
    v->conditions += !str_empty(text);
    return str_empty(text) ? 0 : user_values_set_range(a, v, low, arena_lower(a, text), v->exact);
}

static int set_folded(struct arena *a, struct user_values *v, int low, struct str text)
{
    struct str fold = STR("");
    v->conditions += !str_empty(text);
    if (!str_empty(text))
        TRY(unicode_fold(a, text, &fold));
    return user_values_set_range(a, v, low, fold, v->exact);
}

static int set_search(struct arena *a, struct user_values *v, struct str text)
{
    if (str_empty(text))
        return 0;
    TRY(name_search_read(a, text, &v->search));
    if (v->search.count == 0)
        return 0;
    v->texts[SEARCH] = v->search.text;
    v->conditions++;
    return 0;
}

int user_values_set(struct arena *a, const struct user_filter *f, struct user_values *ret_values)
{
    struct user_values *v = ret_values;
    *v = (struct user_values){
        .enabled = f->enabled, .email_verified = f->email_verified, .exact = f->exact};
    v->conditions = (size_t)(f->enabled != FLAG_ANY) + (f->email_verified != FLAG_ANY) +
                    !str_empty(f->attribute);
    TRY(set_search(a, v, f->search));
    TRY(set_lower(a, v, USERNAME_LOW, f->username));
    TRY(set_lower(a, v, EMAIL_LOW, f->email));
    TRY(set_folded(a, v, FIRST_NAME_LOW, f->first_name));
    TRY(set_folded(a, v, LAST_NAME_LOW, f->last_name));
    v->texts[AFTER] = str_absent(f->after) ? STR("") : f->after;
    if (str_empty(f->attribute))
        return 0;
    v->texts[ATTRIBUTE] = f->attribute;
    v->texts[ATTRIBUTE + 1] = str_absent(f->value) ? STR("") : f->value;
    return 0;
}

bool user_values_has(const struct user_values *v, enum user_parameter parameter)
{
    return !str_absent(v->texts[parameter]);
}

/* --- Binding --- */

/* Bytes of whatever value come after all texts: the end of an open range of user names. */
static void bind_username(struct query *q, const struct user_values *v)
{
    bool open = !user_values_has(v, USERNAME_LOW);
    query_str(q, open ? STR("") : v->texts[USERNAME_LOW]);
    if (open)
        query_blob(q, STR("\xff"));
    else
        query_str(q, v->texts[USERNAME_LOW + 1]);
}

static void bind_flag(struct query *q, enum user_flag flag)
{
    if (flag == FLAG_ANY)
        query_str(q, str_of(NULL, 0));
    else
        query_i64(q, flag == FLAG_ON);
}

void user_values_bind(struct query *q, const struct user_values *v)
{
    for (int i = BEGINNING_LOW; i < USERNAME_LOW; i++)
        query_str(q, v->texts[i]);
    bind_username(q, v);
    for (int i = EMAIL_LOW; i <= AFTER; i++)
        query_str(q, v->texts[i]);
    bind_flag(q, v->enabled);
    bind_flag(q, v->email_verified);
}
