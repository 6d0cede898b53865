/* SPDX-License-Identifier: MIT */
/*
 * poll_until() and wait_until(), the ways in which a driver waits: by looking again and again, and
 * asleep where it has an interrupt. A third one is ata_dma.c's poll_seldom(), for a register whose
 * every look is an exit.
 *
 * poll_until(condition, timeout_ms): true as soon as condition holds, false once timeout_ms
 * milliseconds have passed without it. The condition is evaluated again and again, at least once
 * after the time is up, so that a long pause of the whole machine is no timeout.
 *
 * The clock is not read for the first POLL_SPINS rounds: what is ready at once costs nothing more.
 */
#ifndef DRIVERS_POLL_H
#define DRIVERS_POLL_H

#include "interrupt.h"
#include "io.h"
#include "platform.h"

#include <stdbool.h>
#include <stdint.h>

/* Long enough for a device model that works in another thread, so that most boots never measure the
 * clock; short enough (about 0.1 s at worst) to keep a failed wait under two seconds in all. */
#define POLL_SPINS 10000
#define POLL_TIMEOUT_MS 1600      /* what a driver allows one command of a device */
#define POLL_RESET_TIMEOUT_MS 200 /* and its reset, which follows a command that timed out */

#define poll_until(condition, timeout_ms)                                                          \
    ({                                                                                             \
        bool poll_done_ = (condition);                                                             \
        for (unsigned poll_spin_ = 0; !poll_done_ && poll_spin_ < POLL_SPINS; poll_spin_++) {      \
            cpu_pause();                                                                           \
            poll_done_ = (condition);                                                              \
        }                                                                                          \
        if (!poll_done_) {                                                                         \
            uint64_t poll_end_ = platform_now() + (uint64_t)(timeout_ms)*1000000u;                 \
            bool poll_late_ = false;                                                               \
            while (!(poll_done_ = (condition)) && !poll_late_) {                                   \
                cpu_pause();                                                                       \
                poll_late_ = platform_now() >= poll_end_;                                          \
            }                                                                                      \
        }                                                                                          \
        poll_done_;                                                                                \
    })

/*
 * wait_until(condition, interrupt, timeout_ms): as poll_until() where interrupt, a pointer to a
 * struct interrupt, is NULL; else the CPU sleeps between two looks. Interrupts are off while the
 * condition is evaluated, so that none is lost between a look and the sleep; and a sleep is never
 * longer than the platform's tick, so that a lost interrupt costs time and not the run.
 */
#define wait_until(condition, interrupt, timeout_ms)                                               \
    ({                                                                                             \
        bool wait_done_;                                                                           \
        if (!(interrupt)) {                                                                        \
            wait_done_ = poll_until(condition, timeout_ms);                                        \
        } else if (!(wait_done_ = (condition))) {                                                  \
            uint64_t wait_end_ = platform_now() + (uint64_t)(timeout_ms)*1000000u;                 \
            bool wait_late_ = false;                                                               \
            do {                                                                                   \
                platform_sleep();                                                                  \
                wait_done_ = (condition);                                                          \
                if (wait_late_)                                                                    \
                    break;                                                                         \
                wait_late_ = platform_now() >= wait_end_;                                          \
            } while (!wait_done_);                                                                 \
        }                                                                                          \
        wait_done_;                                                                                \
    })

#endif
