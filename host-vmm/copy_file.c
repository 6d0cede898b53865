/* SPDX-License-Identifier: MIT */
/* Source and destination of a copy: opening, comparing, renaming. */
#include "copy_file.h"

#include "report.h"
#include "same_file.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMPARE_PIECE (256u << 10)

static int interrupted(void)
{
    int number = signals_pending();
    if (number == 0)
        return 0;
    report("ended by signal %d (%s)", number, strsignal(number));
    return EXIT_STATUS_SIGNAL + number;
}

static int open_source(struct copy_files *files, const char *path, struct stat *st)
{
    files->source = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (files->source < 0 || fstat(files->source, st) < 0)
        return wrong_use("SRC", path, "%s", strerror(errno));
    if (S_ISREG(st->st_mode)) {
        files->source_size = (uint64_t)st->st_size;
        return 0;
    }
    if (!S_ISBLK(st->st_mode))
        return wrong_use("SRC", path, "neither a regular file nor a block device");
    if (ioctl(files->source, BLKGETSIZE64, &files->source_size) < 0)
        return wrong_use("SRC", path, "%s", strerror(errno));
    return 0;
}

static int set_range(struct copy_files *files, const struct copy_options *o)
{
    if (o->offset > files->source_size)
        return wrong_use("--offset", NULL, "%llu is past the end of %s (%llu bytes)",
                         (unsigned long long)o->offset, o->source,
                         (unsigned long long)files->source_size);
    uint64_t rest = files->source_size - o->offset;
    if (o->has_length && o->length > rest)
        return wrong_use("--length", NULL,
                         "%llu bytes from %llu reach past the end of %s (%llu bytes)",
                         (unsigned long long)o->length, (unsigned long long)o->offset, o->source,
                         (unsigned long long)files->source_size);
    files->start = o->offset;
    files->end = o->offset + (o->has_length ? o->length : rest);
    return 0;
}

/* The name that is to be replaced: behind a symbolic link, the file it points to. */
static int resolve_destination(struct copy_files *files, const char *path,
                               const struct stat *source, struct stat *existing, bool *exists)
{
    *exists = stat(path, existing) == 0;
    if (!*exists && errno != ENOENT)
        return wrong_use("DST", path, "%s", strerror(errno));
    struct stat link;
    if (!*exists && lstat(path, &link) == 0)
        return wrong_use("DST", path, "a symbolic link to nothing");
    if (*exists && !S_ISREG(existing->st_mode))
        return wrong_use("DST", path, "exists and is not a regular file");
    if (*exists && same_file(existing, source))
        return wrong_use("DST", path, "the same file as SRC");
    if (*exists && realpath(path, files->final_path) == NULL)
        return wrong_use("DST", path, "%s", strerror(errno));
    if (!*exists && snprintf(files->final_path, sizeof files->final_path, "%s", path) >= PATH_MAX)
        return wrong_use("DST", path, "%s", strerror(ENAMETOOLONG));
    size_t length = strlen(files->final_path);
    if (length == 0 || files->final_path[length - 1] == '/')
        return wrong_use("DST", path, "no file name");
    return 0;
}

static mode_t new_file_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int make_temporary(struct copy_files *files, const char *path, mode_t mode)
{
    const char *slash = strrchr(files->final_path, '/');
    const char *base = slash != NULL ? slash + 1 : files->final_path;
    char name[PATH_MAX];
    int written = snprintf(name, sizeof name, "%.*s.%.200s.trapline-XXXXXX",
                           (int)(base - files->final_path), files->final_path, base);
    if (written >= PATH_MAX)
        return wrong_use("DST", path, "%s", strerror(ENAMETOOLONG));
    files->destination = mkostemp(name, O_CLOEXEC);
    if (files->destination < 0)
        return wrong_use("DST", path, "cannot write beside it: %s", strerror(errno));
    memcpy(files->temporary_path, name, sizeof name);
    if (fchmod(files->destination, mode) < 0)
        return host_failure("%s: %s", name, strerror(errno));
    return 0;
}

