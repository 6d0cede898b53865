/* SPDX-License-Identifier: MIT */
/* Addresses as functions and labels, from the symbol tables of ELF files (ELF32 or ELF64). */
#ifndef HOST_TRACE_SYMBOLS_H
#define HOST_TRACE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols;

/* NULL: no memory. Nothing in it yet: every address is unknown. */
struct symbols *symbols_create(void);
void symbols_destroy(struct symbols *symbols);

/* Adds the code symbols of an ELF file: functions, and the labels of assembly, local ones too. 0 or -errno;
 * -ENOEXEC: no ELF file of x86, or without symbols. */
int symbols_add(struct symbols *symbols, const char *path);

/* "rung3_ata.identify+0x12" into text, or "" where the address is in no code section of any file. address is
 * linear. The top 64 KiB below 4 GiB are the same as those below 1 MiB, where a ROM's symbols are. is_write: the
 * access was a write: KVM tells the address behind the instruction then, unless it ran without the emulator, so
 * the function is that of the byte before; the offset is as KVM said. */
void symbols_find(const struct symbols *symbols, uint64_t address, bool is_write, char *text,
                  size_t size);

/* KVM tells the address of an instruction that writes to a port, or the one behind it: which, depends on the KVM.
 * True where the files' code shows it, and *address is that of the instruction then. */
bool symbols_find_out(const struct symbols *symbols, uint64_t *address);

#endif
