/* SPDX-License-Identifier: MIT */
/* SIGINT, SIGTERM and SIGHUP as things to look for, so that nothing half-done is left behind. */
#ifndef HOST_SIGNALS_H
#define HOST_SIGNALS_H

/* From here on the three are blocked in this thread and those it makes. SIGPIPE is ignored. */
void signals_block(void);

/* A signalfd for them, or -1. */
int signals_fd(void);

/* The number of one that has arrived (and is taken), or 0. */
int signals_pending(void);

#endif
