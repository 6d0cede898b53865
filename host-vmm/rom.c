/* SPDX-License-Identifier: MIT */
/* Loading a firmware image. */
#include "rom.h"

#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool default_path(char *path, size_t size)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0)
        return false;
    self[length] = '\0';
    char *slash = strrchr(self, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return snprintf(path, size, "%s/trapline.rom", self) < (int)size;
}

static int check(const char *path, int fd, struct rom *rom)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return wrong_use("--firmware", path, "%s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return wrong_use("--firmware", path, "not a regular file");
    rom->device = st.st_dev;
    rom->inode = st.st_ino;
    rom->size = (uint64_t)st.st_size;
    if (rom->size == 0)
        return wrong_use("--firmware", path, "empty");
    if (rom->size > ROM_MAX)
        return wrong_use("--firmware", path, "%llu bytes are more than 4 MiB",
                         (unsigned long long)rom->size);
    if (rom->size % ROM_UNIT != 0)
        return wrong_use("--firmware", path, "%llu bytes are not a multiple of 64 KiB",
                         (unsigned long long)rom->size);
    return 0;
}

static int read_image(struct rom *rom, const char *path, int fd)
{
    rom->image = mmap(NULL, rom->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (rom->image == MAP_FAILED) {
        rom->image = NULL;
        return host_failure("memory for the firmware: %s", strerror(errno));
    }
    for (uint64_t done = 0; done < rom->size;) {
        ssize_t n = read(fd, rom->image + done, rom->size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return wrong_use("--firmware", path, "%s", n < 0 ? strerror(errno) : "cut short");
        done += (uint64_t)n;
    }
    return 0;
}

int rom_load(struct rom *rom, const char *path)
{
    *rom = (struct rom){0};
    char beside[PATH_MAX];
    if (path == NULL) {
        if (!default_path(beside, sizeof beside))
            return host_failure(
                "cannot tell where this program is; name the image with --firmware");
        path = beside;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return wrong_use("--firmware", path, "%s", strerror(errno));
    snprintf(rom->path, sizeof rom->path, "%s", path);
    int status = check(path, fd, rom);
    if (status == 0) {
        rom->alias = rom->size < ROM_ALIAS_MAX ? rom->size : ROM_ALIAS_MAX;
        status = read_image(rom, path, fd);
    }
    close(fd);
    return status;
}

void rom_unload(struct rom *rom)
{
    if (rom->image != NULL)
        munmap(rom->image, rom->size);
    *rom = (struct rom){0};
}
