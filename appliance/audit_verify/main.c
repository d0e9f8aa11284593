/* garita-audit-verify: proves an exported audit chain with the public keys of its realm and nothing
 * else. It opens no database and shares no code with the store; what it knows of the chain is in
 * core/audit and written down in docs/audit.md. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "appliance/audit_verify/keys.h"
#include "core/audit/chain.h"
#include "core/audit/line.h"
#include "core/base/err.h"
#include "core/codec/lines.h"
#include "core/crypto/init.h"

#include "core/base/banned.h"

#define ARENA_BYTES      ((size_t)16 << 20)
#define LINE_ARENA_BYTES ((size_t)16 << 20)
#define READ_BYTES       ((size_t)64 << 10)

enum { STATUS_WHOLE, STATUS_BROKEN, STATUS_USAGE };

static const char usage_text[] =
    "usage: garita-audit-verify --key FILE [--key FILE]... [--realm ID] [--complete] FILE...\n"
    "\n"
    "Checks the events of FILEs, in this order (- is standard input): JSON lines as\n"
    "garita audit export writes them, or archives of a data folder (audit/REALM/*.jsonl.zst).\n"
    "\n"
    "  --key FILE   public keys of the realm, PEM or JWK (garita audit key --format pem)\n"
    "  --realm ID   the chain must be of this realm\n"
    "  --complete   the chain must begin with its first event, or with the signed statement\n"
    "               that what came before was removed\n"
    "\n"
    "Status 0: whole and signed; 1: broken, or nothing in it is signed; 2: wrong usage.\n";

struct run {
    struct arena arena; /* of the whole run */
    struct audit_keys keys;
    struct chain chain;
    bool complete;
    const char *files[64];
    size_t file_count;

    struct arena line;        /* of one line */
    struct statement segment; /* of the archive that is being read */
    bool in_segment, past_segment_start;
    long line_number;
    int64_t opened; /* events that show what is in their boxes */
};

/* --- Lines --- */

/* The statement at the head of an archive is checked when its last event was seen. */
static int take_segment(struct run *run, const struct json_value *v)
{
    TRY(statement_read(&run->arena, v, STATEMENT_SEGMENT, &run->segment));
    struct statement *s = &run->segment;
    s->realm_id = arena_str(&run->arena, s->realm_id);
    s->kid = arena_str(&run->arena, s->kid);
    run->in_segment = true;
    run->past_segment_start = false;
    return str_absent(s->realm_id) || str_absent(s->kid) ? ERR_NO_MEMORY : 0;
}

static bool fits_segment(struct run *run, const struct event_record *e)
{
    if (!run->in_segment || run->past_segment_start)
        return true;
    run->past_segment_start = true;
    return e->seq == run->segment.first_seq && str_eq(e->prev_hash, run->segment.prev_hash);
}

static bool take_event(struct run *run, const struct event_record *e)
{
    run->opened += e->opened;
    if (!fits_segment(run, e))
        return chain_fail(&run->chain, e->seq, e->id, "the archive begins with another event");
    return chain_add(&run->chain, e);
}

/* ERR_CANCELLED: the verdict is known, and what follows does not matter. */
static int take_line(void *arg, struct str text)
{
    static const char *const segment_member[] = {"segment"};
    struct run *run = arg;
    const struct json_value *v;
    struct event_record e;
    run->line_number++;
    arena_reset(&run->line);
    TRY(json_parse(&run->line, text, EVENT_LINE_MAX_BYTES, &v));
    if (json_has_only(v, segment_member, 1))
        return take_segment(run, json_get(v, "segment"));
    TRY(event_line_read(&run->line, v, &e));
    return take_event(run, &e) ? 0 : ERR_CANCELLED;
}

static int feed(int fd, struct lines *lines)
{
    char bytes[READ_BYTES];
    for (;;) {
        ssize_t n = read(fd, bytes, sizeof(bytes));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        if (n == 0)
            return lines_end(lines);
        TRY(lines_add(lines, bytes, (size_t)n));
    }
}

static int read_file(struct run *run, const char *name)
{
    CLEANUP(lines_free) struct lines lines;
    bool is_stdin = strcmp(name, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        (void)fprintf(stderr, "%s: %s\n", name, strerror(errno));
        return ERR_NOT_FOUND;
    }
    lines_init(&lines, EVENT_LINE_MAX_BYTES, take_line, run);
    run->line_number = 0;
    run->in_segment = false;
    int err = feed(fd, &lines);
    if (!is_stdin)
        (void)close(fd);
    if (err != 0 && err != ERR_CANCELLED)
        (void)fprintf(stderr, "%s: line %ld: %s\n", name, run->line_number, err_text(err));
    if (err == 0 && run->in_segment && !chain_add_statement(&run->chain, &run->segment))
        return ERR_CANCELLED;
    return err;
}

