/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/pam.c and the host bridge's PAM registers: what each nibble means, and who is told. */
#include "test.h"

#include "host-vmm/devices/pam.h"
#include "pci_fixture.h"

#include <string.h>

static struct pam_segment segments[I440FX_PAM_SEGMENTS];

static const struct pam_segment *segment_at(uint32_t address)
{
    for (unsigned i = 0; i < I440FX_PAM_SEGMENTS; i++)
        if (address - segments[i].base < segments[i].length)
            return &segments[i];
    return NULL;
}

static void segments_cover_the_area_without_holes(void **state)
{
    static const uint8_t zeros[I440FX_PAM_COUNT];
    uint32_t at = 0xc0000;

    (void)state;
    pam_decode(zeros, segments);
    for (unsigned i = 0; i < I440FX_PAM_SEGMENTS; i++) {
        assert_int_equal(segments[i].base, at);
        assert_int_equal(segments[i].length, at < 0xf0000 ? 0x4000 : 0x10000);
        assert_false(segments[i].read || segments[i].write);
        at += segments[i].length;
    }
    assert_int_equal(at, 0x100000);
}

/* Register, nibble and segment as the datasheet's table 3-1 has them. */
static void each_nibble_is_its_own_segment(void **state)
{
    static const struct {
        unsigned reg, shift;
        uint32_t base;
    } table[] = {{0x59, 4, 0xf0000}, {0x5a, 0, 0xc0000}, {0x5a, 4, 0xc4000}, {0x5b, 0, 0xc8000},
                 {0x5b, 4, 0xcc000}, {0x5c, 0, 0xd0000}, {0x5c, 4, 0xd4000}, {0x5d, 0, 0xd8000},
                 {0x5d, 4, 0xdc000}, {0x5e, 0, 0xe0000}, {0x5e, 4, 0xe4000}, {0x5f, 0, 0xe8000},
                 {0x5f, 4, 0xec000}};

    (void)state;
    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
        for (unsigned attributes = 0; attributes < 4; attributes++) {
            uint8_t registers[I440FX_PAM_COUNT] = {0};
            registers[table[i].reg - 0x59] = (uint8_t)(attributes << table[i].shift);
            pam_decode(registers, segments);
            for (unsigned n = 0; n < I440FX_PAM_SEGMENTS; n++) {
                bool is_it = segments[n].base == table[i].base;
                assert_int_equal(segments[n].read, is_it && (attributes & 1));
                assert_int_equal(segments[n].write, is_it && (attributes & 2));
            }
        }
    }
}

static void the_low_nibble_of_the_first_register_means_nothing(void **state)
{
    uint8_t registers[I440FX_PAM_COUNT] = {0x0f};

    (void)state;
    pam_decode(registers, segments);
    for (unsigned i = 0; i < I440FX_PAM_SEGMENTS; i++)
        assert_false(segments[i].read || segments[i].write);
}

/* --- the bridge --- */

struct heard {
    unsigned calls;
    uint8_t registers[I440FX_PAM_COUNT];
};

static void hear(void *context, const uint8_t *registers)
{
    struct heard *heard = context;

    heard->calls++;
    memcpy(heard->registers, registers, sizeof heard->registers);
}

static void changes_are_told_once_and_reset_is_one(void **state)
{
    struct heard heard = {0};
    struct pci_fixture f;

    (void)state;
    pci_fixture_start(&f);
    f.host.pam_changed = hear;
    f.host.pam_context = &heard;
    config_set(&f, 0, 0x58, 4, 0x33333300); /* over the register before, too */
    assert_int_equal(heard.calls, 1);
    assert_int_equal(heard.registers[0], 0x30);
    assert_int_equal(heard.registers[2], 0x33);
    assert_int_equal(heard.registers[3], 0);
    config_set(&f, 0, 0x5a, 1, 0x33);
    config_set(&f, 0, 0x60, 4, 0xffffffff);
    assert_int_equal(heard.calls, 1);
    config_set(&f, 0, 0x5f, 1, 0x10);
    assert_int_equal(heard.calls, 2);
    assert_int_equal(heard.registers[6], 0x10);
    pam_decode(heard.registers, segments);
    assert_true(segment_at(0xf1234)->read && segment_at(0xf1234)->write);
    assert_true(segment_at(0xec000)->read && !segment_at(0xec000)->write);
    pci_host_reset(&f.host);
    assert_int_equal(heard.calls, 3);
    assert_int_equal(heard.registers[0] | heard.registers[1] | heard.registers[6], 0);
    pci_host_reset(&f.host);
    assert_int_equal(heard.calls, 3);
}

static void only_defined_bits_are_kept(void **state)
{
    struct pci_fixture f;

    (void)state;
    pci_fixture_start(&f);
    config_set(&f, 0, 0x58, 4, 0xffffffff);
    config_set(&f, 0, 0x5c, 4, 0xffffffff);
    assert_int_equal(config_get(&f, 0, 0x58, 4), 0x33333000);
    assert_int_equal(config_get(&f, 0, 0x5c, 4), 0x33333333);
}

static void the_bridge_carries_the_ids_that_firmware_looks_for(void **state)
{
    struct pci_fixture f;

    (void)state;
    pci_fixture_start(&f);
    assert_int_equal(config_get(&f, 0, PCI_VENDOR_ID, 4), 0x12378086);
    assert_int_equal(config_get(&f, 0, PCI_SUBSYSTEM_VENDOR_ID, 4), 0x11001af4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_cover_the_area_without_holes),
        cmocka_unit_test(each_nibble_is_its_own_segment),
        cmocka_unit_test(the_low_nibble_of_the_first_register_means_nothing),
        cmocka_unit_test(changes_are_told_once_and_reset_is_one),
        cmocka_unit_test(only_defined_bits_are_kept),
        cmocka_unit_test(the_bridge_carries_the_ids_that_firmware_looks_for),
    };
    return cmocka_run_group_tests_name("PAM", tests, NULL, NULL);
}
