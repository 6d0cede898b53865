/* SPDX-License-Identifier: MIT */
/*
 * Direct memory: a file mapped as a read-only memory slot. The guest reads it in place, as RAM, without an
 * exit; there is no device, and nothing moves until it is touched. A file that is cut short while the guest
 * reads it: KVM_RUN fails and the run ends with status 1 where KVM maps guest memory by the CPU's own tables;
 * one that interprets the guest gives it unclaimed accesses, all ones, which --stats counts and --strict ends.
 */
#ifndef HOST_DIRECT_MEMORY_H
#define HOST_DIRECT_MEMORY_H

#include "bus.h"
#include "vm.h"

struct direct_memory {
    void *mapping; /* NULL: none */
    uint64_t mapping_length;
    struct bus_region region; /* so that no BAR is decoded over it */
    /* What fw_cfg tells: FW_CFG_DIRECT_MEMORY_* */
    uint8_t place[16];
};

/* Maps path, if it is not NULL, behind all RAM and at DIRECT_MEMORY_BASE at the lowest. 0,
 * EXIT_STATUS_USAGE or EXIT_STATUS_HOST after a message. */
int direct_memory_create(struct direct_memory *direct, struct vm *vm, struct bus *mmio,
                         const char *path, uint64_t ram_end);
void direct_memory_destroy(struct direct_memory *direct);

#endif
