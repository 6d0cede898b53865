/* SPDX-License-Identifier: MIT */
/*
 * What the guest finds from 0xC0000 to 0xFFFFF, segment by segment, as the host bridge's PAM registers
 * say: the top of the ROM or nothing, RAM that cannot be written, RAM, or writes to RAM under reads from
 * ROM. The RAM is guest memory's own, at its own address in the mapping.
 *
 * RAM is a memory slot. ROM and write-protected RAM are read-only slots: a write to one leaves KVM, ends
 * at the segment's bus region, and is ignored, or stored in the RAM behind where only writes are enabled.
 * So all four combinations are exact. To a device (guest_ptr()) a segment is RAM while it can be both read
 * and written.
 */
#ifndef HOST_SHADOW_H
#define HOST_SHADOW_H

#include "bus.h"
#include "devices/pam.h"
#include "vm.h"

struct shadow_segment {
    struct pam_segment map; /* as it is now */
    unsigned slot;          /* KVM's number for it */
    bool has_slot;
    uint8_t *rom; /* what shows without RAM; NULL: nothing */
    uint8_t *ram; /* what is behind it */
    struct bus_region region;
    uint64_t *ignored_writes;
};

struct shadow {
    struct vm *vm;
    struct guest_memory *memory;
    struct shadow_segment segments[I440FX_PAM_SEGMENTS];
    uint64_t ignored_writes; /* to ROM and to write-protected RAM */
};

/* Claims the segments on the bus and shows the ROM (whose size may be 0) in them, as after reset. 0 or
 * EXIT_STATUS_HOST after a message. */
int shadow_init(struct shadow *shadow, struct vm *vm, struct guest_memory *memory,
                const struct rom *rom, struct bus *mmio);

/* Makes memory slots, guest memory and the bus agree with these registers. Only for the vCPU's thread
 * (which is then in no guest), with the machine's dispatch lock. 0 or EXIT_STATUS_HOST after a message. */
int shadow_update(struct shadow *shadow, const uint8_t registers[I440FX_PAM_COUNT]);

#endif
