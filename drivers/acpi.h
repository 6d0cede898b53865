/* SPDX-License-Identifier: MIT */
/* Finds an ACPI table. Everything is bounded and checksummed; what the tables mean is elsewhere. */
#ifndef DRIVERS_ACPI_H
#define DRIVERS_ACPI_H

#include "abi/acpi.h"

/* Makes length bytes of physical memory readable; NULL where that is impossible. */
typedef const void *acpi_map(uint64_t address, uint64_t length);

/* Looks for the root pointer where a BIOS leaves it: only where there has been a BIOS. 0: none. */
uint64_t acpi_search_rsdp(acpi_map *map);

/* The first table with this signature (four characters) that the root pointer at rsdp leads to, its
 * checksum right and all of header.length mapped. NULL: there is none. */
const struct acpi_header *acpi_find_table(acpi_map *map, uint64_t rsdp, const char *signature);

#endif
