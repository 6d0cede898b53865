/* SPDX-License-Identifier: MIT */
/* A temporary name beside the wanted one, and the rename. */
#include "result_file.h"

#include "report.h"
#include "same_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Standard output or error by a name: /dev/stdout, /dev/fd/1, what the shell has made of "> file". Goes on where
 * that is, since a file put in its place would be seen by nobody. -1: path is neither. */
static int open_standard(const struct stat *st)
{
    struct stat other;
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (fstat(fd, &other) == 0 && same_file(st, &other))
            return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return -1;
}

/* Of a link, the file that it leads to is replaced, not the link. 0 or an errno. */
static int find_target(struct result_file *file)
{
    struct stat st;
    if (lstat(file->path, &st) == 0 && S_ISLNK(st.st_mode))
        return realpath(file->path, file->target) != NULL ? 0 : errno;
    return snprintf(file->target, sizeof file->target, "%s", file->path) < (int)sizeof file->target
               ? 0
               : ENAMETOOLONG;
}

static int make_temporary(struct result_file *file)
{
    int length =
        snprintf(file->temporary, sizeof file->temporary, "%s.trapline-XXXXXX", file->target);
    errno = ENAMETOOLONG;
    if (length < (int)sizeof file->temporary)
        file->fd = mkostemp(file->temporary, O_CLOEXEC);
    if (file->fd < 0) {
        file->temporary[0] = '\0';
        return errno;
    }
    mode_t mask = umask(0);
    umask(mask);
    (void)fchmod(file->fd, 0666 & ~mask); /* mkostemp() makes files private */
    return 0;
}

int result_file_open(struct result_file *file, const char *option, const char *path)
{
    struct stat st;
    *file = (struct result_file){.path = path, .fd = -1};
    bool exists = stat(path, &st) == 0;
    if (exists)
        file->fd = open_standard(&st);
    if (file->fd >= 0)
        return 0;
    if (exists && !S_ISREG(st.st_mode)) {
        file->fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
        return file->fd < 0 ? wrong_use(option, path, "%s", strerror(errno)) : 0;
    }
    int error = find_target(file);
    if (error == 0)
        error = make_temporary(file);
    return error ? wrong_use(option, path, "%s", strerror(error)) : 0;
}

/* The folder of a path, and what is behind its last slash. */
static const char *split(const char *path, struct stat *folder)
{
    char name[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return stat(".", folder) == 0 ? path : NULL;
    snprintf(name, sizeof name, "%.*s", (int)(slash - path + 1), path);
    return stat(name, folder) == 0 ? slash + 1 : NULL;
}

bool result_file_same(const struct result_file *a, const struct result_file *b)
{
    struct stat in_a, in_b;
    if (a->temporary[0] == '\0' || b->temporary[0] == '\0')
        return false;
    const char *name_a = split(a->target, &in_a), *name_b = split(b->target, &in_b);
    return name_a != NULL && name_b != NULL && same_file(&in_a, &in_b) &&
           strcmp(name_a, name_b) == 0;
}

int result_file_keep(struct result_file *file)
{
    int failed = close(file->fd);
    file->fd = -1;
    if (failed == 0 && file->temporary[0] != '\0')
        failed = rename(file->temporary, file->target);
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
