/* SPDX-License-Identifier: MIT */
/* The files behind the machine's disks and its chunk device, opened and checked. */
#ifndef HOST_DISKS_H
#define HOST_DISKS_H

#include "backend/file.h"
#include "options.h"

struct disks {
    struct file_backend ata[OPTIONS_MAX_ATA];
    unsigned ata_count;
    struct file_backend virtio_blk[OPTIONS_MAX_VIRTIO_BLK];
    unsigned virtio_blk_count;
    struct file_backend chunk_in, chunk_out;
    bool has_chunk, has_chunk_in, has_chunk_out;
};

/* Opens every file that options names. 0 or EXIT_STATUS_USAGE after a message. disks_close() is to be
 * called either way. */
int disks_open(struct disks *disks, const struct machine_options *options);
void disks_close(struct disks *disks);

/* Where direct is true, file goes past the page cache from now on; set grows before. Where that cannot be
 * done nobody is to believe that it is: 0 or EXIT_STATUS_USAGE after a message that names option. */
int disks_go_direct(const char *option, struct file_backend *file, bool direct);

/* True when fd is open on one of the files. */
bool disks_use(const struct disks *disks, int fd);

#endif
