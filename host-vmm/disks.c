/* SPDX-License-Identifier: MIT */
/* Opening disk images: every refusal names the option, the file and the reason. */
#include "disks.h"

#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/ata.h"

/* Size of a regular file or a block device. Anything else is refused. */
static int size_of(int fd, const char *option, const char *path, uint64_t *size)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return wrong_use(option, path, "%s", strerror(errno));
    if (S_ISREG(st.st_mode)) {
        *size = (uint64_t)st.st_size;
        return 0;
    }
    if (S_ISBLK(st.st_mode)) {
        if (ioctl(fd, BLKGETSIZE64, size) < 0)
            return wrong_use(option, path, "%s", strerror(errno));
        return 0;
    }
    return wrong_use(option, path, "neither a regular file nor a block device");
}

static int open_disk(const char *option, const struct disk_option *disk, struct file_backend *file)
{
    /* O_NONBLOCK: opening a FIFO by mistake must not wait for its other end. */
    int fd = open(disk->path, (disk->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        const char *hint = !disk->read_only && (errno == EACCES || errno == EROFS)
                               ? " (add ,ro to only read it)"
                               : "";
        return wrong_use(option, disk->path, "%s%s", strerror(errno), hint);
    }
    uint64_t size = 0;
    int status = size_of(fd, option, disk->path, &size);
    if (status == 0 && size == 0)
        status = wrong_use(option, disk->path, "empty");
    if (status == 0 && size % ATA_SECTOR_SIZE != 0)
        status = wrong_use(option, disk->path, "%llu bytes are not a multiple of 512",
                           (unsigned long long)size);
    if (status) {
        close(fd);
        return status;
    }
    file_backend_init(file, fd, disk->path, size, disk->read_only);
    return 0;
}

static int open_chunk_input(struct disks *disks, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return wrong_use("--chunk", path, "%s", strerror(errno));
    uint64_t size = 0;
    int status = size_of(fd, "--chunk", path, &size);
    if (status) {
        close(fd);
        return status;
    }
    file_backend_init(&disks->chunk_in, fd, path, size, true);
    disks->has_chunk_in = true;
    return 0;
}

/* Made when it is not there; what an existing file holds stays until the guest writes over it. */
static int open_chunk_output(struct disks *disks, const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (fd < 0)
        return wrong_use("--chunk", path, "%s", strerror(errno));
    uint64_t size = 0;
    int status = size_of(fd, "--chunk", path, &size);
    if (status) {
        close(fd);
        return status;
    }
    file_backend_init(&disks->chunk_out, fd, path, size, false);
    disks->chunk_out.backend.grows = true;
    disks->has_chunk_out = true;
    return 0;
}

static int refuse_same_file(const struct disks *disks, const char *path)
{
    struct stat in, out;
    if (fstat(disks->chunk_in.fd, &in) == 0 && fstat(disks->chunk_out.fd, &out) == 0 &&
        in.st_dev == out.st_dev && in.st_ino == out.st_ino)
        return wrong_use("--chunk", path, "in and out are the same file");
    return 0;
}

int disks_open(struct disks *disks, const struct machine_options *options)
{
    memset(disks, 0, sizeof *disks);
    int status = 0;
    for (unsigned i = 0; i < options->ata_count && status == 0; i++) {
        status = open_disk("--ata", &options->ata[i], &disks->ata[i]);
        disks->ata_count += status == 0;
    }
    for (unsigned i = 0; i < options->virtio_blk_count && status == 0; i++) {
        status = open_disk("--virtio-blk", &options->virtio_blk[i], &disks->virtio_blk[i]);
        disks->virtio_blk_count += status == 0;
    }
    disks->has_chunk = options->chunk;
    if (status == 0 && options->chunk_in != NULL)
        status = open_chunk_input(disks, options->chunk_in);
    if (status == 0 && options->chunk_out != NULL)
        status = open_chunk_output(disks, options->chunk_out);
    if (status == 0 && disks->has_chunk_in && disks->has_chunk_out)
        status = refuse_same_file(disks, options->chunk_out);
    return status;
}

void disks_close(struct disks *disks)
{
    for (unsigned i = 0; i < disks->ata_count; i++)
        close(disks->ata[i].fd);
    for (unsigned i = 0; i < disks->virtio_blk_count; i++)
        close(disks->virtio_blk[i].fd);
    if (disks->has_chunk_in)
        close(disks->chunk_in.fd);
    if (disks->has_chunk_out)
        close(disks->chunk_out.fd);
    memset(disks, 0, sizeof *disks);
}