/* Copies [start, end) of an existing destination into the temporary file. */
static int keep_extent(int from, int to, off_t start, off_t end)
{
    while (start < end) {
        int status = interrupted();
        if (status)
            return status;
        size_t piece = end - start < (off_t)(64u << 20) ? (size_t)(end - start) : 64u << 20;
        off_t in = start, out = start;
        ssize_t done = copy_file_range(from, &in, to, &out, piece, 0);
        if (done <= 0)
            return host_failure("keeping the rest of DST: %s",
                                done < 0 ? strerror(errno) : "cut short");
        start += done;
    }
    return 0;
}

/* With a range, what else the destination holds stays as it is. Holes stay holes. */
static int keep_existing(struct copy_files *files, const struct stat *existing)
{
    int from = open(files->final_path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return wrong_use("DST", files->final_path, "%s", strerror(errno));
    int status = 0;
    files->kept_size = (uint64_t)existing->st_size;
    if (ioctl(files->destination, FICLONE, from) < 0) {
        if (ftruncate(files->destination, existing->st_size) < 0)
            status = host_failure("%s: %s", files->temporary_path, strerror(errno));
        off_t end = 0;
        while (status == 0) {
            off_t start = lseek(from, end, SEEK_DATA);
            if (start < 0)
                break;
            end = lseek(from, start, SEEK_HOLE);
            if (end < 0)
                end = existing->st_size;
            status = keep_extent(from, files->destination, start, end);
        }
    }
    close(from);
    return status;
}

int copy_files_open(struct copy_files *files, const struct copy_options *o)
{
    *files = (struct copy_files){.source = -1, .destination = -1};
    struct stat source, existing;
    bool exists = false;
    int status = open_source(files, o->source, &source);
    if (status == 0)
        status = set_range(files, o);
    if (status == 0)
        status = resolve_destination(files, o->destination, &source, &existing, &exists);
    if (status == 0)
        status = make_temporary(files, o->destination,
                                exists ? existing.st_mode & 07777 : new_file_mode());
    if (status == 0 && exists && o->has_range)
        status = keep_existing(files, &existing);
    return status;
}

static int read_all(int fd, uint8_t *to, size_t length, uint64_t offset)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = pread(fd, to + done, length - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : ENODATA;
        done += (size_t)n;
    }
    return 0;
}

int copy_files_verify(const struct copy_files *files, const char *destination)
{
    static uint8_t a[COMPARE_PIECE], b[COMPARE_PIECE];
    struct stat st;
    uint64_t expected = files->end > files->kept_size ? files->end : files->kept_size;
    if (files->end == files->start)
        expected = files->kept_size;
    if (fstat(files->destination, &st) < 0)
        return host_failure("%s: %s", destination, strerror(errno));
    if ((uint64_t)st.st_size != expected)
        return host_failure("%s: %llu bytes long after the copy, not %llu", destination,
                            (unsigned long long)st.st_size, (unsigned long long)expected);
    for (uint64_t at = files->start; at < files->end;) {
        int status = interrupted();
        if (status)
            return status;
        uint64_t rest = files->end - at;
        size_t length = rest < COMPARE_PIECE ? (size_t)rest : COMPARE_PIECE;
        int error = read_all(files->source, a, length, at);
        if (error == 0)
            error = read_all(files->destination, b, length, at);
        if (error)
            return host_failure("comparing at byte %llu: %s", (unsigned long long)at,
                                strerror(error));
        if (memcmp(a, b, length) != 0)
            return host_failure("%s differs from SRC in the %zu bytes from %llu", destination,
                                length, (unsigned long long)at);
        at += length;
    }
    return 0;
}

/* The new name is as durable as the data once the directory is on disk too. */
static void sync_directory(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(directory, sizeof directory, ".");
    else
        snprintf(directory, sizeof directory, "%.*s", (int)(slash - path) + 1, path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

int copy_files_commit(struct copy_files *files)
{
    if (rename(files->temporary_path, files->final_path) < 0)
        return host_failure("%s: %s", files->final_path, strerror(errno));
    files->temporary_path[0] = '\0';
    sync_directory(files->final_path);
    return 0;
}

void copy_files_abandon(struct copy_files *files)
{
    if (files->temporary_path[0] != '\0')
        unlink(files->temporary_path);
    files->temporary_path[0] = '\0';
}
