/* SPDX-License-Identifier: MIT */
/* Scratch files: made, filled, removed. */
#include "scratch.h"

#include "../report.h"
#include "deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE 1048576u
#define LEAST (2 * PIECE)

/* False with errno. What a full disk takes only a part of, it refuses the rest of, and says why. */
static bool write_piece(int fd, const void *piece)
{
    const char *from = piece;
    for (size_t done = 0; done < PIECE;) {
        ssize_t written = write(fd, from + done, PIECE - done);
        if (written < 0)
            return false;
        done += (size_t)written;
    }
    return true;
}

/* Not zeros: a file system may keep those as holes, and holes are quick. *size becomes what there is at
 * deadline, where that is less. */
static int fill(const char *path, uint64_t *size, double deadline)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    uint64_t *piece = malloc(PIECE);
    bool ok = fd >= 0 && piece != NULL;
    for (uint64_t done = 0; ok && done < *size; done += PIECE) {
        if (done >= LEAST && deadline_now() >= deadline)
            *size = done;
        for (unsigned i = 0; i < PIECE / sizeof *piece; i++)
            piece[i] = (done + i) * 0x9e3779b97f4a7c15u;
        ok = done >= *size || write_piece(fd, piece);
    }
    int error = errno;
    free(piece);
    if (fd >= 0)
        close(fd);
    return ok ? 0 : host_failure("%s: %s", path, strerror(error));
}

int scratch_make(struct scratch *scratch, const char *parent, uint64_t size, double deadline)
{
    const char *option = parent != NULL ? "--dir" : "TMPDIR";
    if (parent == NULL)
        parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] == '\0')
        parent = "/tmp";
    *scratch = (struct scratch){0};
    char *directory = scratch->directory;
    int room = (int)sizeof scratch->directory - 32;
    if (snprintf(directory, (size_t)room, "%s/trapline-bench-XXXXXX", parent) >= room)
        return wrong_use(option, parent, "%s", strerror(ENAMETOOLONG));
    if (mkdtemp(directory) == NULL) {
        int error = errno;
        directory[0] = '\0';
        return wrong_use(option, parent, "%s", strerror(error));
    }
    snprintf(scratch->source, sizeof scratch->source, "%.*s/source", room, directory);
    snprintf(scratch->destination, sizeof scratch->destination, "%.*s/destination", room,
             directory);
    int status = fill(scratch->source, &size, deadline);
    return status ? status : fill(scratch->destination, &size, INFINITY);
}

void scratch_remove(struct scratch *scratch)
{
    if (scratch->directory[0] == '\0')
        return;
    (void)unlink(scratch->source);
    (void)unlink(scratch->destination);
    if (rmdir(scratch->directory) < 0)
        report("%s: %s", scratch->directory, strerror(errno));
    scratch->directory[0] = '\0';
}
