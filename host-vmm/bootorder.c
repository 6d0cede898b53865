/* SPDX-License-Identifier: MIT */
/* Looking at boot sectors, and naming the disks that have one. */
#include "bootorder.h"

#include <stdio.h>
#include <string.h>

#include "abi/ata.h"

#define SIGNATURE_OFFSET 510

static bool has_boot_sector(struct backend *disk)
{
    static const uint8_t signature[2] = {0x55, 0xaa};
    uint8_t sector[ATA_SECTOR_SIZE];
    struct io_request request = {.backend = disk,
                                 .op = IO_READ,
                                 .length = sizeof sector,
                                 .segments = {{.iov_base = sector, .iov_len = sizeof sector}},
                                 .segment_count = 1};
    backend_run(&request);
    return request.error == 0 && request.transferred == sizeof sector &&
           memcmp(sector + SIGNATURE_OFFSET, signature, sizeof signature) == 0;
}

size_t bootorder_make(struct disks *disks, unsigned first_slot, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < disks->ata_count && length < size; i++)
        if (has_boot_sector(&disks->ata[i].backend))
            length += (size_t)snprintf(text + length, size - length,
                                       "/pci@i0cf8/ide@1,1/drive@0/disk@%x\n", i);
    for (unsigned i = 0; i < disks->virtio_blk_count && length < size; i++)
        if (has_boot_sector(&disks->virtio_blk[i].backend))
            length += (size_t)snprintf(text + length, size - length,
                                       "/pci@i0cf8/scsi@%x/disk@0,0\n", first_slot + i);
    return length < size ? length : 0;
}
