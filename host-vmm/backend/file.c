/* SPDX-License-Identifier: MIT */
/* Files as backends. The only preadv, pwritev and fdatasync of the data path are here. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_SIZE 4096
#define SECTOR_SIZE 512

static struct file_backend *file_of(struct backend *b)
{
    return (struct file_backend *)b;
}

static int64_t result_of(int64_t result)
{
    return result < 0 ? -errno : result;
}

int64_t io_step_perform(const struct io_step *step)
{
    uint64_t range[2] = {step->offset, step->length};
    off_t offset = (off_t)step->offset;
    switch (step->call) {
    case IO_CALL_READ:
        return result_of(preadv(step->fd, step->iov, (int)step->count, offset));
    case IO_CALL_WRITE:
        return result_of(pwritev(step->fd, step->iov, (int)step->count, offset));
    case IO_CALL_ALLOCATE:
        return result_of(fallocate(step->fd, step->mode, offset, (off_t)step->length));
    case IO_CALL_DISCARD:
        return result_of(ioctl(step->fd, BLKDISCARD, range));
    case IO_CALL_SYNC:
        return result_of(fdatasync(step->fd));
    }
    return -EINVAL;
}

/* Cuts what is left of the segments down to length bytes, after stepping over skip. What is cut off and
 * lies within zeros bytes after that is cleared. */
static void cut(struct io_progress *p, uint64_t skip, uint64_t length, uint64_t zeros)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < p->count; i++) {
        uint8_t *base = p->iov[i].iov_base;
        uint64_t here = p->iov[i].iov_len;
        uint64_t skipped = skip < here ? skip : here;
        skip -= skipped;
        base += skipped;
        here -= skipped;
        uint64_t used = length < here ? length : here;
        length -= used;
        if (used > 0)
            p->iov[kept++] = (struct iovec){.iov_base = base, .iov_len = used};
        uint64_t cleared = here - used < zeros ? here - used : zeros;
        memset(base + used, 0, cleared);
        zeros -= cleared;
    }
    p->count = kept;
}

static uint64_t at_most(uint64_t value, uint64_t limit)
{
    return value < limit ? value : limit;
}

static uint64_t end_of(const struct io_request *r)
{
    return r->length > UINT64_MAX - r->offset ? UINT64_MAX : r->offset + r->length;
}

/* Never past what was the file's end at the start: bytes after that are padding, whatever they are now.
 * Where the file was cut short behind our back a byte is lost, and not a zero. */
static void trim_read(const struct file_backend *file, struct io_request *r)
{
    struct io_progress *p = &r->progress;
    if (file->backend.grows)
        return;
    uint64_t end = at_most(end_of(r), file->backend.size);
    uint64_t length = end > r->offset ? end - r->offset : 0;
    uint64_t there = file->file_size > r->offset ? file->file_size - r->offset : 0;
    p->whole = true;
    p->end = at_most(length, there);
    p->behind = length - p->end;
    cut(p, 0, p->end, p->behind);
}

static void trim_write(const struct file_backend *file, struct io_request *r)
{
    struct io_progress *p = &r->progress;
    uint64_t start = r->offset, end = end_of(r);
    if (start < file->window_start)
        start = at_most(file->window_start, end);
    end = at_most(end, file->window_end);
    /* What is behind the end of a file that does not grow reads as zeros already. */
    if (r->op != IO_WRITE && !file->backend.grows)
        end = at_most(end, file->file_size);
    if (end < start)
        end = start;
    r->transferred = start - r->offset;
    p->end = end - r->offset;
    p->behind = r->length - p->end;
    if (r->op == IO_WRITE)
        cut(p, r->transferred, end - start, 0);
}

static void file_trim(struct backend *b, struct io_request *r)
{
    if (r->op == IO_READ)
        trim_read(file_of(b), r);
    else
        trim_write(file_of(b), r);
}

/* True when O_DIRECT takes the step. */
static bool is_aligned(const struct file_backend *file, const struct io_step *step)
{
    uint64_t of_file = step->call == IO_CALL_READ ? file->read_alignment : file->write_alignment;
    uint64_t bits = step->offset;
    uint64_t memory = 0;
    for (unsigned i = 0; i < step->count; i++) {
        bits |= step->iov[i].iov_len;
        memory |= (uintptr_t)step->iov[i].iov_base;
    }
    return (bits & (of_file - 1)) == 0 && (memory & (file->memory_alignment - 1)) == 0;
}

static void file_aim(struct backend *b, bool plain, struct io_step *step)
{
    const struct file_backend *file = file_of(b);
    bool moves = step->call == IO_CALL_READ || step->call == IO_CALL_WRITE;
    step->direct = moves && !plain && file->direct_fd >= 0 && is_aligned(file, step);
    step->fd = step->direct ? file->direct_fd : file->fd;
}

static const struct backend_ops file_ops = {.trim = file_trim, .aim = file_aim};

void file_backend_init(struct file_backend *file, int fd, const char *name, uint64_t size,
                       bool read_only)
{
    *file = (struct file_backend){
        .backend = {.ops = &file_ops, .name = name, .size = size, .read_only = read_only},
        .fd = fd,
        .direct_fd = -1,
        .file_size = size,
        .window_end = UINT64_MAX};
    /* That was for opening it. Some kernels' io_uring takes it at its word for files, too. */
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_NONBLOCK) != 0)
        (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

void file_backend_pad(struct file_backend *file, uint32_t block_size)
{
    uint64_t blocks = file->file_size / block_size + (file->file_size % block_size != 0);
    file->backend.size = (blocks > 0 ? blocks : 1) * block_size;
}

/* What O_DIRECT demands of fd's file. 0 or -errno. */
static int find_alignment(struct file_backend *file, int fd)
{
    struct statx st;
    int sector = 0;
    file->memory_alignment = file->read_alignment = SECTOR_SIZE;
#ifdef STATX_DIOALIGN
    if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &st) == 0 &&
        (st.stx_mask & STATX_DIOALIGN) != 0) {
        if (st.stx_dio_offset_align == 0)
            return -EOPNOTSUPP;
        file->memory_alignment = st.stx_dio_mem_align;
        file->read_alignment = st.stx_dio_offset_align;
        return 0;
    }
#endif
    if (ioctl(fd, BLKSSZGET, &sector) == 0 && sector > 0)
        file->memory_alignment = file->read_alignment = (uint32_t)sector;
    return 0;
}

int file_backend_open_direct(struct file_backend *file)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file->fd);
    /* Not by its name: that may be another file's by now. */
    int fd = open(path, (file->backend.read_only ? O_RDONLY : O_RDWR) | O_DIRECT | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = find_alignment(file, fd);
    if (error) {
        close(fd);
        return error;
    }
    file->write_alignment = file->read_alignment;
    /* Ends of a growing file go through the page cache: no page is then written both ways at once. */
    if (file->backend.grows && file->write_alignment < PAGE_SIZE)
        file->write_alignment = PAGE_SIZE;
    file->direct_fd = fd;
    return 0;
}

void file_backend_close(struct file_backend *file)
{
    close(file->fd);
    if (file->direct_fd >= 0)
        close(file->direct_fd);
    file->fd = file->direct_fd = -1;
}
