/* SPDX-License-Identifier: MIT */
/* host-vmm/bus.c: who answers which address, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host-vmm/bus.h"

/* A device that remembers the last access and answers only where it says. */
struct probe {
    struct bus_region region;
    uint64_t offset, value;
    unsigned size, calls;
    bool refuse;
};

static bool probe_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct probe *probe = self;

    probe->offset = offset;
    probe->size = size;
    probe->calls++;
    *value = 0x1122334455667788;
    return !probe->refuse;
}

static bool probe_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct probe *probe = self;

    probe->offset = offset;
    probe->size = size;
    probe->value = value;
    probe->calls++;
    return !probe->refuse;
}

static const struct bus_ops probe_ops = {.read = probe_read, .write = probe_write};

static struct probe probe(uint64_t length)
{
    return (struct probe){.region = {.name = "probe", .ops = &probe_ops, .length = length}};
}

static bool add(struct bus *bus, struct probe *p, uint64_t base)
{
    p->region.self = p;
    return bus_add(bus, &p->region, base);
}

static void an_access_reaches_its_region_as_an_offset(void **state)
{
    struct bus bus;
    struct probe low = probe(8), high = probe(4);
    struct bus_region *region;
    uint64_t value = 0;

    (void)state;
    bus_init(&bus, "test");
    assert_true(add(&bus, &high, 0x200));
    assert_true(add(&bus, &low, 0x100));

    assert_int_equal(bus_access(&bus, 0x106, 2, false, &value, &region), BUS_OK);
    assert_ptr_equal(region, &low.region);
    assert_int_equal(low.offset, 6);
    assert_int_equal(low.size, 2);
    assert_int_equal(value, 0x7788);

    value = 0xffffffffffffffab;
    assert_int_equal(bus_access(&bus, 0x203, 1, true, &value, NULL), BUS_OK);
    assert_int_equal(high.offset, 3);
    assert_int_equal(high.value, 0xab);
    assert_int_equal(low.region.reads, 1);
    assert_int_equal(low.region.writes, 0);
    assert_int_equal(high.region.writes, 1);
    assert_int_equal(bus.unclaimed_reads + bus.unclaimed_writes, 0);
}

static void what_nobody_claims_reads_ones_and_is_counted(void **state)
{
    static const unsigned sizes[] = {1, 2, 4, 8};
    struct bus bus;
    struct probe p = probe(4);
    struct bus_region *region = &p.region;

    (void)state;
    bus_init(&bus, "test");
    assert_true(add(&bus, &p, 0x100));
    for (unsigned i = 0; i < 4; i++) {
        uint64_t value = 0;

        assert_int_equal(bus_access(&bus, 0x104, sizes[i], false, &value, &region), BUS_UNCLAIMED);
        assert_null(region);
        assert_true(value == bus_ones(sizes[i]));
        assert_int_equal(bus_access(&bus, 0xf0, sizes[i], true, &value, NULL), BUS_UNCLAIMED);
        assert_int_equal(bus_access(&bus, UINT64_MAX, sizes[i], true, &value, NULL), BUS_UNCLAIMED);
    }
    assert_int_equal(bus.unclaimed_reads, 4);
    assert_int_equal(bus.unclaimed_writes, 8);
    assert_int_equal(p.calls, 0);
}

/* Adverse case 28: an access that straddles the end of a region, or two regions. */
static void a_straddling_access_is_unclaimed(void **state)
{
    struct bus bus;
    struct probe first = probe(4), second = probe(4);
    uint64_t value = 0;

    (void)state;
    bus_init(&bus, "test");
    assert_true(add(&bus, &first, 0x100));
    assert_true(add(&bus, &second, 0x104));
    assert_int_equal(bus_access(&bus, 0x102, 4, false, &value, NULL), BUS_UNCLAIMED);
    assert_true(value == UINT32_MAX);
    assert_int_equal(bus_access(&bus, 0xff, 2, true, &value, NULL), BUS_UNCLAIMED);
    assert_int_equal(bus_access(&bus, 0x100, 8, true, &value, NULL), BUS_UNCLAIMED);
    assert_int_equal(bus_access(&bus, 0x107, 2, true, &value, NULL), BUS_UNCLAIMED);
    assert_int_equal(first.calls + second.calls, 0);
}

static void a_refused_access_reads_ones_and_is_counted(void **state)
{
    struct bus bus;
    struct probe p = probe(4);
    struct bus_region *region = NULL;
    uint64_t value = 0;

    (void)state;
    p.refuse = true;
    bus_init(&bus, "test");
    assert_true(add(&bus, &p, 0x100));
    assert_int_equal(bus_access(&bus, 0x100, 2, false, &value, &region), BUS_ODD);
    assert_int_equal(value, 0xffff);
    assert_ptr_equal(region, &p.region);
    assert_int_equal(bus_access(&bus, 0x100, 2, true, &value, NULL), BUS_ODD);
    assert_int_equal(p.region.odd, 2);
    assert_int_equal(p.region.reads, 1);
    assert_int_equal(p.region.writes, 1);
}

