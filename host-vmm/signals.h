/* SPDX-License-Identifier: MIT */
/* SIGINT, SIGTERM, SIGHUP and SIGQUIT as things to look for, so that nothing half-done is left behind. */
#ifndef HOST_SIGNALS_H
#define HOST_SIGNALS_H

/* From here on the four are blocked in this thread and those it makes. What SIGPIPE and
 * SIGXFSZ would say, the failing write says. */
void signals_block(void);

/* A signalfd for them and for SIGTSTP, which is blocked from then on too; or -1. */
int signals_fd(void);

/* The number of one that has arrived (and is taken), or 0. */
int signals_pending(void);

#endif
