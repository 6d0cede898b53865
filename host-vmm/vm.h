/* SPDX-License-Identifier: MIT */
/*
 * The KVM side of the virtual machine: memory slots, interrupt controllers, coalesced writes. What the
 * slots hold and what the ports mean is machine.c's.
 */
#ifndef HOST_VM_H
#define HOST_VM_H

#include "guest_memory.h"
#include "trace/trace.h"

#include <linux/kvm.h>
#include <linux/limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct rom {
    uint8_t *image; /* mapped copy of the file */
    uint64_t size;  /* a multiple of 64 KiB, at most 4 MiB */
    uint64_t alias; /* bytes of its top that also show below 1 MiB */
    char path[PATH_MAX];
    dev_t device; /* which file it is: nothing may be written there */
    ino_t inode;
};

#define ROM_UNIT 65536u
#define ROM_MAX (4u << 20)
#define ROM_ALIAS_MAX (128u << 10)

#define VM_MESSAGES_MAX 256

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
    /* KVM_SET_GSI_ROUTING replaces the whole table: this is all of it. First the controllers' inputs,
     * then the messages. */
    pthread_mutex_t routing_lock;
    struct kvm_irq_routing *routing;
    struct vm_message {
        bool routed;
        uint64_t address;
        uint32_t data;
    } messages[VM_MESSAGES_MAX];
    unsigned message_count;
    /* Every access is to be an exit: nothing is collected, no doorbell ends in the kernel. */
    bool exact;
    struct trace *trace; /* NULL: nobody records */
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
void vm_uncoalesce_ports(struct vm *vm, uint64_t port, uint32_t length);
/* The same for addresses, which may come and go: what is in the ring stays there. */
bool vm_coalesce_mmio(struct vm *vm, uint64_t address, uint32_t length);
void vm_uncoalesce_mmio(struct vm *vm, uint64_t address, uint32_t length);

/* Hands out everything in the ring, oldest first. The caller holds the machine's dispatch lock. */
void vm_coalesced_drain(struct vm *vm, coalesced_write *write, void *context);

/* True when there is something in the ring. Any thread may ask. */
bool vm_coalesced_pending(const struct vm *vm);

/* The hypercalls in mask (bits 1 << number) end KVM_RUN; false where this KVM cannot. */
bool vm_take_hypercalls(struct vm *vm, uint64_t mask);

/* Level of an input of the PIC and IO-APIC. */
void vm_irq_line(struct vm *vm, unsigned irq, bool level);

/*
 * A doorbell (KVM_IOEVENTFD): a write that ends in the kernel, which adds 1 to fd and lets the guest go
 * on. It is an exit from the guest all the same, only a cheap one: nobody in user space is woken to
 * answer it. A write that matches no doorbell is an ordinary exit.
 */
struct vm_doorbell {
    bool port;
    uint64_t address;
    unsigned length; /* 1, 2, 4 or 8 bytes, or 0: a write of any width */
    bool matches;    /* only a write of value rings it; not with length 0 */
    uint64_t value;
    int fd;
};

/* 0 or -errno; -EOPNOTSUPP where every access is to be an exit. */
int vm_doorbell_assign(struct vm *vm, const struct vm_doorbell *doorbell);
int vm_doorbell_deassign(struct vm *vm, const struct vm_doorbell *doorbell);

/* An interrupt that is raised by adding to fd (KVM_IRQFD). resample_fd < 0: an edge. Else a level that
 * stays up until the guest's end of interrupt, which adds 1 to resample_fd. 0 or -errno. Any thread. */
int vm_irqfd_assign(struct vm *vm, unsigned gsi, int fd, int resample_fd);
int vm_irqfd_deassign(struct vm *vm, unsigned gsi, int fd);

/* Messages. A GSI beyond the IO-APIC's inputs for each, which goes nowhere yet; -1 when there is none
 * left. */
int vm_message_new(struct vm *vm);
/* Where it goes from now on. Any thread. 0 or -errno. */
int vm_message_route(struct vm *vm, unsigned gsi, uint64_t address, uint32_t data);

#endif
