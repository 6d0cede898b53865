/* SPDX-License-Identifier: MIT */
/* The signals that end a run. */
#include "signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

static sigset_t ending_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGQUIT);
    return set;
}

int signals_start_thread(pthread_t *thread, void *(*run)(void *), void *argument, int open)
{
    sigset_t all, before;
    sigfillset(&all);
    if (open != 0)
        sigdelset(&all, open);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

void signals_block(void)
{
    sigset_t set = ending_signals();
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a write past the limit fails like one to a full disk */
    signal(SIGTTOU, SIG_IGN); /* restoring the terminal from the background must not stop us */
}

int signals_fd(void)
{
    sigset_t set = ending_signals();
    sigaddset(&set, SIGTSTP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int signals_pending(void)
{
    sigset_t set = ending_signals();
    const struct timespec none = {0};
    int number = sigtimedwait(&set, NULL, &none);
    return number > 0 ? number : 0;
}

void signals_release(void)
{
    sigset_t set = ending_signals();
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static volatile sig_atomic_t exit_status;

static void on_alarm(int number)
{
    (void)number;
    _exit(exit_status);
}

void signals_exit_soon(int status)
{
    exit_status = status;
    signal(SIGALRM, on_alarm);
    alarm(1);
}
