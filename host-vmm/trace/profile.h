/* SPDX-License-Identifier: MIT */
/*
 * The short form: exits by device, the busiest registers, and where the time went. Fed by a run as it goes, by
 * its records afterwards, or by a trace that was written earlier.
 */
#ifndef HOST_TRACE_PROFILE_H
#define HOST_TRACE_PROFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PROFILE_BUSIEST 10

struct profile;

/* NULL: no memory */
struct profile *profile_create(void);
void profile_destroy(struct profile *profile);

/* The device that an access is counted for: device itself, but one for all PCI functions that do not exist,
 * of which a scan of the bus finds hundreds. words: as decoded. */
#define PROFILE_NO_FUNCTION "pci, nobody there"
const char *profile_device(const char *device, const char *words);

/* One access: an exit that took ns in user space, or (exit false) a write that KVM collected. reg is the
 * register's name. accesses: elements of a string instruction. */
void profile_access(struct profile *profile, const char *device, const char *reg, bool is_write,
                    bool exit, uint64_t accesses, uint64_t ns);
/* An exit that was no access. */
void profile_other_exit(struct profile *profile, uint64_t ns);
/* ns that the host took while no exit was under way: to reset the devices */
void profile_host(struct profile *profile, uint64_t ns);
/* ns of the exits in which a file was read or written */
void profile_backend(struct profile *profile, uint64_t ns);
/* One request that a worker ran, from when it was taken until it was done. */
void profile_request(struct profile *profile, uint64_t ns);

/* One device and register. */
struct profile_row {
    const char *device, *reg;
    bool is_write;
    uint64_t exits, accesses, collected;
    uint64_t ns, median_ns; /* of the exits; the median within a twelfth */
    uint64_t longest_ns;
};

/* Most exits first. The rows stay the profile's. */
const struct profile_row *profile_rows(struct profile *profile, unsigned *count);

/* The short form as text. run_ns: from the first instruction to the end. Lines no wider than 80 columns. */
void profile_print(struct profile *profile, uint64_t run_ns, FILE *out);

#endif
