/* SPDX-License-Identifier: MIT */
/* A backend over an allocation, which fails on demand. */
#include "fake_backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint8_t fake_backend_byte(uint64_t offset)
{
    return (uint8_t)(offset * 7 + offset / 512 + 1);
}

/* Bytes that may move at offset before end and before the injected error, or -errno. */
static int64_t movable(struct fake_backend *fake, uint64_t offset, uint64_t end, int error)
{
    uint64_t bytes;

    if (fake->interruptions > 0) {
        fake->interruptions--;
        return -EINTR;
    }
    if (error != 0 && offset >= fake->error_at)
        return -error;
    bytes = offset < end ? end - offset : 0;
    if (error != 0 && bytes > fake->error_at - offset)
        bytes = fake->error_at - offset;
    if (fake->most != 0 && bytes > fake->most)
        bytes = fake->most;
    return (int64_t)bytes;
}

static int64_t move(struct fake_backend *fake, const struct iovec *iov, unsigned count,
                    uint64_t offset, int64_t most, bool is_write)
{
    uint64_t moved = 0;

    for (unsigned i = 0; i < count && moved < (uint64_t)most; i++) {
        uint64_t here = (uint64_t)most - moved;

        if (here > iov[i].iov_len)
            here = iov[i].iov_len;
        if (is_write)
            memcpy(&fake->bytes[offset + moved], iov[i].iov_base, here);
        else
            memcpy(iov[i].iov_base, &fake->bytes[offset + moved], here);
        moved += here;
    }
    return (int64_t)moved;
}

static int64_t fake_readv(struct backend *b, const struct iovec *iov, unsigned count,
                          uint64_t offset)
{
    struct fake_backend *fake = (struct fake_backend *)b;
    int64_t most = movable(fake, offset, fake->length, fake->read_error);

    fake->reads++;
    return most <= 0 ? most : move(fake, iov, count, offset, most, false);
}

static int64_t fake_writev(struct backend *b, const struct iovec *iov, unsigned count,
                           uint64_t offset)
{
    struct fake_backend *fake = (struct fake_backend *)b;
    int64_t most = movable(fake, offset, fake->room, fake->write_error);
    int64_t moved;

    fake->writes++;
    if (most < 0)
        return most;
    if (most == 0)
        return -ENOSPC;
    moved = move(fake, iov, count, offset, most, true);
    if (offset + (uint64_t)moved > fake->length)
        fake->length = offset + (uint64_t)moved;
    return moved;
}

static int fake_flush(struct backend *b)
{
    struct fake_backend *fake = (struct fake_backend *)b;

    fake->flushes++;
    if (fake->interruptions > 0) {
        fake->interruptions--;
        return -EINTR;
    }
    return -fake->flush_error;
}

static const struct backend_ops fake_ops = {
    .readv = fake_readv, .writev = fake_writev, .flush = fake_flush};

void fake_backend_create(struct fake_backend *fake, uint64_t length, uint64_t room)
{
    *fake = (struct fake_backend){
        .backend = {.ops = &fake_ops, .name = "fake", .size = length},
        .bytes = calloc(room > 0 ? room : 1, 1),
        .length = length,
        .room = room,
    };
    if (fake->bytes == NULL || length > room)
        abort();
    for (uint64_t i = 0; i < length; i++)
        fake->bytes[i] = fake_backend_byte(i);
}

void fake_backend_destroy(struct fake_backend *fake)
{
    free(fake->bytes);
}

bool fake_backend_untouched(const struct fake_backend *fake, uint64_t offset, uint64_t length)
{
    for (uint64_t i = offset; i < offset + length; i++)
        if (fake->bytes[i] != fake_backend_byte(i))
            return false;
    return true;
}
