/* SPDX-License-Identifier: MIT */
/*
 * The chunk device: Trapline's own request/response device, one page of registers in BAR0 and
 * buffers in guest RAM. README.md says how a driver uses it. Little-endian; 32-bit registers take
 * 32-bit accesses, 64-bit ones a single 64-bit access or two 32-bit halves.
 */
#ifndef ABI_CHUNK_H
#define ABI_CHUNK_H

#include <stddef.h>
#include <stdint.h>

#define CHUNK_PCI_VENDOR 0x1234
#define CHUNK_PCI_DEVICE 0x7470
#define CHUNK_BAR_SIZE 0x1000

#define CHUNK_REG_COMMAND 0x00       /* u32 rw */
#define CHUNK_REG_STATUS 0x04        /* u32 ro */
#define CHUNK_REG_DATA_GPA 0x08      /* u64 rw: what WRITE_CHUNK sends */
#define CHUNK_REG_DATA_LENGTH 0x10   /* u64 rw, bytes */
#define CHUNK_REG_RESULT_GPA 0x18    /* u64 rw: where READ_CHUNK and GET_SIZE answer */
#define CHUNK_REG_RESULT_LENGTH 0x20 /* u64 rw, bytes */
#define CHUNK_REG_DOORBELL 0x28      /* u32 wo: any write starts the command */
#define CHUNK_REG_ERROR 0x2c         /* u32 ro */
#define CHUNK_REG_OFFSET 0x30        /* u64 rw: byte offset in the file */
#define CHUNK_REG_TRANSFERRED 0x38   /* u64 ro: bytes the last command really moved */
#define CHUNK_REG_ID 0x40            /* u32 ro */
#define CHUNK_REG_VERSION 0x44       /* u32 ro */
#define CHUNK_REG_FEATURES 0x48      /* u32 ro */
#define CHUNK_REG_TAG 0x4c           /* u32 rw */
#define CHUNK_REG_DONE_TAG 0x50      /* u32 ro: tag of the last finished command, stored last */
#define CHUNK_REG_CONTROL 0x54       /* u32 rw */
#define CHUNK_REG_RING_GPA 0x60      /* u64 rw, with CHUNK_FEATURE_RING */
#define CHUNK_REG_RING_ENTRIES 0x68  /* u32 rw, with CHUNK_FEATURE_RING */

#define CHUNK_CMD_READ_CHUNK 1
#define CHUNK_CMD_WRITE_CHUNK 2
#define CHUNK_CMD_GET_SIZE 3
#define CHUNK_CMD_FLUSH 4

#define CHUNK_STATUS_IDLE 0
#define CHUNK_STATUS_BUSY 1
#define CHUNK_STATUS_COMPLETE 2
#define CHUNK_STATUS_ERROR 3

#define CHUNK_ERROR_NONE 0
#define CHUNK_ERROR_UNKNOWN_COMMAND 1
#define CHUNK_ERROR_BAD_ADDRESS 2 /* not wholly in RAM */
#define CHUNK_ERROR_BAD_LENGTH 3
#define CHUNK_ERROR_NO_FILE 4 /* read-only, or no such file */
#define CHUNK_ERROR_IO 5
#define CHUNK_ERROR_NO_SPACE 6
#define CHUNK_ERROR_NOT_MASTER 8 /* PCI bus mastering is off */

#define CHUNK_ID 0x4b4e4843 /* "CHNK" in memory order */
#define CHUNK_VERSION 1
#define CHUNK_FEATURE_RING 0x1

#define CHUNK_CONTROL_RESET 0x1
#define CHUNK_CONTROL_RING 0x2
#define CHUNK_CONTROL_MSI 0x4

/* The ring (CHUNK_FEATURE_RING): a power of two of entries, at a multiple of the entry's size. state
 * belongs to the driver while it is not SUBMITTED. The device takes entries in order, and completes
 * them in any. */
#define CHUNK_RING_ENTRIES_MIN 2
#define CHUNK_RING_ENTRIES_MAX 1024

#define CHUNK_ENTRY_FREE 0
#define CHUNK_ENTRY_SUBMITTED 1 /* stored by the driver, last, with release */
#define CHUNK_ENTRY_COMPLETE 2  /* stored by the device, last, with release */
#define CHUNK_ENTRY_ERROR 3     /* likewise; error says why */

#define CHUNK_ENTRY_INTERRUPT 0x1 /* flags: one message when it is done */

struct chunk_ring_entry {
    uint32_t command; /* CHUNK_CMD_* */
    uint32_t flags;
    uint64_t gpa;         /* data or result buffer */
    uint64_t length;      /* bytes */
    uint64_t offset;      /* bytes in the file */
    uint64_t cookie;      /* the driver's own; the device leaves it alone */
    uint64_t transferred; /* device */
    uint32_t error;       /* device: CHUNK_ERROR_* */
    uint32_t reserved[2];
    uint32_t state;
};
_Static_assert(sizeof(struct chunk_ring_entry) == 64, "chunk_ring_entry");
_Static_assert(offsetof(struct chunk_ring_entry, error) == 0x30, "error");
_Static_assert(offsetof(struct chunk_ring_entry, state) == 0x3c, "state");

#define CHUNK_MAX_LENGTH 0x4000000 /* 64 MiB a command */
#define CHUNK_SIZE_BYTES 8         /* what GET_SIZE stores */

#endif
