/* SPDX-License-Identifier: MIT */
/* A child from fork to its end, and the end of it where somebody wants the whole command to end. */
#include "child.h"

#include "../signals.h"
#include "deadline.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define END_STEP_NS 5000000
#define END_STEPS 300 /* 1.5 s */
#define LOOK_NS 50000000
#define END_BYTES 2048 /* of what the child wrote are looked at */

/* The last line that the child wrote, without the program's and the command's name; cut to fit. */
static void read_message(int messages, char *text, size_t size)
{
    static const char prefix[] = "trapline: bench: ";
    char end[END_BYTES + 1];
    off_t length = lseek(messages, 0, SEEK_END);
    off_t start = length > END_BYTES ? length - END_BYTES : 0;
    ssize_t got = length > 0 ? pread(messages, end, END_BYTES, start) : 0;
    end[got > 0 ? got : 0] = '\0';
    while (got > 0 && end[got - 1] == '\n')
        end[--got] = '\0';
    char *line = strrchr(end, '\n');
    line = line != NULL ? line + 1 : end;
    if (strncmp(line, prefix, sizeof prefix - 1) == 0)
        line += sizeof prefix - 1;
    snprintf(text, size, "%s", line);
}

static void end_child(pid_t pid)
{
    const struct timespec step = {.tv_nsec = END_STEP_NS};
    static const int numbers[] = {SIGTERM, SIGKILL};
    for (unsigned n = 0; n < sizeof numbers / sizeof numbers[0]; n++) {
        kill(pid, numbers[n]);
        for (unsigned i = 0; i < END_STEPS; i++) {
            if (waitpid(pid, NULL, WNOHANG) != 0)
                return;
            nanosleep(&step, NULL);
        }
    }
    /* It ends as soon as the kernel lets it: nobody waits longer for that. */
}

/* 0 and *status, or the signal that arrived here. */
static int watch(pid_t pid, double deadline, int *status)
{
    const struct timespec step = {.tv_nsec = LOOK_NS};
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    for (;;) {
        int how;
        if (waitpid(pid, &how, WNOHANG) == pid) {
            *status = WIFEXITED(how) ? WEXITSTATUS(how) : -1;
            return 0;
        }
        int number = signals_pending();
        if (number > 0) {
            end_child(pid);
            return number;
        }
        if (deadline_now() >= deadline) {
            end_child(pid);
            *status = CHILD_LATE;
            return 0;
        }
        sigtimedwait(&children, NULL, &step);
    }
}

int child_run(int (*work)(void *context), void *context, double deadline, int *status,
              char *message, size_t size)
{
    *status = -1;
    int messages = memfd_create("messages", MFD_CLOEXEC);
    fflush(NULL);
    pid_t parent = getpid(), pid = messages < 0 ? -1 : fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        dup2(messages, STDERR_FILENO);
        int end = work(context);
        fflush(NULL);
        _exit(end);
    }
    int number = 0;
    if (pid < 0)
        snprintf(message, size, "no process for it: %s", strerror(errno));
    else
        number = watch(pid, deadline, status);
    if (pid > 0)
        read_message(messages, message, size);
    if (messages >= 0)
        close(messages);
    return number;
}
