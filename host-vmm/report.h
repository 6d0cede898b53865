/* SPDX-License-Identifier: MIT */
/* Exit statuses, and the one line that goes with each that is not a pass. */
#ifndef HOST_REPORT_H
#define HOST_REPORT_H

enum exit_status {
    EXIT_STATUS_PASS = 0,
    EXIT_STATUS_HOST = 1,   /* the host failed */
    EXIT_STATUS_USAGE = 2,  /* wrong usage: option, file, /dev/kvm */
    EXIT_STATUS_GUEST = 16, /* plus min(n, 63): the guest reported failure n */
    EXIT_STATUS_TIMEOUT = 120,
    EXIT_STATUS_TRIPLE_FAULT = 121,
    EXIT_STATUS_KVM_INTERNAL = 122,
    EXIT_STATUS_HALTED = 123,
    EXIT_STATUS_SIGNAL = 128, /* plus the signal's number, as a shell would say it */
};

#define EXIT_GUEST_MAX 63

/* The subcommand whose name stands in front of every message. */
void report_command(const char *command);

/* "trapline: run: --ata disk.img: No such file or directory". value may be NULL. Returns
 * EXIT_STATUS_USAGE. */
int wrong_use(const char *option, const char *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "trapline: run: ...". Returns EXIT_STATUS_HOST. */
int host_failure(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How many lines so far: tells whether what failed has already said why. */
unsigned report_count(void);

/* The same line without a verdict. */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
