/* SPDX-License-Identifier: MIT */
/* Between counting (profile.c) and showing (profile_print.c). */
#ifndef HOST_TRACE_PROFILE_INTERNAL_H
#define HOST_TRACE_PROFILE_INTERNAL_H

#include "profile.h"

#define PROFILE_SLOTS 8192

struct row;

struct profile {
    struct row **slots; /* by hash; PROFILE_SLOTS */
    struct row **rows;  /* in order of appearance */
    unsigned count;
    struct profile_row *shown; /* profile_rows(), sorted */
    uint64_t exits, exit_ns;   /* of accesses */
    uint64_t other_exits, other_ns;
    uint64_t backend_ns;
    uint64_t requests, request_ns;
};

#endif
