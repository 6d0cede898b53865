/* SPDX-License-Identifier: MIT */
/* SIGINT, SIGTERM, SIGHUP and SIGQUIT as things to look for, so that nothing half-done is left behind. */
#ifndef HOST_SIGNALS_H
#define HOST_SIGNALS_H

#include <pthread.h>

/* Starts a thread that takes no signal but open (0: none at all): they are the main thread's. 0 or an
 * errno. */
int signals_start_thread(pthread_t *thread, void *(*run)(void *), void *argument, int open);

/* From here on the four are blocked in this thread and those it makes. What SIGPIPE and
 * SIGXFSZ would say, the failing write says. */
void signals_block(void);

/* A signalfd for them and for SIGTSTP, which is blocked from then on too; or -1. */
int signals_fd(void);

/* The number of one that has arrived (and is taken), or 0. */
int signals_pending(void);

/* The work is done, what is left is printing: the signals end the program again by themselves. */
void signals_release(void);

/* Ends the program with status in a second, whatever it is waiting for then. */
void signals_exit_soon(int status);

#endif
