/* SPDX-License-Identifier: MIT */
/*
 * The machine: every device at its place, wired to the VM, and the run from the first instruction to
 * the reason why it ended. README.md has the address map.
 */
#ifndef HOST_MACHINE_H
#define HOST_MACHINE_H

#include "bus.h"
#include "devices/chunk.h"
#include "devices/fw_cfg.h"
#include "devices/ide.h"
#include "devices/legacy.h"
#include "devices/pci_host.h"
#include "devices/piix3.h"
#include "devices/uart.h"
#include "direct_memory.h"
#include "disks.h"
#include "guest_memory.h"
#include "interrupts.h"
#include "kernel.h"
#include "machine_chunk.h"
#include "options.h"
#include "serial.h"
#include "shadow.h"
#include "vcpu.h"
#include "virtio/blk.h"
#include "virtio/mmio.h"
#include "virtio/pci.h"
#include "vm.h"
#include "worker.h"

#include <pthread.h>
#include <time.h>

/* First PCI slots: what follows the chunk device is for virtio. */
#define MACHINE_SLOT_ISA 1
#define MACHINE_SLOT_CHUNK 2
#define MACHINE_SLOT_VIRTIO 3
#define MACHINE_SLOT_TESTDEV (MACHINE_SLOT_VIRTIO + OPTIONS_MAX_VIRTIO_BLK)

#define MACHINE_RESERVED_REGIONS 12
#define MACHINE_MAX_WORKERS 16

/* A moment that the guest marks with a POST code. */
struct machine_mark {
    bool seen;
    struct timespec time;
    uint64_t exits;
};

struct machine {
    const struct machine_options *options;
    struct guest_memory memory;
    struct rom rom;       /* of size 0 where a kernel starts without one */
    struct kernel kernel; /* path NULL: the machine starts from its ROM */
    struct vm vm;
    struct vcpu vcpu;
    struct bus ports, mmio;
    struct bus_region reserved[MACHINE_RESERVED_REGIONS];
    unsigned reserved_count;
    struct bus_region rom_region; /* below 4 GiB; what shows below 1 MiB is the shadow's */
    struct shadow shadow;
    /* Held while accesses are dispatched: by the vCPU's thread between two KVM_RUNs, and by the chunk
     * device's worker for what KVM has collected. Devices' own locks are taken inside it. */
    pthread_mutex_t dispatch;

    struct serial serial;
    struct uart_model uart;
    struct pci_host pci;
    struct piix3 piix3;
    struct ide ide;
    struct worker ide_workers[IDE_CHANNELS]; /* machine_ide.c */
    struct edge_line ide_lines[IDE_CHANNELS];
    struct chunk_model chunk;
    struct machine_chunk chunk_host;
    struct fw_cfg_model fw_cfg;
    struct legacy legacy;
    struct virtio_blk_model virtio_blk[OPTIONS_MAX_VIRTIO_BLK];
    struct virtio_pci_model virtio_pci[OPTIONS_MAX_VIRTIO_BLK]; /* or the next, by transport */
    struct virtio_mmio_model virtio_mmio[OPTIONS_MAX_VIRTIO_BLK];
    struct bus_region virtio_mmio_unused;
    struct machine_virtio *virtio; /* machine_virtio.c; NULL: no virtio devices */
    struct direct_memory direct_memory;
    struct machine_testdev *testdev; /* machine_testdev.c; NULL: not there */
    struct machine_trace *trace;     /* machine_trace.c; NULL: nobody wants to know */
    unsigned virtio_blk_count;

    char command_line[COMMAND_LINE_MAX + 1]; /* as the guest gets it */
    /* fw_cfg items that need a place to stay */
    uint64_t ram_size;
    uint16_t cpu_count;
    uint8_t e820[GUEST_RAM_RANGES * E820_RECORD_SIZE];
    char bootorder[512];
    uint64_t hypercalls; /* little-endian */
    uint64_t exits_now;  /* little-endian, as of the last time the guest selected it */

    int debugcon, stats_file; /* fds or -1 */
    uint64_t debug_dropped;
    char debug_line[256];
    unsigned debug_length;
    int stop_event; /* eventfd: the vCPU's thread has ended */

    /* machine_workers.c */
    struct worker *workers[MACHINE_MAX_WORKERS];
    unsigned worker_count;
    struct interrupt_source {
        const char *name; /* the device's */
        const struct message_set *messages;
        const struct level_line *line;
        const struct edge_line *edge;      /* two of the three are NULL */
        struct trace_source *trace_source; /* its own */
    } interrupt_sources[MACHINE_MAX_WORKERS];
    unsigned interrupt_source_count;
    int lines_ended; /* epoll of the level lines: the guest has ended interrupts */

    /* statistics */
    uint64_t exits_by_kind[EXIT_KINDS];
    uint64_t accesses_by_kind[EXIT_KINDS];
    uint64_t unclaimed_exits, unclaimed_coalesced;
    uint64_t odd_accesses, unclaimed_accesses;
    uint64_t coalesced_writes;
    struct timespec started, ended;
    struct machine_mark copy_begin, copy_end;

    /* Called before the program leaves a stuck vCPU behind: last chance to clean up files. */
    void (*stuck)(void *context);
    void *stuck_context;
};

/* Builds everything up to, not including, the first instruction. *m is all zeros, as a static one is: most
 * of it is never used, and not touched then. The files in disks stay the caller's. 0, EXIT_STATUS_USAGE or EXIT_STATUS_HOST after a message; machine_destroy() is to be
 * called either way. */
int machine_create(struct machine *m, const struct machine_options *options, struct disks *disks);
void machine_destroy(struct machine *m);

/* Called about every 100 ms of a run, in the main thread, and once more with m NULL when the run is over,
 * before anything is said about how it ended. */
typedef void machine_progress(void *context, const struct machine *m);

/* Runs the guest to its end. Prints one line unless the guest passed; returns the exit status. */
int machine_run(struct machine *m, machine_progress *progress, void *context);

/* Sum over exits_by_kind. */
uint64_t machine_exits(const struct machine *m);

double seconds_between(const struct timespec *from, const struct timespec *to);

#endif
