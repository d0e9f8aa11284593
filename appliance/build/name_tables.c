/* Run at build time: writes the tables behind core/model/name.h as a C file to standard output, from
 * the Unicode data of ICU (UTS #39: identifier status, script extensions, confusables). Nothing of
 * ICU is linked into the product, only what is printed here. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uset.h>
#include <unicode/uspoof.h>

#include "core/model/name_table.h"

#define LAST_CODE_POINT 0x10ffff
#define EXTENSIONS_MAX  64
#define SETS_MAX        255
#define TEXT_MAX        64
#define POOL_MAX        UINT16_MAX

static struct {
    const USet *inclusion, *recommended;
    const UNormalizer2 *nfd, *fold;
    USpoofChecker *spoof;
    int scripts[64]; /* by bit, from NAME_SCRIPT_FIRST_OTHER on */
    int script_count;
    uint64_t sets[SETS_MAX];
    int set_count;
    char pool[POOL_MAX];
    int pool_len;
} g;

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "name_tables: %s\n", what);
    exit(1);
}

static void must_icu(UErrorCode status, const char *what)
{
    must(U_SUCCESS(status), what);
}

static void open_icu(void)
{
    UErrorCode status = U_ZERO_ERROR;
    g.spoof = uspoof_open(&status);
    g.inclusion = uspoof_getInclusionSet(&status);
    g.recommended = uspoof_getRecommendedSet(&status);
    g.nfd = unorm2_getNFDInstance(&status);
    g.fold = unorm2_getNFKCCasefoldInstance(&status);
    must_icu(status, "ICU has no data");
}

/* --- scripts --- */

static uint64_t other_script(int script)
{
    int i = 0;
    while (i < g.script_count && g.scripts[i] != script)
        i++;
    must(NAME_SCRIPT_FIRST_OTHER + i < 64, "too many scripts");
    if (i == g.script_count)
        g.scripts[g.script_count++] = script;
    return UINT64_C(1) << (NAME_SCRIPT_FIRST_OTHER + i);
}

/* UTS #39 5.1: writing systems that use several scripts are scripts of their own. */
static uint64_t augmented_script(int script)
{
    switch (script) {
    case USCRIPT_COMMON:
    case USCRIPT_INHERITED: return NAME_SCRIPT_ANY;
    case USCRIPT_LATIN: return NAME_SCRIPT_LATIN;
    case USCRIPT_HAN:
        return other_script(script) | NAME_SCRIPT_JAPANESE | NAME_SCRIPT_HAN_BOPOMOFO |
               NAME_SCRIPT_KOREAN;
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA: return other_script(script) | NAME_SCRIPT_JAPANESE;
    case USCRIPT_HANGUL: return other_script(script) | NAME_SCRIPT_KOREAN;
    case USCRIPT_BOPOMOFO: return other_script(script) | NAME_SCRIPT_HAN_BOPOMOFO;
    default: return other_script(script);
    }
}

/* Scripts of limited use that share a character with a recommended one have no bit of their own:
 * their letters are not allowed anyway. */
static bool is_recommended(int script)
{
    return uscript_getUsage((UScriptCode)script) == USCRIPT_USAGE_RECOMMENDED ||
           script == USCRIPT_COMMON || script == USCRIPT_INHERITED;
}

static int set_number(uint64_t set)
{
    int i = 0;
    while (i < g.set_count && g.sets[i] != set)
        i++;
    must(i < SETS_MAX, "too many sets of scripts");
    if (i == g.set_count)
        g.sets[g.set_count++] = set;
    return i;
}

/* -1: not allowed in a name. */
static int set_of(UChar32 c)
{
    UScriptCode scripts[EXTENSIONS_MAX];
    UErrorCode status = U_ZERO_ERROR;
    uint64_t set = 0;
    if (!uset_contains(g.recommended, c) && !uset_contains(g.inclusion, c))
        return -1;
    int32_t count = uscript_getScriptExtensions(c, scripts, EXTENSIONS_MAX, &status);
    must_icu(status, "script extensions");
    for (int32_t i = 0; i < count; i++)
        if (is_recommended(scripts[i]))
            set |= augmented_script(scripts[i]);
    return set ? set_number(set) : -1;
}

