/* SPDX-License-Identifier: MIT */
/* Opening disk images: every refusal names the option, the file and the reason. */
#include "disks.h"

#include "report.h"
#include "same_file.h"

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

/* One file twice is fine as long as nobody writes to it. */
static bool clash(const struct file_backend *a, const struct file_backend *b)
{
    return !(a->backend.read_only && b->backend.read_only) && same_file_fds(a->fd, b->fd);
}

#define MAX_FILES (OPTIONS_MAX_ATA + OPTIONS_MAX_VIRTIO_BLK + 2)

struct named_file {
    const char *option;
    const struct file_backend *file;
};

/* All files of the machine with the options that named them. */
static unsigned list_files(const struct disks *disks, struct named_file *files)
{
    unsigned n = 0;
    for (unsigned i = 0; i < disks->ata_count; i++)
        files[n++] = (struct named_file){"--ata", &disks->ata[i]};
    for (unsigned i = 0; i < disks->virtio_blk_count; i++)
        files[n++] = (struct named_file){"--virtio-blk", &disks->virtio_blk[i]};
    if (disks->has_chunk_in)
        files[n++] = (struct named_file){"--chunk", &disks->chunk_in};
    if (disks->has_chunk_out)
        files[n++] = (struct named_file){"--chunk", &disks->chunk_out};
    return n;
}

static int refuse_same_file(const struct disks *disks)
{
    struct named_file files[MAX_FILES];
    unsigned count = list_files(disks, files);
    for (unsigned i = 0; i < count; i++)
        for (unsigned j = 0; j < i; j++)
            if (clash(files[i].file, files[j].file))
                return wrong_use(files[i].option, files[i].file->backend.name,
                                 "the same file is given twice, and not only to be read");
    return 0;
}

bool disks_use(const struct disks *disks, int fd)
{
    struct named_file files[MAX_FILES];
    unsigned count = list_files(disks, files);
    for (unsigned i = 0; i < count; i++)
        if (same_file_fds(files[i].file->fd, fd))
            return true;
    return false;
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
    if (status == 0)
        status = refuse_same_file(disks);
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
