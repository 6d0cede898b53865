/* SPDX-License-Identifier: MIT */
/*
 * From a model's interrupts to KVM's, through irqfds: raising one is a write to an eventfd, from any
 * thread, and no exit. Models see irq.h only.
 */
#ifndef HOST_INTERRUPTS_H
#define HOST_INTERRUPTS_H

#include "irq.h"
#include "vm.h"

#include <pthread.h>

/* The messages of one device. */
#define MESSAGE_SET_MAX 16

struct message_set {
    struct vm *vm;
    struct trace_source trace_source;
    unsigned count;
    struct message_vector {
        unsigned gsi;
        int fd;
        bool assigned;
        uint64_t sent; /* how often */
    } vectors[MESSAGE_SET_MAX];
};

/* 0 or EXIT_STATUS_HOST after a message. */
int message_set_create(struct message_set *set, struct vm *vm, unsigned count);
void message_set_destroy(struct message_set *set);
struct msi_sink message_set_sink(struct message_set *set);

/*
 * A level-triggered line of the PIC and IO-APIC, of which one device is the only driver. KVM takes the
 * level back at the guest's end of interrupt and says so. One more raise before that would be lost, so it
 * waits for it; but what the guest was interrupted for once is not raised again, even where the end comes
 * before the device is served, as it does from an 8259's driver, and from software KVM by itself.
 */
struct level_line {
    struct vm *vm;
    unsigned gsi;
    struct trace_source trace_source;
    int fd, resample_fd;
    pthread_mutex_t lock;
    bool up;         /* raised, and no end of interrupt seen since */
    bool waiting;    /* the device has asserted it anew meanwhile */
    uint64_t raised; /* how often */
};

/* 0 or EXIT_STATUS_HOST after a message. */
int level_line_create(struct level_line *line, struct vm *vm, unsigned gsi);
void level_line_destroy(struct level_line *line);
struct irq_line level_line_irq(struct level_line *line);
/* resample_fd is readable: the guest has ended the interrupt. */
void level_line_ended(struct level_line *line);
/* Device and interrupt controllers have been reset: down, and no end will be told. */
void level_line_reset(struct level_line *line);

/* An edge-triggered line of the PIC and IO-APIC: each rise of the device's is one interrupt. */
struct edge_line {
    struct vm *vm;
    unsigned gsi;
    struct trace_source trace_source;
    int fd;
    uint64_t raised; /* how often */
};

/* 0 or EXIT_STATUS_HOST after a message. */
int edge_line_create(struct edge_line *line, struct vm *vm, unsigned gsi);
void edge_line_destroy(struct edge_line *line);
struct irq_line edge_line_irq(struct edge_line *line);

#endif
