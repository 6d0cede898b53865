/* SPDX-License-Identifier: MIT */
/* A temporary name beside the wanted one, and the rename. */
#include "result_file.h"

#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int result_file_open(struct result_file *file, const char *option, const char *path)
{
    struct stat st;
    *file = (struct result_file){.path = path, .fd = -1};
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        file->fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
        return file->fd < 0 ? wrong_use(option, path, "%s", strerror(errno)) : 0;
    }
    int length = snprintf(file->temporary, sizeof file->temporary, "%s.trapline-XXXXXX", path);
    errno = ENAMETOOLONG;
    if (length < (int)sizeof file->temporary)
        file->fd = mkostemp(file->temporary, O_CLOEXEC);
    if (file->fd < 0) {
        file->temporary[0] = '\0';
        return wrong_use(option, path, "%s", strerror(errno));
    }
    mode_t mask = umask(0);
    umask(mask);
    (void)fchmod(file->fd, 0666 & ~mask); /* mkostemp() makes files private */
    return 0;
}

int result_file_keep(struct result_file *file)
{
    int failed = close(file->fd);
    file->fd = -1;
    if (failed == 0 && file->temporary[0] != '\0')
        failed = rename(file->temporary, file->path);
    if (failed)
        return host_failure("%s: %s", file->path, strerror(errno));
    file->temporary[0] = '\0';
    return 0;
}

void result_file_abandon(struct result_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
    if (file->temporary[0] != '\0')
        (void)unlink(file->temporary);
    file->temporary[0] = '\0';
}
