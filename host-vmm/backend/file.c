/* SPDX-License-Identifier: MIT */
/* Files as backends. The only preadv and pwritev of the data path are here. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MAX_IOV 256
#define WRITE_BACK_EVERY (8u << 20) /* bytes */

static struct file_backend *file_of(struct backend *b)
{
    return (struct file_backend *)b;
}

/* Copies as much of the segments as lies in the first limit bytes, after skipping skip bytes. */
static unsigned clip(const struct iovec *iov, unsigned count, uint64_t skip, uint64_t limit,
                     struct iovec *out)
{
    unsigned n = 0;
    for (unsigned i = 0; i < count && limit > 0; i++) {
        if (skip >= iov[i].iov_len) {
            skip -= iov[i].iov_len;
            continue;
        }
        uint64_t length = iov[i].iov_len - skip;
        if (length > limit)
            length = limit;
        out[n].iov_base = (uint8_t *)iov[i].iov_base + skip;
        out[n++].iov_len = length;
        skip = 0;
        limit -= length;
    }
    return n;
}

static uint64_t total(const struct iovec *iov, unsigned count)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += iov[i].iov_len;
    return sum;
}

/* Zeros for the part of a disk's last block that the file does not have. */
static int64_t read_padding(const struct file_backend *file, const struct iovec *iov,
                            unsigned count, uint64_t offset)
{
    if (offset >= file->backend.size)
        return 0;
    struct iovec part[MAX_IOV];
    unsigned n = clip(iov, count, 0, file->backend.size - offset, part);
    for (unsigned i = 0; i < n; i++)
        memset(part[i].iov_base, 0, part[i].iov_len);
    return (int64_t)total(part, n);
}

static int64_t file_readv(struct backend *b, const struct iovec *iov, unsigned count,
                          uint64_t offset)
{
    struct file_backend *file = file_of(b);
    if (count > MAX_IOV)
        count = MAX_IOV;
    if (file->backend.grows) {
        ssize_t done = preadv(file->fd, iov, (int)count, (off_t)offset);
        return done < 0 ? -errno : done;
    }
    if (offset >= file->file_size)
        return read_padding(file, iov, count, offset);
    /* Never past what was the end at the start: bytes after that are padding, whatever they are now. */
    struct iovec part[MAX_IOV];
    unsigned n = clip(iov, count, 0, file->file_size - offset, part);
    ssize_t done = preadv(file->fd, part, (int)n, (off_t)offset);
    if (done < 0)
        return -errno;
    /* The file was cut short behind our back: that is a lost byte, not a zero. */
    return done == 0 ? -EIO : done;
}

/* Lets the disk work while the guest does: a flush then finds little left to write. Only a hint, and
 * no word about durability: its failure is not looked at, the flush's is. */
static void start_write_back(struct file_backend *file, uint64_t written)
{
    file->unsent += written;
    if (file->unsent < WRITE_BACK_EVERY)
        return;
    file->unsent = 0;
    (void)sync_file_range(file->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

static int64_t file_writev(struct backend *b, const struct iovec *iov, unsigned count,
                           uint64_t offset)
{
    struct file_backend *file = file_of(b);
    if (count > MAX_IOV)
        count = MAX_IOV;
    uint64_t length = total(iov, count);
    if (offset + length <= file->window_start || offset >= file->window_end)
        return (int64_t)length;
    struct iovec part[MAX_IOV];
    uint64_t skip = offset < file->window_start ? file->window_start - offset : 0;
    uint64_t room = file->window_end - offset - skip;
    unsigned n = clip(iov, count, skip, room, part);
    uint64_t wanted = total(part, n);
    ssize_t done = pwritev(file->fd, part, (int)n, (off_t)(offset + skip));
    if (done < 0)
        return -errno;
    start_write_back(file, (uint64_t)done);
    if ((uint64_t)done < wanted)
        return (int64_t)skip + done;
    return (int64_t)length;
}

static int file_flush(struct backend *b)
{
    return fdatasync(file_of(b)->fd) < 0 ? -errno : 0;
}

static const struct backend_ops file_ops = {
    .readv = file_readv, .writev = file_writev, .flush = file_flush};

void file_backend_init(struct file_backend *file, int fd, const char *name, uint64_t size,
                       bool read_only)
{
    *file = (struct file_backend){
        .backend = {.ops = &file_ops, .name = name, .size = size, .read_only = read_only},
        .fd = fd,
        .file_size = size,
        .window_end = UINT64_MAX};
}

void file_backend_pad(struct file_backend *file, uint32_t block_size)
{
    uint64_t blocks = file->file_size / block_size + (file->file_size % block_size != 0);
    file->backend.size = (blocks > 0 ? blocks : 1) * block_size;
}
