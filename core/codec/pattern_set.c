/* Sets of characters in patterns. */
#include "core/codec/pattern_internal.h"
#include "core/codec/unicode.h"

#include "core/base/banned.h"

static const struct pattern_range digits[] = {{'0', '9'}};
static const struct pattern_range words[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
static const struct pattern_range spaces[] = {{'\t', '\r'}, {' ', ' '}};
static const struct pattern_range horizontal[] = {
    {'\t', '\t'},     {' ', ' '},       {0xa0, 0xa0},     {0x1680, 0x1680}, {0x180e, 0x180e},
    {0x2000, 0x200a}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};
static const struct pattern_range vertical[] = {{'\n', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}};
static const struct pattern_range line_ends[] = {
    {'\n', '\n'}, {'\r', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}};
static const struct pattern_range upper[] = {{'A', 'Z'}};
static const struct pattern_range lower[] = {{'a', 'z'}};
static const struct pattern_range alpha[] = {{'A', 'Z'}, {'a', 'z'}};
static const struct pattern_range alnum[] = {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}};
static const struct pattern_range punct[] = {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}};
static const struct pattern_range graph[] = {{'!', '~'}};
static const struct pattern_range print[] = {{' ', '~'}};
static const struct pattern_range blank[] = {{'\t', '\t'}, {' ', ' '}};
static const struct pattern_range control[] = {{0, 0x1f}, {0x7f, 0x7f}};
static const struct pattern_range hexadecimal[] = {{'0', '9'}, {'A', 'F'}, {'a', 'f'}};
static const struct pattern_range ascii[] = {{0, 0x7f}};

#define TABLE(ranges)                                                                              \
    {                                                                                              \
        (ranges), ARRAY_LEN(ranges), NULL, false                                                   \
    }

static bool categories_have(const char *categories, uint32_t code_point)
{
    struct str rest = str_c(categories), word;
    struct str category = str_c(unicode_category(code_point));
    while (str_next_word(&rest, &word))
        if (str_starts(category, word))
            return true;
    return false;
}

static bool item_has(const struct set_item *item, uint32_t code_point)
{
    if (item->categories)
        return categories_have(item->categories, code_point) != item->negated;
    bool found = false;
    for (size_t i = 0; i < item->count && !found; i++)
        found = code_point >= item->ranges[i].first && code_point <= item->ranges[i].last;
    return found != item->negated;
}

bool pattern_set_has(const struct pattern_set *set, uint32_t code_point)
{
    bool found = false;
    for (size_t i = 0; i < set->count && !found; i++)
        found = item_has(&set->items[i], code_point);
    return found != set->negated;
}

bool pattern_class_named(char letter, struct set_item *ret_item)
{
    static const struct {
        char name, opposite;
        struct set_item item;
    } classes[] = {
        {'d', 'D', TABLE(digits)},     {'w', 'W', TABLE(words)},    {'s', 'S', TABLE(spaces)},
        {'h', 'H', TABLE(horizontal)}, {'v', 'V', TABLE(vertical)},
    };
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        if (letter != classes[i].name && letter != classes[i].opposite)
            continue;
        *ret_item = classes[i].item;
        ret_item->negated = letter == classes[i].opposite;
        return true;
    }
    return false;
}

/* General categories are called by one letter or two (UAX #44 5.7.1). */
static const char *category_named(struct str name)
{
    static const char *const names[] = {"L",  "Lu", "Ll", "Lt", "Lm", "Lo", "M",  "Mn", "Mc",
                                        "Me", "N",  "Nd", "Nl", "No", "P",  "Pc", "Pd", "Ps",
                                        "Pe", "Pi", "Pf", "Po", "S",  "Sm", "Sc", "Sk", "So",
                                        "Z",  "Zs", "Zl", "Zp", "C",  "Cc", "Cf", "Co", "Cn"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_c(name, names[i]))
            return names[i];
    return NULL;
}

bool pattern_property_named(struct str name, struct set_item *ret_item)
{
    static const struct {
        const char *name;
        struct set_item item;
    } properties[] = {
        {"Alpha", TABLE(alpha)},        {"Digit", TABLE(digits)}, {"Alnum", TABLE(alnum)},
        {"Upper", TABLE(upper)},        {"Lower", TABLE(lower)},  {"Punct", TABLE(punct)},
        {"Graph", TABLE(graph)},        {"Print", TABLE(print)},  {"Blank", TABLE(blank)},
        {"Cntrl", TABLE(control)},      {"Space", TABLE(spaces)}, {"ASCII", TABLE(ascii)},
        {"XDigit", TABLE(hexadecimal)},
    };
    if (str_eq(name, STR("IsAlphabetic")) || str_eq(name, STR("IsLetter"))) {
        *ret_item = (struct set_item){.categories = "L Nl"};
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(properties); i++) {
        if (!str_eq_c(name, properties[i].name))
            continue;
        *ret_item = properties[i].item;
        return true;
    }
    *ret_item = (struct set_item){
        .categories = category_named(str_starts(name, STR("Is")) ? str_from(name, 2) : name)};
    return ret_item->categories != NULL;
}

struct set_item pattern_any(void)
{
    struct set_item any = TABLE(line_ends);
    any.negated = true;
    return any;
}
