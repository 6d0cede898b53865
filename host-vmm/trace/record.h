/* SPDX-License-Identifier: MIT */
/*
 * What is recorded of a run: one struct trace_record for each thing that happened, as it happened. Numbers
 * only; words are made of them when the run is over.
 */
#ifndef HOST_TRACE_RECORD_H
#define HOST_TRACE_RECORD_H

#include <stdint.h>

enum trace_kind {
    /* An access of the guest that ended KVM_RUN: address, size, count, data, duration, backend */
    TRACE_EXIT,
    /* A write that KVM collected; time is when it was handed on. No rip: where the guest was is not known. */
    TRACE_COALESCED,
    /* KVM_RUN ended for another reason than an access: value is KVM's exit reason, KVM_EXIT_INTR where the
     * host itself wanted the vCPU's attention */
    TRACE_OTHER_EXIT,
    /* count doorbells that ended in the kernel, or came as exits, as seen by the worker of source */
    TRACE_DOORBELL,
    /* A request of source: value is its id, unique in the run, op an enum io_op, address the offset in its
     * file, length its bytes. time is when it was submitted; address, op and length come with its end again,
     * which also has moved and error. */
    TRACE_REQUEST,
    TRACE_REQUEST_END,
    /* source has raised an interrupt: value is its message's vector or (port 1) its line's number */
    TRACE_INTERRUPT,
    /* A region has come (value 1) to address, of length bytes, or has left it (value 0); port says where, op what
     * it is (enum trace_region); where count is not 0, it is BAR count - 1 of the PCI function in offset */
    TRACE_MAP,
    TRACE_RESET, /* the guest has asked for a reset of the machine: duration */
    /* value records of this thread, from this time on, could not be kept */
    TRACE_GAP,
    TRACE_KINDS
};

enum trace_region {
    TRACE_REGION_DEVICE,   /* a device of the host program */
    TRACE_REGION_MEMORY,   /* RAM, ROM, a file: no exit, but for writes to ROM */
    TRACE_REGION_KERNEL,   /* a device in the kernel */
    TRACE_REGION_RESERVED, /* nobody answers, and no BAR may be there */
    TRACE_REGIONS
};

/* A PCI function as a number: bus, device, function */
#define TRACE_FUNCTION(device, function) ((uint64_t)(device) << 3 | (function))
#define TRACE_FUNCTION_DEVICE(number) ((unsigned)((number) >> 3 & 31))
#define TRACE_FUNCTION_NUMBER(number) ((unsigned)((number)&7))

/* How the CPU ran, as vcpu_mode() names it */
enum trace_mode {
    TRACE_MODE_UNKNOWN,
    TRACE_MODE_REAL16,
    TRACE_MODE_PROT16,
    TRACE_MODE_PROT32,
    TRACE_MODE_LONG64,
    TRACE_MODE_COMPAT32,
    TRACE_MODE_COMPAT16,
    TRACE_MODE_VM86,
    TRACE_MODES
};

/* "real16", "prot32", ...; "" for TRACE_MODE_UNKNOWN */
const char *trace_mode_name(enum trace_mode mode);

#define TRACE_DATA_BYTES 64 /* of an access that are kept: an entry of fw_cfg's directory */

struct trace_record {
    uint64_t time; /* ns since the first instruction */
    /* ns. TRACE_EXIT, TRACE_OTHER_EXIT: from the end of KVM_RUN, when what it had collected had been
     * handed on, to the next one. TRACE_COALESCED: the handing on. TRACE_REQUEST: since its doorbell
     * was seen. TRACE_REQUEST_END: since it was taken. */
    uint64_t duration;
    uint64_t backend; /* ns of those in which the file was read or written, in this thread */
    uint64_t address; /* port, or guest-physical; TRACE_REQUEST: bytes */
    uint64_t rip;     /* linear: cs.base added; of the instruction, or behind it (symbols.h) */
    union {
        uint8_t data[TRACE_DATA_BYTES]; /* the first of size * count bytes, written or read */
        uint64_t value;
        struct {
            uint64_t id;
            uint64_t moved; /* TRACE_REQUEST_END */
        };
    };
    uint64_t length; /* bytes; TRACE_EXIT, TRACE_COALESCED: unused */
    uint64_t offset; /* TRACE_EXIT, TRACE_COALESCED: of address in its region */
    uint32_t count;  /* elements of a string instruction, else 1; doorbells */
    int32_t error;   /* TRACE_REQUEST_END: 0 or an errno */
    uint16_t source; /* index into the trace's names: device, or 0 for none */
    uint8_t kind;    /* enum trace_kind */
    uint8_t thread;  /* index into the trace's threads */
    uint8_t access;  /* enum exit_kind */
    uint8_t size;    /* bytes of one element */
    uint8_t mode;    /* enum trace_mode */
    uint8_t result;  /* enum bus_result */
    uint8_t op;      /* enum io_op */
    uint8_t port;    /* TRACE_MAP: 1 on the bus of ports, 0 in memory; TRACE_INTERRUPT */
    uint8_t nested;  /* it came inside an exit of its thread */
    uint8_t open;    /* TRACE_EXIT: the host never came back from it */
    uint8_t unused[4];
};

_Static_assert(sizeof(struct trace_record) == 144, "struct trace_record is written to a file");

#endif