static void write_ranges(void)
{
    UChar32 first = 0;
    int current = -1;
    (void)puts("const struct name_range name_ranges[] = {");
    size_t count = 0;
    for (UChar32 c = 0x80; c <= LAST_CODE_POINT + 1; c++) {
        int set = c <= LAST_CODE_POINT ? set_of(c) : -1;
        if (set == current && c - first < UINT16_MAX)
            continue;
        if (current >= 0) {
            (void)printf("    {0x%x, %d, %d},\n", (unsigned)first, (int)(c - first), current);
            count++;
        }
        first = c;
        current = set;
    }
    (void)printf("};\nconst size_t name_range_count = %zu;\n\n", count);
    (void)puts("const uint64_t name_script_sets[] = {");
    for (int i = 0; i < g.set_count; i++)
        (void)printf("    UINT64_C(0x%llx),\n", (unsigned long long)g.sets[i]);
    (void)puts("};\n");
}

/* --- confusables --- */

static bool is_itself(const UNormalizer2 *form, UChar32 c)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar text[2];
    int32_t len = 0;
    U16_APPEND_UNSAFE(text, len, c);
    UBool same = unorm2_isNormalized(form, text, len, &status);
    must_icu(status, "normalization");
    return same;
}

/* The prototype as UTF-8; 0 when the character is its own. A name is decomposed and folded before it
 * is looked at, so other characters never come. */
static int prototype_of(UChar32 c, char ret_text[TEXT_MAX])
{
    UErrorCode status = U_ZERO_ERROR;
    char text[4];
    int32_t len = 0;
    if (U_IS_SURROGATE(c) || !u_isdefined(c) || !is_itself(g.nfd, c) || !is_itself(g.fold, c))
        return 0;
    U8_APPEND_UNSAFE(text, len, c);
    int32_t n = uspoof_getSkeletonUTF8(g.spoof, 0, text, len, ret_text, TEXT_MAX, &status);
    must_icu(status, "skeleton");
    return n == len && memcmp(text, ret_text, (size_t)n) == 0 ? 0 : n;
}

static int pool_place(const char *text, int len)
{
    char *found = memmem(g.pool, (size_t)g.pool_len, text, (size_t)len);
    if (found)
        return (int)(found - g.pool);
    must(g.pool_len + len < POOL_MAX, "the prototypes are too long");
    memcpy(g.pool + g.pool_len, text, (size_t)len);
    g.pool_len += len;
    return g.pool_len - len;
}

static void write_pool(void)
{
    (void)puts("const unsigned char name_prototypes[] = {");
    for (int i = 0; i < g.pool_len; i++)
        (void)printf("%s0x%02x,%s", i % 16 == 0 ? "    " : "", (unsigned char)g.pool[i],
                     i % 16 == 15 ? "\n" : " ");
    (void)puts("\n};");
}

static void write_confusables(void)
{
    char text[TEXT_MAX];
    size_t count = 0;
    (void)puts("const struct name_confusable name_confusables[] = {");
    for (UChar32 c = 0x20; c <= LAST_CODE_POINT; c++) {
        int len = prototype_of(c, text);
        if (len == 0)
            continue;
        (void)printf("    {0x%x, %d, %d},\n", (unsigned)c, pool_place(text, len), len);
        count++;
    }
    (void)printf("};\nconst size_t name_confusable_count = %zu;\n\n", count);
    write_pool();
}

int main(void)
{
    open_icu();
    (void)printf("/* Generated by appliance/build/name_tables.c from Unicode %s. */\n"
                 "#include \"core/model/name_table.h\"\n\n",
                 U_UNICODE_VERSION);
    write_ranges();
    write_confusables();
    uspoof_close(g.spoof);
    return ferror(stdout) || fflush(stdout) != 0;
}