static void one_way_devices_refuse_the_other_way(void **state)
{
    static const struct bus_ops none = {0};
    struct bus bus;
    struct bus_region region = {.name = "none", .ops = &none, .length = 1};
    uint64_t value = 0;

    (void)state;
    bus_init(&bus, "test");
    assert_true(bus_add(&bus, &region, 0));
    assert_int_equal(bus_access(&bus, 0, 1, false, &value, NULL), BUS_ODD);
    assert_int_equal(bus_access(&bus, 0, 1, true, &value, NULL), BUS_ODD);
}

static void a_reserved_region_keeps_its_place_and_answers_nothing(void **state)
{
    struct bus bus;
    struct bus_region ram = {.name = "ram", .length = 0x1000};
    struct probe p = probe(0x10);
    struct bus_region *region = NULL;
    uint64_t value = 0;

    (void)state;
    bus_init(&bus, "test");
    assert_true(bus_add(&bus, &ram, 0));
    assert_false(add(&bus, &p, 0xff8));
    assert_int_equal(bus_access(&bus, 0x10, 4, false, &value, &region), BUS_UNCLAIMED);
    assert_ptr_equal(region, &ram);
    assert_true(value == UINT32_MAX);
    assert_int_equal(bus.unclaimed_reads, 1);
}

static void overlap_and_wrap_are_refused(void **state)
{
    struct bus bus;
    struct probe p = probe(0x10), other = probe(0x10), big = probe(0x100), empty = probe(0);

    (void)state;
    bus_init(&bus, "test");
    assert_true(add(&bus, &p, 0x100));
    assert_false(add(&bus, &p, 0x400)); /* it is on the bus already */
    assert_int_equal(p.region.base, 0x100);
    assert_false(add(&bus, &other, 0x100));
    assert_false(add(&bus, &other, 0x10f));
    assert_false(add(&bus, &other, 0xf1));
    assert_false(add(&bus, &big, 0x80));
    assert_false(add(&bus, &empty, 0x800));
    assert_false(add(&bus, &other, UINT64_MAX - 0xe));
    assert_int_equal(bus.count, 1);

    assert_true(add(&bus, &other, UINT64_MAX - 0xf)); /* ends with the last byte there is */
    assert_ptr_equal(bus_find(&bus, UINT64_MAX, 1), &other.region);
    assert_null(bus_find(&bus, UINT64_MAX, 2));
    bus_remove(&bus, &other.region);
    assert_true(add(&bus, &other, 0xf0));
    assert_true(add(&bus, &big, 0x110));
}

static void a_full_bus_takes_no_more(void **state)
{
    static struct probe probes[BUS_MAX_REGIONS + 1];
    struct bus bus;

    (void)state;
    bus_init(&bus, "test");
    for (unsigned i = 0; i <= BUS_MAX_REGIONS; i++) {
        probes[i] = probe(4);
        /* Not in order of address: the table has to be sorted. */
        assert_int_equal(add(&bus, &probes[i], (i * 37 % 101) * 0x10), i < BUS_MAX_REGIONS);
    }
    for (unsigned i = 0; i < BUS_MAX_REGIONS; i++)
        assert_ptr_equal(bus_find(&bus, (i * 37 % 101) * 0x10 + 3, 1), &probes[i].region);
    for (unsigned i = 1; i < bus.count; i++)
        assert_true(bus.regions[i - 1]->base < bus.regions[i]->base);

    bus_remove(&bus, &probes[50].region);
    bus_remove(&bus, &probes[50].region); /* no longer there: nothing happens */
    assert_int_equal(bus.count, BUS_MAX_REGIONS - 1);
    assert_null(bus_find(&bus, (50 * 37 % 101) * 0x10, 1));
    assert_true(add(&bus, &probes[BUS_MAX_REGIONS], 0x8000));
}

static void a_moved_region_keeps_its_counters(void **state)
{
    struct bus bus;
    struct probe p = probe(4);
    uint64_t value;

    (void)state;
    bus_init(&bus, "test");
    assert_true(add(&bus, &p, 0x100));
    bus_access(&bus, 0x100, 4, false, &value, NULL);
    bus_remove(&bus, &p.region);
    assert_true(add(&bus, &p, 0x9000));
    bus_access(&bus, 0x9000, 4, false, &value, NULL);
    assert_int_equal(p.region.reads, 2);
    assert_int_equal(bus_access(&bus, 0x100, 4, false, &value, NULL), BUS_UNCLAIMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_access_reaches_its_region_as_an_offset),
        cmocka_unit_test(what_nobody_claims_reads_ones_and_is_counted),
        cmocka_unit_test(a_straddling_access_is_unclaimed),
        cmocka_unit_test(a_refused_access_reads_ones_and_is_counted),
        cmocka_unit_test(one_way_devices_refuse_the_other_way),
        cmocka_unit_test(a_reserved_region_keeps_its_place_and_answers_nothing),
        cmocka_unit_test(overlap_and_wrap_are_refused),
        cmocka_unit_test(a_full_bus_takes_no_more),
        cmocka_unit_test(a_moved_region_keeps_its_counters),
    };

    return cmocka_run_group_tests_name("bus", tests, NULL, NULL);
}
