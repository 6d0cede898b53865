/* SPDX-License-Identifier: MIT */
/* Opening what the host writes, without harm to what the guest uses. */
#include "outputs.h"

#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_file(const struct stat *st, const char *path)
{
    struct stat other;
    return path != NULL && stat(path, &other) == 0 && other.st_dev == st->st_dev &&
           other.st_ino == st->st_ino;
}

int output_open(const struct machine_options *o, const struct disks *disks, const char *option,
                const char *path, int *fd)
{
    if (path == NULL)
        return 0;
    *fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (*fd < 0)
        return wrong_use(option, path, "%s",
                         errno == ENXIO ? "a FIFO that nobody reads" : strerror(errno));
    struct stat st;
    if (fstat(*fd, &st) < 0)
        return wrong_use(option, path, "%s", strerror(errno));
    if (disks_use(disks, *fd) || is_file(&st, o->firmware) || is_file(&st, o->kernel) ||
        is_file(&st, o->initrd))
        return wrong_use(option, path, "also given as a file that the machine uses");
    if (S_ISREG(st.st_mode) && ftruncate(*fd, 0) < 0)
        return wrong_use(option, path, "%s", strerror(errno));
    return 0;
}
