/* SPDX-License-Identifier: MIT */
/* drivers/acpi.c: tables are found, and nothing outside what was mapped is ever read. */
#include "test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/acpi.h"

#define TABLES 8

/* Physical memory: a few pieces, each an allocation of its own, so that a sanitizer sees its ends. */
static struct piece {
    uint64_t base, length;
    uint8_t *bytes;
} pieces[TABLES];
static unsigned piece_count;
static unsigned maps;

static const void *map(uint64_t address, uint64_t length)
{
    maps++;
    for (unsigned i = 0; i < piece_count; i++) {
        struct piece *p = &pieces[i];
        if (address >= p->base && address - p->base <= p->length &&
            length <= p->length - (address - p->base))
            return p->bytes + (address - p->base);
    }
    return NULL;
}

static uint8_t *piece(uint64_t base, uint64_t length)
{
    assert_true(piece_count < TABLES);
    pieces[piece_count] = (struct piece){base, length, calloc(1, length)};
    return pieces[piece_count++].bytes;
}

static int setup(void **state)
{
    (void)state;
    piece_count = maps = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < piece_count; i++)
        free(pieces[i].bytes);
    return 0;
}

static uint8_t checksum(const void *bytes, uint32_t length)
{
    uint8_t sum = 0;
    for (uint32_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + ((const uint8_t *)bytes)[i]);
    return (uint8_t)-sum;
}

static void seal(struct acpi_header *header)
{
    header->checksum = 0;
    header->checksum = checksum(header, header->length);
}

static struct acpi_header *table(uint64_t base, const char *signature, uint32_t length)
{
    struct acpi_header *header = (struct acpi_header *)piece(base, length);
    memcpy(header->signature, signature, ACPI_SIGNATURE_LENGTH);
    header->length = length;
    seal(header);
    return header;
}

static void seal_rsdp(struct acpi_rsdp *rsdp)
{
    rsdp->checksum = 0;
    rsdp->checksum = checksum(rsdp, ACPI_RSDP_BYTES_1);
    if (rsdp->revision >= 2) {
        rsdp->length = sizeof(*rsdp);
        rsdp->extended_checksum = 0;
        rsdp->extended_checksum = checksum(rsdp, sizeof(*rsdp));
    }
}

static void fill_rsdp(struct acpi_rsdp *rsdp, uint8_t revision, uint32_t rsdt, uint64_t xsdt)
{
    memcpy(rsdp->signature, "RSD PTR ", sizeof(rsdp->signature));
    rsdp->revision = revision;
    rsdp->rsdt_address = rsdt;
    if (revision >= 2)
        rsdp->xsdt_address = xsdt;
    seal_rsdp(rsdp);
}

/* A root table whose entries are of width bytes. */
static struct acpi_header *root(uint64_t base, unsigned width, const uint64_t *entries,
                                unsigned count)
{
    struct acpi_header *header =
        table(base, width == 8 ? "XSDT" : "RSDT", (uint32_t)sizeof(*header) + width * count);
    for (unsigned i = 0; i < count; i++)
        memcpy((uint8_t *)(header + 1) + width * i, &entries[i], width);
    seal(header);
    return header;
}

#define RSDP 0xf5a40
#define RSDT 0x7ffe1000
#define XSDT 0x17ffe2004ull /* not aligned to 8: entries are not either */
#define FACP 0x7ffe3000
#define MCFG 0x7ffe4000

static const uint64_t both[] = {FACP, MCFG};

static void revision_0_goes_by_the_rsdt(void **state)
{
    (void)state;
    struct acpi_rsdp *rsdp = (struct acpi_rsdp *)piece(RSDP, ACPI_RSDP_BYTES_1);
    fill_rsdp(rsdp, 0, RSDT, 0);
    root(RSDT, 4, both, 2);
    table(FACP, "FACP", 0xf4);
    struct acpi_header *mcfg = table(MCFG, "MCFG", 60);
    assert_ptr_equal(acpi_find_table(map, RSDP, "MCFG"), mcfg);
    assert_null(acpi_find_table(map, RSDP, "HPET"));
}

static void revision_2_goes_by_the_xsdt(void **state)
{
    (void)state;
    struct acpi_rsdp *rsdp = (struct acpi_rsdp *)piece(RSDP, sizeof(*rsdp));
    fill_rsdp(rsdp, 2, RSDT, XSDT);
    root(XSDT, 8, both, 2);
    table(FACP, "FACP", 0xf4);
    struct acpi_header *mcfg = table(MCFG, "MCFG", 60);
    assert_ptr_equal(acpi_find_table(map, RSDP, "MCFG"), mcfg);
}

static void a_bad_xsdt_leaves_the_rsdt(void **state)
{
    (void)state;
    struct acpi_rsdp *rsdp = (struct acpi_rsdp *)piece(RSDP, sizeof(*rsdp));
    fill_rsdp(rsdp, 2, RSDT, XSDT);
    root(XSDT, 8, both, 2)->checksum++;
    root(RSDT, 4, both, 2);
    struct acpi_header *mcfg = table(MCFG, "MCFG", 60);
    assert_ptr_equal(acpi_find_table(map, RSDP, "MCFG"), mcfg);
    rsdp->extended_checksum++; /* and so does a root pointer whose second half is wrong */
    assert_ptr_equal(acpi_find_table(map, RSDP, "MCFG"), mcfg);
}

