/* SPDX-License-Identifier: MIT */
/*
 * A run from the first instruction to its end: the main thread's loop over signals, the tick, input and
 * the vCPU's end; then the one line that says why it ended.
 */
#include "machine.h"

#include "access.h"
#include "machine_trace.h"
#include "machine_workers.h"
#include "outputs.h"
#include "report.h"
#include "signals.h"
#include "stats.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define TICK_MS 10
#define SLOW_TICKS 10      /* every 100 ms: halted? progress? */
#define STOP_GRACE_MS 1400 /* how long the vCPU may take to end once it is asked to */
#define STOP_DRAIN_MS 300  /* and how long the rest of the output may take then */
#define END_IDLE_MS 1000   /* after an end of its own: as long as the reader reads */

struct loop {
    struct machine *m;
    int signals, timer;
    unsigned ticks;
    unsigned stopping_ticks;
    machine_progress *progress;
    void *context;
};

double seconds_between(const struct timespec *from, const struct timespec *to)
{
    return (double)(to->tv_sec - from->tv_sec) + (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

uint64_t machine_exits(const struct machine *m)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < EXIT_KINDS; i++)
        sum += m->exits_by_kind[i];
    return sum + m->vcpu.hypercalls;
}

static int open_loop(struct loop *loop)
{
    signals_block();
    loop->signals = signals_fd();
    loop->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    const struct timespec period = {.tv_nsec = TICK_MS * 1000000};
    const struct itimerspec timer = {.it_interval = period, .it_value = period};
    if (loop->signals < 0 || loop->timer < 0 || timerfd_settime(loop->timer, 0, &timer, NULL) < 0)
        return host_failure("signals and timer: %s", strerror(errno));
    return 0;
}