/* --- Verdict --- */

static int tell_broken(const struct chain *c)
{
    (void)printf("broken at event %lld%s%s: %s\n", (long long)c->bad_seq,
                 c->bad_id[0] ? ", id " : "", c->bad_id, c->reason);
    return STATUS_BROKEN;
}

static int tell_unsigned(const struct chain *c)
{
    (void)printf("not proved: no signed head in %lld events\n", (long long)c->checked);
    return STATUS_BROKEN;
}

static int tell_whole(const struct run *run)
{
    const struct chain *c = &run->chain;
    char date[25];
    clock_rfc3339(c->signed_ms, date);
    (void)printf("whole: %lld events, %lld to %lld, of realm %.*s; signed up to %lld at %s\n",
                 (long long)c->checked, (long long)c->first_seq, (long long)c->seq,
                 STR_ARG(c->realm_id), (long long)c->signed_seq, date);
    if (c->seq > c->signed_seq)
        (void)printf("%lld events after the last signed head\n",
                     (long long)(c->seq - c->signed_seq));
    if (c->first_seq > 1)
        (void)printf("events before %lld %s\n", (long long)c->first_seq,
                     c->removal_seen ? "were removed when their time was over (signed)"
                                     : "are not in these files");
    if (run->opened > 0)
        (void)printf("%lld events show what was sealed in them, which is not proved\n",
                     (long long)run->opened);
    return STATUS_WHOLE;
}

static int verdict(struct run *run)
{
    struct chain *c = &run->chain;
    if (run->complete && c->bad_seq == 0 && c->first_seq > 1 && !c->removal_seen)
        (void)chain_fail(c, 1, str_of(NULL, 0), "the chain does not begin with its first event");
    if (c->bad_seq != 0)
        return tell_broken(c);
    return c->signed_seq == 0 ? tell_unsigned(c) : tell_whole(run);
}

/* --- Command line --- */

static int add_keys(struct run *run, const char *file)
{
    int err = file ? keys_read(&run->arena, file, &run->keys) : ERR_USAGE;
    if (err != 0 && err != ERR_USAGE)
        (void)fprintf(stderr, "%s: no usable Ed25519 key (%s)\n", file, err_text(err));
    return err;
}

static int add_file(struct run *run, const char *name)
{
    if (run->file_count == ARRAY_LEN(run->files))
        return ERR_TOO_LARGE;
    run->files[run->file_count++] = name;
    return 0;
}

static int parse(struct run *run, char **argv)
{
    struct str realm_id = {NULL, 0};
    for (char **at = argv + 1; *at; at++) {
        if (strcmp(*at, "--complete") == 0)
            run->complete = true;
        else if (strcmp(*at, "--key") == 0 && at[1])
            TRY(add_keys(run, *++at));
        else if (strcmp(*at, "--realm") == 0 && at[1])
            realm_id = str_c(*++at);
        else if ((*at)[0] != '-' || (*at)[1] == '\0')
            TRY(add_file(run, *at));
        else
            return ERR_USAGE;
    }
    if (run->keys.count == 0 || run->file_count == 0)
        return ERR_USAGE;
    chain_init(&run->chain, &run->keys, realm_id);
    return 0;
}

static int read_files(struct run *run)
{
    for (size_t i = 0; i < run->file_count; i++)
        TRY(read_file(run, run->files[i]));
    return 0;
}

static int verify(struct run *run, char **argv)
{
    int err = parse(run, argv);
    if (err == ERR_USAGE)
        (void)fputs(usage_text, stderr);
    if (err != 0)
        return STATUS_USAGE;
    err = read_files(run);
    if (err == 0 || err == ERR_CANCELLED)
        return verdict(run);
    /* A file that is not what it should be proves nothing; of one that was not read nothing is known. */
    return err == ERR_NOT_FOUND || err == ERR_IO || err == ERR_NO_MEMORY ? STATUS_USAGE
                                                                         : STATUS_BROKEN;
}

static bool asks(char **argv, const char *what)
{
    return argv[0] && argv[1] && strcmp(argv[1], what) == 0;
}

int main(int argc, char **argv)
{
    static struct run run;
    (void)argc;
    if (asks(argv, "--help") || asks(argv, "--version")) {
        (void)fputs(asks(argv, "--help") ? usage_text : "garita-audit-verify " GARITA_VERSION "\n",
                    stdout);
        return STATUS_WHOLE;
    }
    if (crypto_init() != 0)
        return STATUS_USAGE;
    arena_init(&run.arena, ARENA_BYTES);
    arena_init(&run.line, LINE_ARENA_BYTES);
    int status = verify(&run, argv);
    audit_keys_free(&run.keys);
    arena_free(&run.line);
    arena_free(&run.arena);
    return status;
}