static void a_root_pointer_that_is_none(void **state)
{
    (void)state;
    struct acpi_rsdp *rsdp = (struct acpi_rsdp *)piece(RSDP, ACPI_RSDP_BYTES_1);
    fill_rsdp(rsdp, 0, RSDT, 0);
    root(RSDT, 4, both, 2);
    table(MCFG, "MCFG", 60);
    assert_non_null(acpi_find_table(map, RSDP, "MCFG"));
    rsdp->checksum++;
    assert_null(acpi_find_table(map, RSDP, "MCFG"));
    seal_rsdp(rsdp);
    rsdp->signature[7] = 'X';
    seal_rsdp(rsdp);
    assert_null(acpi_find_table(map, RSDP, "MCFG"));
    assert_null(acpi_find_table(map, 0xdead0000, "MCFG"));
}

static void lengths_are_not_trusted(void **state)
{
    (void)state;
    struct acpi_rsdp *rsdp = (struct acpi_rsdp *)piece(RSDP, ACPI_RSDP_BYTES_1);
    fill_rsdp(rsdp, 0, RSDT, 0);
    struct acpi_header *rsdt = root(RSDT, 4, both, 2);
    struct acpi_header *mcfg = table(MCFG, "MCFG", 60);
    static const uint32_t lengths[] = {0, 35, 61, 0x10001, UINT32_MAX};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        mcfg->length = lengths[i];
        assert_null(acpi_find_table(map, RSDP, "MCFG"));
    }
    mcfg->length = 60;
    assert_non_null(acpi_find_table(map, RSDP, "MCFG"));
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        rsdt->length = lengths[i];
        assert_null(acpi_find_table(map, RSDP, "MCFG"));
    }
}

static void a_table_longer_than_any_of_these_is_not_read(void **state)
{
    (void)state;
    static const uint64_t entry[] = {MCFG};
    struct acpi_rsdp *rsdp = (struct acpi_rsdp *)piece(RSDP, ACPI_RSDP_BYTES_1);
    fill_rsdp(rsdp, 0, RSDT, 0);
    root(RSDT, 4, entry, 1);
    struct acpi_header *mcfg = table(MCFG, "MCFG", 0x10001);
    assert_null(acpi_find_table(map, RSDP, "MCFG"));
    mcfg->length--;
    seal(mcfg);
    assert_ptr_equal(acpi_find_table(map, RSDP, "MCFG"), mcfg);
}

static void a_table_that_does_not_add_up_is_passed_over(void **state)
{
    (void)state;
    static const uint64_t two[] = {MCFG, FACP, 0};
    struct acpi_rsdp *rsdp = (struct acpi_rsdp *)piece(RSDP, ACPI_RSDP_BYTES_1);
    fill_rsdp(rsdp, 0, RSDT, 0);
    root(RSDT, 4, two, 3);
    table(MCFG, "MCFG", 60)->checksum++;
    struct acpi_header *second = table(FACP, "MCFG", 44);
    assert_ptr_equal(acpi_find_table(map, RSDP, "MCFG"), second);
}

static void a_root_table_of_nothing_but_noise_is_bounded(void **state)
{
    (void)state;
    struct acpi_rsdp *rsdp = (struct acpi_rsdp *)piece(RSDP, ACPI_RSDP_BYTES_1);
    fill_rsdp(rsdp, 0, RSDT, 0);
    struct acpi_header *rsdt = table(RSDT, "RSDT", 0x10000);
    memset(rsdt + 1, 0xff, rsdt->length - sizeof(*rsdt));
    seal(rsdt);
    assert_null(acpi_find_table(map, RSDP, "MCFG"));
    assert_true(maps < 0x10000 / 4 + 8);
}

static void the_bios_area_is_searched_on_its_boundaries(void **state)
{
    (void)state;
    uint8_t *area = piece(ACPI_BIOS_AREA_BASE, ACPI_BIOS_AREA_BYTES);
    assert_true(acpi_search_rsdp(map) == 0);
    fill_rsdp((struct acpi_rsdp *)(area + 8), 0, RSDT, 0); /* on no boundary */
    assert_true(acpi_search_rsdp(map) == 0);
    memcpy(area + 0x100, "RSD PTR ", 8); /* adds up to something */
    assert_true(acpi_search_rsdp(map) == 0);
    fill_rsdp((struct acpi_rsdp *)(area + 0x1f000), 0, RSDT, 0);
    assert_true(acpi_search_rsdp(map) == ACPI_BIOS_AREA_BASE + 0x1f000);
    fill_rsdp((struct acpi_rsdp *)(area + 0x10), 0, RSDT, 0);
    assert_true(acpi_search_rsdp(map) == ACPI_BIOS_AREA_BASE + 0x10);
}

static void the_search_ends_with_the_area(void **state)
{
    (void)state;
    uint8_t *area = piece(ACPI_BIOS_AREA_BASE, ACPI_BIOS_AREA_BYTES);
    memcpy(area + ACPI_BIOS_AREA_BYTES - 16, "RSD PTR ", 8); /* would go on behind it */
    assert_true(acpi_search_rsdp(map) == 0);
    pieces[0].length--; /* nothing there at all */
    assert_true(acpi_search_rsdp(map) == 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(revision_0_goes_by_the_rsdt),
        TEST(revision_2_goes_by_the_xsdt),
        TEST(a_bad_xsdt_leaves_the_rsdt),
        TEST(a_root_pointer_that_is_none),
        TEST(lengths_are_not_trusted),
        TEST(a_table_longer_than_any_of_these_is_not_read),
        TEST(a_table_that_does_not_add_up_is_passed_over),
        TEST(a_root_table_of_nothing_but_noise_is_bounded),
        TEST(the_bios_area_is_searched_on_its_boundaries),
        TEST(the_search_ends_with_the_area),
    };
    return cmocka_run_group_tests_name("ACPI tables", tests, NULL, NULL);
}
