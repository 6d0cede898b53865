/* SPDX-License-Identifier: MIT */
/* The machine's chunk device: how its doorbell travels, who runs its commands, where its messages go. */
#ifndef HOST_MACHINE_CHUNK_H
#define HOST_MACHINE_CHUNK_H

#include "disks.h"
#include "interrupts.h"
#include "options.h"
#include "worker.h"

struct machine;

/* What is between the model and the VM. Without a thread (CHUNK_MODE_TRAP) only the messages. */
struct machine_chunk {
    enum chunk_mode mode;
    struct message_set messages;
    struct worker worker;
    unsigned slot;       /* of the page of registers; not in CHUNK_MODE_EVENTFD */
    bool shown;          /* the slot is there, at the BAR's address */
    bool doorbell_taken; /* by KVM; otherwise a write to it is an exit */
    unsigned zones;      /* bit i: zone i is collected; otherwise a write there is an exit */
};

/* Makes the device where disks has it. False after a message. machine_destroy_chunk() is to be called
 * either way, once its worker has ended. */
bool machine_add_chunk(struct machine *m, struct disks *disks);
void machine_destroy_chunk(struct machine *m);

/* After the configuration space was reset. */
void machine_reset_chunk(struct machine *m);

#endif
