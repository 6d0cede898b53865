/* SPDX-License-Identifier: MIT */
/* Opening what the host writes, without harm to what the guest uses. */
#include "outputs.h"

#include "report.h"
#include "same_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_file(const struct stat *st, const char *path)
{
    struct stat other;
    return path != NULL && stat(path, &other) == 0 && same_file(&other, st);
}

static bool is_used(const struct machine *m, const struct disks *disks, int fd,
                    const struct stat *st)
{
    return disks_use(disks, fd) || is_file(st, m->options->kernel) ||
           is_file(st, m->options->initrd) ||
           (m->rom.size > 0 && st->st_dev == m->rom.device && st->st_ino == m->rom.inode);
}

static bool same_regular_file(int a, int b)
{
    struct stat st;
    return fstat(a, &st) == 0 && S_ISREG(st.st_mode) && same_file_fds(a, b);
}

static int open_one(const struct machine *m, const struct disks *disks, const char *option,
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
    if (is_used(m, disks, *fd, &st))
        return wrong_use(option, path, "also given as a file that the machine uses");
    return 0;
}

int outputs_open(struct machine *m, const struct disks *disks)
{
    const struct machine_options *o = m->options;
    bool stdio = o->serial != NULL && strcmp(o->serial, "stdio") == 0;
    int serial = -1;
    int status = stdio ? 0 : open_one(m, disks, "--serial", o->serial, &serial);
    if (status == 0)
        status = serial_connect(&m->serial, stdio, serial);
    if (status == 0)
        status = open_one(m, disks, "--debugcon", o->debugcon, &m->debugcon);
    if (status == 0)
        status = open_one(m, disks, "--stats-json", o->stats_json, &m->stats_file);
    if (status == 0 && same_regular_file(serial, m->debugcon))
        return wrong_use("--debugcon", o->debugcon, "the same file as --serial");
    if (status == 0 &&
        (same_regular_file(serial, m->stats_file) || same_regular_file(m->debugcon, m->stats_file)))
        return wrong_use("--stats-json", o->stats_json, "the same file as another output");
    return status;
}

int outputs_check(const struct machine *m, const struct disks *disks, const char *option,
                  const char *path)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return 0; /* nothing there yet; what else is wrong with it, whoever makes it will say */
    struct stat st;
    int status = 0;
    if (fstat(fd, &st) < 0)
        status = wrong_use(option, path, "%s", strerror(errno));
    else if (is_used(m, disks, fd, &st))
        status = wrong_use(option, path, "also given as a file that the machine uses");
    else if (same_regular_file(fd, m->serial.owns_output ? m->serial.output : -1) ||
             same_regular_file(fd, m->debugcon) || same_regular_file(fd, m->stats_file))
        status = wrong_use(option, path, "the same file as another output");
    close(fd);
    return status;
}

static void empty(int fd)
{
    struct stat st;
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ftruncate(fd, 0) < 0)
        report("emptying an output file: %s", strerror(errno));
}

void outputs_empty(struct machine *m)
{
    if (m->serial.owns_output)
        empty(m->serial.output);
    empty(m->debugcon);
    empty(m->stats_file);
}
