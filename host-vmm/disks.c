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

int disks_go_direct(const char *option, struct file_backend *file, bool direct)
{
    int error = direct ? -file_backend_open_direct(file) : 0;
    if (error == 0)
        return 0;
    if (error == EINVAL || error == EOPNOTSUPP)
        return wrong_use(option, file->backend.name, "its file system has no O_DIRECT");
    return wrong_use(option, file->backend.name, "opening it with O_DIRECT: %s", strerror(error));
}

/* A file's name may have commas in it: what was meant as a key, but is none, is a part of the name. */
static int cannot_open(const char *option, const char *path, const char *keys, int error)
{
    const char *comma = error == ENOENT ? strrchr(path, ',') : NULL;
    if (comma == NULL || strchr(comma, '/') != NULL)
        return wrong_use(option, path, "%s", strerror(error));
    if (comma[1] == '\0')
        return wrong_use(option, path, "%s (an empty key; keys: %s)", strerror(error), keys);
    return wrong_use(option, path, "%s (%s is no key: %s)", strerror(error), comma + 1, keys);
}

static int open_disk(const char *option, const char *keys, const struct disk_option *disk,
                     struct file_backend *file)
{
    /* O_NONBLOCK: opening a FIFO by mistake must not wait for its other end. */
    int fd = open(disk->path, (disk->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        int error = errno;
        if (!disk->read_only && (error == EACCES || error == EROFS))
            return wrong_use(option, disk->path, "%s (add ,ro to only read it)", strerror(error));
        return cannot_open(option, disk->path, keys, error);
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
    status = disks_go_direct(option, file, disk->direct);
    if (status)
        file_backend_close(file);
    return status;
}

static int open_chunk_input(struct disks *disks, const char *path, bool direct)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return cannot_open("--chunk", path, "in=, out=, mode=, direct", errno);
    uint64_t size = 0;
    int status = size_of(fd, "--chunk", path, &size);
    if (status) {
        close(fd);
        return status;
    }
    file_backend_init(&disks->chunk_in, fd, path, size, true);
    disks->has_chunk_in = true;
    return disks_go_direct("--chunk", &disks->chunk_in, direct);
}

/* Made when it is not there; what an existing file holds stays until the guest writes over it. */
static int open_chunk_output(struct disks *disks, const char *path, bool direct)
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
    return disks_go_direct("--chunk", &disks->chunk_out, direct);
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
        status = open_disk("--ata", "ro, direct", &options->ata[i], &disks->ata[i]);
        disks->ata_count += status == 0;
    }
    for (unsigned i = 0; i < options->virtio_blk_count && status == 0; i++) {
        status = open_disk("--virtio-blk",
                           "ro, direct, mode=, queues=, features=", &options->virtio_blk[i],
                           &disks->virtio_blk[i]);
        disks->virtio_blk_count += status == 0;
    }
    disks->has_chunk = options->chunk;
    if (status == 0 && options->chunk_in != NULL)
        status = open_chunk_input(disks, options->chunk_in, options->chunk_direct);
    if (status == 0 && options->chunk_out != NULL)
        status = open_chunk_output(disks, options->chunk_out, options->chunk_direct);
    if (status == 0)
        status = refuse_same_file(disks);
    return status;
}

void disks_close(struct disks *disks)
{
    for (unsigned i = 0; i < disks->ata_count; i++)
        file_backend_close(&disks->ata[i]);
    for (unsigned i = 0; i < disks->virtio_blk_count; i++)
        file_backend_close(&disks->virtio_blk[i]);
    if (disks->has_chunk_in)
        file_backend_close(&disks->chunk_in);
    if (disks->has_chunk_out)
        file_backend_close(&disks->chunk_out);
    memset(disks, 0, sizeof *disks);
}