static void on_tick(struct loop *loop)
{
    struct machine *m = loop->m;
    uint64_t expirations;
    if (read(loop->timer, &expirations, sizeof expirations) < 0)
        return;
    access_drain_soon(m);
    uart_model_transmit_ready(&m->uart);
    loop->ticks++;
    if (atomic_load(&m->vcpu.stop) != STOP_NONE) {
        loop->stopping_ticks++;
        /* Again and again: a signal that came just before KVM_RUN was entered would be lost. */
        vcpu_kick(&m->vcpu);
        return;
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (m->options->timeout > 0 && seconds_between(&m->started, &now) >= m->options->timeout)
        vcpu_stop(&m->vcpu, STOP_TIMEOUT, 0);
    if (loop->ticks % SLOW_TICKS == 0) {
        vcpu_check_halted(&m->vcpu);
        if (loop->progress != NULL)
            loop->progress(loop->context, m);
    }
}

/* Ctrl-Z: the shell gets its terminal back as it was, and the run goes on with SIGCONT. */
static void suspend(struct machine *m)
{
    serial_restore_terminal(&m->serial);
    kill(getpid(), SIGSTOP);
    serial_take_terminal(&m->serial);
}

static void on_signal(struct loop *loop)
{
    struct signalfd_siginfo info;
    if (read(loop->signals, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGTSTP)
        suspend(loop->m);
    else
        vcpu_stop(&loop->m->vcpu, STOP_SIGNAL, info.ssi_signo);
}

/* True when the vCPU's thread ended; false when it did not although it was asked to. */
static bool loop_until_stopped(struct loop *loop)
{
    struct machine *m = loop->m;
    for (;;) {
        bool wants_input = m->serial.input >= 0 && uart_model_receive_room(&m->uart) > 0;
        struct pollfd fds[] = {{.fd = m->stop_event, .events = POLLIN},
                               {.fd = loop->signals, .events = POLLIN},
                               {.fd = loop->timer, .events = POLLIN},
                               {.fd = wants_input ? m->serial.input : -1, .events = POLLIN},
                               {.fd = m->lines_ended, .events = POLLIN}};
        if (poll(fds, sizeof fds / sizeof fds[0], -1) < 0 && errno != EINTR) {
            host_failure("poll: %s", strerror(errno));
            vcpu_stop(&m->vcpu, STOP_HOST, 0);
            usleep(TICK_MS * 1000);
        }
        if (fds[0].revents)
            return true;
        if (fds[1].revents)
            on_signal(loop);
        if (fds[2].revents)
            on_tick(loop);
        if (fds[3].revents)
            serial_read_input(&m->serial, &m->uart);
        if (fds[4].revents)
            machine_lines_ended(m);
        if (loop->stopping_ticks > STOP_GRACE_MS / TICK_MS)
            return false;
    }
}

/* Of the time that a run may take to end, in milliseconds: the vCPU and the workers share it. */
static unsigned grace_left(const struct loop *loop)
{
    unsigned used = loop->stopping_ticks * TICK_MS;
    return used < STOP_GRACE_MS ? STOP_GRACE_MS - used : 0;
}

static int guest_status(const struct machine *m)
{
    uint64_t value = m->vcpu.stop_value;
    if (value == EXIT_STATUS_PASS)
        return EXIT_STATUS_PASS;
    report("the guest reported failure %llu%s%s", (unsigned long long)value,
           m->serial.last_line[0] ? ": " : "", m->serial.last_line);
    return EXIT_STATUS_GUEST + (int)(value < EXIT_GUEST_MAX ? value : EXIT_GUEST_MAX);
}

/* The one line, and the status that goes with it. */
static int verdict(const struct machine *m)
{
    char registers[768];
    vcpu_registers_line(&m->vcpu, registers, sizeof registers);
    switch ((enum stop_reason)atomic_load(&m->vcpu.stop)) {
    case STOP_GUEST:
        return guest_status(m);
    case STOP_TRIPLE_FAULT:
        report("triple fault: %s", registers);
        return EXIT_STATUS_TRIPLE_FAULT;
    case STOP_KVM_INTERNAL:
        report("KVM internal error %llu: %s", (unsigned long long)m->vcpu.stop_value, registers);
        return EXIT_STATUS_KVM_INTERNAL;
    case STOP_HALTED:
        report("halted with interrupts off: %s", registers);
        return EXIT_STATUS_HALTED;
    case STOP_TIMEOUT:
        report("timeout after %g s: %s", m->options->timeout, registers);
        return EXIT_STATUS_TIMEOUT;
    case STOP_SIGNAL:
        report("ended by signal %llu (%s)", (unsigned long long)m->vcpu.stop_value,
               strsignal((int)m->vcpu.stop_value));
        return EXIT_STATUS_SIGNAL + (int)m->vcpu.stop_value;
    case STOP_STRICT:
        report("ended by --strict: %s", registers);
        return EXIT_STATUS_HOST;
    case STOP_NONE:
    case STOP_HOST:
        break;
    }
    return EXIT_STATUS_HOST;
}

static bool interrupted(void)
{
    return signals_pending() != 0;
}

/* Somebody waits for the end: no time for a slow reader. */
static bool stopped_from_outside(const struct machine *m)
{
    int reason = atomic_load(&m->vcpu.stop);
    return reason == STOP_SIGNAL || reason == STOP_TIMEOUT;
}

static int outside_status(const struct machine *m)
{
    if (atomic_load(&m->vcpu.stop) == STOP_TIMEOUT)
        return EXIT_STATUS_TIMEOUT;
    return EXIT_STATUS_SIGNAL + (int)m->vcpu.stop_value;
}

/* However long it takes, unless it may never end. Whoever cannot wait ends the program by another signal. */
static void write_trace_now(struct machine *m)
{
    if (machine_trace_may_block(m))
        signals_exit_soon(outside_status(m));
    (void)machine_trace_write(m, outside_status(m));
}

int machine_run(struct machine *m, machine_progress *progress, void *context)
{
    struct loop loop = {.m = m, .progress = progress, .context = context};
    int status = open_loop(&loop);
    if (status)
        return status;
    int error = serial_start(&m->serial);
    if (error)
        return host_failure("starting the serial thread: %s", strerror(-error));
    outputs_empty(m);
    clock_gettime(CLOCK_MONOTONIC, &m->started);
    if (m->trace != NULL)
        machine_trace_start(m);
    status = machine_start_workers(m);
    if (status == 0)
        status = vcpu_start(&m->vcpu);
    if (status) {
        (void)machine_stop_workers(m, STOP_GRACE_MS);
        return status;
    }
    bool ended = loop_until_stopped(&loop);
    clock_gettime(CLOCK_MONOTONIC, &m->ended);
    if (ended)
        pthread_join(m->vcpu.thread, NULL);
    ended &= machine_stop_workers(m, grace_left(&loop));
    if (stopped_from_outside(m))
        serial_finish(&m->serial, STOP_DRAIN_MS, NULL);
    else
        serial_finish(&m->serial, END_IDLE_MS, interrupted);
    close(loop.signals);
    close(loop.timer);
    if (stopped_from_outside(m)) {
        write_trace_now(m);
        /* What follows may have to be printed into a pipe that nobody empties. */
        if (m->stuck != NULL)
            m->stuck(m->stuck_context);
        signals_exit_soon(outside_status(m));
    }
    if (progress != NULL)
        progress(context, NULL);
    status = verdict(m);
    if (m->serial.dropped > 0 && atomic_load(&m->vcpu.stop) == STOP_GUEST)
        report("%llu bytes of serial output could not be written",
               (unsigned long long)m->serial.dropped);
    if (!ended) {
        /* The vCPU's thread is in a system call that does not come back. Nothing that it uses may be
         * torn down, and nothing more can be waited for. */
        (void)stats_finish(m, status);
        fflush(NULL);
        if (m->stuck != NULL)
            m->stuck(m->stuck_context);
        _exit(status);
    }
    return status;
}
