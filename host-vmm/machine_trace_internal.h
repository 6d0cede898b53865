/* SPDX-License-Identifier: MIT */
/* Between recording (machine_trace.c) and what is written of it (machine_trace_files.c). */
#ifndef HOST_MACHINE_TRACE_INTERNAL_H
#define HOST_MACHINE_TRACE_INTERNAL_H

#include "machine_trace.h"
#include "result_file.h"
#include "trace/event.h"

#include <limits.h>

#define MAX_OBSERVED (OPTIONS_MAX_ATA + OPTIONS_MAX_VIRTIO_BLK + 2)
/* One file of the machine's, while the vCPU's thread does its I/O. */
struct observed {
    struct machine_trace *trace;
    unsigned source;
    struct backend_observer observer;
};

struct machine_trace {
    struct machine *machine;
    struct trace *recorder;
    struct result_file files[OPTIONS_MAX_TRACES];
    unsigned file_count;
    struct symbols *symbols;
    struct observed observed[MAX_OBSERVED];
    unsigned observed_count;
    struct trace_thread *vcpu_thread, *main_thread;
    /* With the dispatch lock: the exit under way (kind is TRACE_KINDS where nothing has said yet what it is), and
     * when what is under way began: the exit, or the handing on of a collected write. */
    struct trace_record exit;
    uint64_t since;
    uint64_t reset_since;      /* a reset is under way */
    char directory[PATH_MAX];  /* where the recording is kept until it is written */
    char beside[PATH_MAX + 8]; /* the image's symbols */
    bool written;
    int signal;                 /* that arrived while it was being written */
    struct trace_totals totals; /* when it has been written */
};

/* machine_trace_files.c. Each returns 0, EXIT_STATUS_USAGE or EXIT_STATUS_HOST after a message. */
/* The files of --trace, known to be writable. */
int machine_trace_open_files(struct machine_trace *t, const struct disks *disks);
/* Their symbols: of the ELF file beside the image, where there is one; those that were named have to be there. */
int machine_trace_open_symbols(struct machine_trace *t);
int machine_trace_open_recorder(struct machine_trace *t);

#endif
