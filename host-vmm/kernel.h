/* SPDX-License-Identifier: MIT */
/*
 * `--kernel`: an ELF kernel put into RAM and entered in 32-bit protected mode, without a ROM. By PVH where
 * it has the note (Xen, docs/misc/pvh.pandoc), else by multiboot 1 (specification 0.6.96).
 *
 * Where things go: segments where the file says; the information and the command line on the highest free
 * pages below 640 KiB; the module (`--initrd`) on the first free page behind the kernel.
 */
#ifndef HOST_KERNEL_H
#define HOST_KERNEL_H

#include "backend/file.h"
#include "guest_memory.h"
#include "kernel_plan.h"
#include "vcpu.h"

struct kernel {
    const char *path, *module_path; /* NULL: none */
    const char *command_line;
    struct file_backend file, module;
    struct kernel_plan plan;
    gpa_t information, module_gpa;
    uint64_t information_size;
    bool loaded; /* RAM is not fresh any more */
};

/* Opens and judges the two files; module may be NULL. 0 or EXIT_STATUS_USAGE after a message.
 * kernel_close() is to be called either way. */
int kernel_open(struct kernel *kernel, const char *path, const char *module,
                const char *command_line);
void kernel_close(struct kernel *kernel);

/* Puts everything into RAM; called again, as a reset does it, puts it there again. 0, EXIT_STATUS_USAGE
 * (this machine has not the RAM for it) or EXIT_STATUS_HOST after a message. */
int kernel_load(struct kernel *kernel, const struct guest_memory *memory);

/* The registers that the protocol asks for, after kernel_load(). */
struct vcpu_entry kernel_entry(const struct kernel *kernel);

/* What the kernel is told, made in kernel_information.c: one block, written at gpa. */
struct kernel_information {
    const struct guest_memory *memory;
    gpa_t gpa;
    const char *command_line;
    const char *module_name; /* NULL: no module */
    gpa_t module_gpa;
    uint64_t module_size;
};

uint64_t kernel_information_size(enum kernel_protocol protocol);
/* False when gpa is not RAM for as many bytes. */
bool kernel_information_write(enum kernel_protocol protocol, const struct kernel_information *info);

#endif
