/* Telling systemd how it goes (sd_notify's protocol: one datagram to $NOTIFY_SOCKET). Without that
 * variable nothing happens. */
#ifndef GARITA_APPLIANCE_NOTIFY_H
#define GARITA_APPLIANCE_NOTIFY_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1", "RELOADING=1"... */
void notify_send(const char *state);
/* Half of what systemd waits for between two signs of life, in milliseconds; 0: it does not wait. */
int64_t notify_watchdog_ms(void);

#endif
