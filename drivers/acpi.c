/* SPDX-License-Identifier: MIT */
/* From the root pointer to a table (ACPI 6.4 section 5.2). Nobody is trusted about a length. */
#include "acpi.h"

#include <stdbool.h>

#define TABLE_BYTES_MAX 0x10000 /* of the tables read here; DSDTs are longer */

static bool adds_up(const void *table, uint32_t length)
{
    const uint8_t *bytes = table;
    uint8_t sum = 0;
    for (uint32_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum == 0;
}

static bool same(const char *a, const char *b, unsigned length)
{
    for (unsigned i = 0; i < length; i++) {
        if (a[i] != b[i])
            return false;
    }
    return true;
}

static bool is_rsdp(const struct acpi_rsdp *rsdp)
{
    return same(rsdp->signature, "RSD PTR ", sizeof(rsdp->signature)) &&
           adds_up(rsdp, ACPI_RSDP_BYTES_1);
}

uint64_t acpi_search_rsdp(acpi_map *map)
{
    const uint8_t *area = map(ACPI_BIOS_AREA_BASE, ACPI_BIOS_AREA_BYTES);
    if (!area)
        return 0;
    for (unsigned at = 0; at + ACPI_RSDP_BYTES_1 <= ACPI_BIOS_AREA_BYTES; at += ACPI_RSDP_ALIGN) {
        if (area[at] == 'R' && is_rsdp((const struct acpi_rsdp *)(area + at)))
            return ACPI_BIOS_AREA_BASE + at;
    }
    return 0;
}

/* The table at address when its length makes sense and its bytes add up. */
static const struct acpi_header *map_table(acpi_map *map, uint64_t address)
{
    const struct acpi_header *header = address ? map(address, sizeof(*header)) : NULL;
    if (!header)
        return NULL;
    uint32_t length = header->length;
    if (length < sizeof(*header) || length > TABLE_BYTES_MAX)
        return NULL;
    header = map(address, length);
    return header && header->length == length && adds_up(header, length) ? header : NULL;
}

/* Entry number index of an RSDT (width 4) or XSDT (width 8); little-endian, and not aligned. */
static uint64_t entry_of(const struct acpi_header *root, unsigned width, uint32_t index)
{
    const uint8_t *entry = (const uint8_t *)(root + 1) + (uint64_t)index * width;
    uint64_t address = 0;
    for (unsigned i = 0; i < width; i++)
        address |= (uint64_t)entry[i] << 8 * i;
    return address;
}

static const struct acpi_header *find_in(acpi_map *map, const struct acpi_header *root,
                                         unsigned width, const char *signature)
{
    uint32_t count = (root->length - (uint32_t)sizeof(*root)) / width;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t address = entry_of(root, width, i);
        const struct acpi_header *header = address ? map(address, sizeof(*header)) : NULL;
        if (header && same(header->signature, signature, ACPI_SIGNATURE_LENGTH) &&
            (header = map_table(map, address)) != NULL)
            return header;
    }
    return NULL;
}

const struct acpi_header *acpi_find_table(acpi_map *map, uint64_t rsdp_address,
                                          const char *signature)
{
    const struct acpi_rsdp *rsdp = map(rsdp_address, ACPI_RSDP_BYTES_1);
    if (!rsdp || !is_rsdp(rsdp))
        return NULL;
    const struct acpi_header *root = NULL;
    if (rsdp->revision >= 2 && (rsdp = map(rsdp_address, sizeof(*rsdp))) != NULL &&
        rsdp->length == sizeof(*rsdp) && adds_up(rsdp, sizeof(*rsdp)))
        root = map_table(map, rsdp->xsdt_address);
    if (root && same(root->signature, "XSDT", ACPI_SIGNATURE_LENGTH))
        return find_in(map, root, sizeof(uint64_t), signature);
    root = rsdp ? map_table(map, rsdp->rsdt_address) : NULL;
    if (root && same(root->signature, "RSDT", ACPI_SIGNATURE_LENGTH))
        return find_in(map, root, sizeof(uint32_t), signature);
    return NULL;
}
