/* SPDX-License-Identifier: MIT */
/* KVM's binary statistics: a header, descriptors with names, and the values they point to. */
#include "kvm_stats.h"

#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 1024

/* Where name's value is in the file, or -1. */
static off_t find(int fd, const struct kvm_stats_header *header, const char *name)
{
    size_t length = sizeof(struct kvm_stats_desc) + header->name_size;
    size_t all = length * header->num_desc;
    char *bytes = malloc(all);
    off_t found = -1;
    if (bytes != NULL && pread(fd, bytes, all, header->desc_offset) == (ssize_t)all) {
        for (unsigned i = 0; i < header->num_desc && found < 0; i++) {
            struct kvm_stats_desc descriptor;
            memcpy(&descriptor, bytes + i * length, sizeof descriptor);
            const char *its_name = bytes + i * length + sizeof descriptor;
            if (strncmp(its_name, name, header->name_size) == 0)
                found = (off_t)header->data_offset + descriptor.offset;
        }
    }
    free(bytes);
    return found;
}

struct kvm_stat kvm_stat_open(int vcpu_fd, const char *name)
{
    struct kvm_stat stat = {.fd = ioctl(vcpu_fd, KVM_GET_STATS_FD, NULL), .offset = -1};
    struct kvm_stats_header header;
    if (stat.fd >= 0 && pread(stat.fd, &header, sizeof header, 0) == sizeof header &&
        header.num_desc <= DESCRIPTORS_MAX && header.name_size <= DESCRIPTORS_MAX)
        stat.offset = find(stat.fd, &header, name);
    if (stat.offset < 0)
        kvm_stat_close(&stat);
    return stat;
}

void kvm_stat_close(struct kvm_stat *stat)
{
    if (stat->fd >= 0)
        close(stat->fd);
    stat->fd = -1;
}

bool kvm_stat_read(const struct kvm_stat *stat, uint64_t *value)
{
    return stat->fd >= 0 && pread(stat->fd, value, sizeof *value, stat->offset) == sizeof *value;
}
