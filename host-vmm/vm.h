/* SPDX-License-Identifier: MIT */
/*
 * The KVM side of the virtual machine: memory slots, interrupt controllers, coalesced writes. What the
 * slots hold and what the ports mean is machine.c's.
 */
#ifndef HOST_VM_H
#define HOST_VM_H

#include "guest_memory.h"

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct rom {
    uint8_t *image; /* mapped copy of the file */
    uint64_t size;  /* a multiple of 64 KiB, at most 4 MiB */
    uint64_t alias; /* bytes of its top that also show below 1 MiB */
    dev_t device;   /* which file it is: nothing may be written there */
    ino_t inode;
};

#define ROM_UNIT 65536u
#define ROM_MAX (4u << 20)
#define ROM_ALIAS_MAX (128u << 10)

/* A write that KVM collects in its ring instead of leaving KVM_RUN. */
typedef void coalesced_write(void *context, bool port, uint64_t address, unsigned size,
                             const void *data);

struct vm {
    int kvm, fd;
    int run_size; /* bytes of a vCPU's kvm_run mapping */
    unsigned next_slot;
    struct kvm_coalesced_mmio_ring *ring; /* in the first vCPU's mapping; NULL: not offered */
    unsigned ring_entries;
    uint32_t ring_page;
};

/* Opens /dev/kvm and makes a VM with in-kernel PIC, IO-APIC and PIT. 0, EXIT_STATUS_USAGE (no usable
 * /dev/kvm) or EXIT_STATUS_HOST, after a message. */
int vm_create(struct vm *vm);
void vm_destroy(struct vm *vm);

/* RAM, and the ROM below 4 GiB, become memory slots. 0 or EXIT_STATUS_HOST after a message. */
int vm_add_memory(struct vm *vm, const struct guest_memory *memory);
int vm_add_rom(struct vm *vm, const struct rom *rom);

/* Memory slots that come and go: a number, then what it shows. While a slot that the guest may be using
 * is missing, only the vCPU's own thread may be at work here. 0 or EXIT_STATUS_HOST after a message. */
unsigned vm_new_slot(struct vm *vm);
int vm_set_slot(struct vm *vm, unsigned slot, gpa_t gpa, uint64_t size, const void *host,
                bool read_only);
int vm_remove_slot(struct vm *vm, unsigned slot);

/* Writes to these ports are collected; false where this KVM cannot. */
bool vm_coalesce_ports(struct vm *vm, uint64_t port, uint32_t length);

/* Hands out everything in the ring, oldest first. The caller holds the machine's dispatch lock. */
void vm_coalesced_drain(struct vm *vm, coalesced_write *write, void *context);

/* True when there is something in the ring. Any thread may ask. */
bool vm_coalesced_pending(const struct vm *vm);

/* Level of an input of the PIC and IO-APIC. */
void vm_irq_line(struct vm *vm, unsigned irq, bool level);

#endif
