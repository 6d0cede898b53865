/* SPDX-License-Identifier: MIT */
/* The ACPI tables that lead to ECAM (ACPI 6.4 section 5.2; PCI Firmware 3.2 section 4.1.2). */
#ifndef ABI_ACPI_H
#define ABI_ACPI_H

#include <stddef.h>
#include <stdint.h>

/* Where a BIOS leaves the root pointer (section 5.2.5.1), on a boundary of 16 bytes */
#define ACPI_BIOS_AREA_BASE 0xe0000
#define ACPI_BIOS_AREA_BYTES 0x20000
#define ACPI_RSDP_ALIGN 16

#define ACPI_SIGNATURE_LENGTH 4

struct acpi_rsdp {
    char signature[8]; /* "RSD PTR " */
    uint8_t checksum;  /* the first ACPI_RSDP_BYTES_1 add up to 0 */
    char oem_id[6];
    uint8_t revision; /* 0: what follows rsdt_address is not there */
    uint32_t rsdt_address;
    uint32_t length;
    uint64_t xsdt_address;
    uint8_t extended_checksum; /* all of them add up to 0 */
    uint8_t reserved[3];
} __attribute__((packed));
#define ACPI_RSDP_BYTES_1 20
_Static_assert(offsetof(struct acpi_rsdp, length) == ACPI_RSDP_BYTES_1, "acpi_rsdp revision 0");
_Static_assert(sizeof(struct acpi_rsdp) == 36, "acpi_rsdp");

struct acpi_header {
    char signature[ACPI_SIGNATURE_LENGTH];
    uint32_t length; /* of the whole table, whose bytes add up to 0 */
    uint8_t revision;
    uint8_t checksum;
    char oem_id[6];
    char oem_table_id[8];
    uint32_t oem_revision;
    uint32_t creator_id;
    uint32_t creator_revision;
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_header) == 36, "acpi_header");

struct acpi_mcfg_allocation {
    uint64_t base; /* of bus 0, whether or not start_bus is 0 */
    uint16_t segment;
    uint8_t start_bus, end_bus;
    uint32_t reserved;
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_mcfg_allocation) == 16, "acpi_mcfg_allocation");

struct acpi_mcfg {
    struct acpi_header header;
    uint64_t reserved;
    struct acpi_mcfg_allocation allocations[];
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_mcfg, allocations) == 44, "acpi_mcfg");

#endif
