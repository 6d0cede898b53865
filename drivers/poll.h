/* SPDX-License-Identifier: MIT */
/*
 * poll_until(condition, timeout_ms): the only way a driver waits. True as soon as condition holds,
 * false once timeout_ms milliseconds have passed without it. The condition is evaluated again and
 * again, at least once after the time is up, so that a long pause of the whole machine is no timeout.
 *
 * The clock is not read for the first POLL_SPINS rounds: what is ready at once costs nothing more.
 */
#ifndef DRIVERS_POLL_H
#define DRIVERS_POLL_H

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

#endif
