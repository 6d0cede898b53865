/* SPDX-License-Identifier: MIT */
/* Opening what the host writes, without harm to what the guest uses. */
#include "outputs.h"

#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int output_open(const struct disks *disks, const char *option, const char *path, int *fd)
{
    if (path == NULL)
        return 0;
    *fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (*fd < 0)
        return wrong_use(option, path, "%s",
                         errno == ENXIO ? "a FIFO that nobody reads" : strerror(errno));
    if (disks_use(disks, *fd))
        return wrong_use(option, path, "also given as a disk or as a file to copy");
    struct stat st;
    if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) && ftruncate(*fd, 0) < 0)
        return wrong_use(option, path, "%s", strerror(errno));
    return 0;
}
