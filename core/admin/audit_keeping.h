/* Keeping a realm's audit chain: how long events stay in the database, in archives and with the names
 * of people; signing its head; its keys. */
#ifndef GARITA_CORE_ADMIN_AUDIT_KEEPING_H
#define GARITA_CORE_ADMIN_AUDIT_KEEPING_H

#include "core/auth/context.h"
#include "core/port/events.h"

#define AUDIT_ARCHIVE_DAYS_USUAL 90

/* Days; 0: for ever. */
struct audit_keeping {
    int64_t archive_days;   /* until a month that ended moves to a file */
    int64_t retention_days; /* until an archive is removed */
    int64_t unknown_days;   /* until typed names that were nobody's cannot be read any more */
};
/* What the realm says (attributes garita.auditArchiveDays, garita.auditRetentionDays,
 * garita.auditUnknownDays), else the defaults. */
struct audit_keeping audit_keeping_of(const struct realm *realm,
                                      const struct audit_keeping *defaults);

/* Archives the next month that is due, the portions that are left, removes archives and destroys
 * keys whose time is over: a step at a time, each in short transactions. *ret_more: there is more to
 * do. For the scheduler. */
MUST_CHECK int audit_keep(const struct auth_ctx *ctx, const struct audit_keeping *keeping,
                          bool *ret_more);
/* Signs the head when it grew since the last one, which is at least so old. */
MUST_CHECK int audit_sign_if_due(const struct auth_ctx *ctx, int64_t age_ms, bool *ret_signed);
/* A new key signs from now on. */
MUST_CHECK int admin_audit_key_rotate(const struct auth_ctx *ctx, struct store_write *w,
                                      struct realm_key *ret_key);

#endif
