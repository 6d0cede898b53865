/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/msix.c: the table as a guest may write it, both masks, pending bits, and what the sink
 * hears of all that. */
#include "test.h"

#include "host-vmm/devices/pci_host.h"

#include "host-vmm/devices/msix.h"

#include <pthread.h>
#include <stdatomic.h>

#define DEVICE 3
#define BAR 4
#define PAGE_OFFSET 0x4000
#define VECTORS 3
#define ADDRESS 0xfee00000u

struct fixture {
    struct bus ports, mmio;
    struct pci_host host;
    struct pci_device pci;
    struct msix_model msix;
    /* what the sink has heard, by vector */
    unsigned routes[VECTORS], sent[VECTORS];
    bool enabled[VECTORS];
    uint64_t address[VECTORS];
    uint32_t data[VECTORS];
};

static struct fixture f;

static void on_route(void *context, unsigned vector, bool enabled, uint64_t address, uint32_t data)
{
    assert_ptr_equal(context, &f);
    assert_in_range(vector, 0, VECTORS - 1);
    f.routes[vector]++;
    f.enabled[vector] = enabled;
    f.address[vector] = address;
    f.data[vector] = data;
}

static void on_send(void *context, unsigned vector)
{
    assert_ptr_equal(context, &f);
    assert_in_range(vector, 0, VECTORS - 1);
    assert_true(f.enabled[vector]); /* a message without a route would be lost */
    f.sent[vector]++;
}

static void config_written(struct pci_device *d, unsigned reg, unsigned size)
{
    (void)reg, (void)size;
    msix_model_update(d->self);
}

static int start(void **state)
{
    const struct msi_sink sink = {.route = on_route, .send = on_send, .context = &f};

    (void)state;
    f = (struct fixture){0};
    bus_init(&f.ports, "ports");
    bus_init(&f.mmio, "mmio");
    pci_host_init(&f.host, &f.ports, &f.mmio);
    pci_device_init(&f.pci, "test", DEVICE, 0, 0x1234, 0x5678, PCI_CLASS_UNASSIGNED, 0);
    f.pci.self = &f.msix;
    f.pci.config_written = config_written;
    msix_model_init(&f.msix, &f.pci, BAR, PAGE_OFFSET, VECTORS, sink);
    assert_true(pci_host_add(&f.host, &f.pci));
    return 0;
}

/* --- a driver in a few lines ------------------------------------------------------------------ */

static void put_config(unsigned reg, unsigned size, uint32_t value)
{
    pci_host_config_write(&f.host, 0, DEVICE, 0, reg, size, value);
}

static uint32_t get_config(unsigned reg, unsigned size)
{
    return pci_host_config_read(&f.host, 0, DEVICE, 0, reg, size);
}

static unsigned at(unsigned offset)
{
    return f.msix.capability + offset;
}

static void put_control(uint16_t control)
{
    put_config(at(PCI_MSIX_CONTROL), 2, control);
}

static uint64_t entry(unsigned vector, unsigned offset)
{
    return vector * PCI_MSIX_ENTRY_SIZE + offset;
}

static void put(uint64_t offset, unsigned size, uint64_t value)
{
    assert_true(msix_model_write(&f.msix, offset, size, value));
}

static uint64_t get(uint64_t offset, unsigned size)
{
    uint64_t value = 0;

    assert_true(msix_model_read(&f.msix, offset, size, &value));
    return value;
}

static uint64_t pending(void)
{
    return get(MSIX_PBA_OFFSET, 8);
}

static void mask(unsigned vector, bool masked)
{
    put(entry(vector, PCI_MSIX_ENTRY_CONTROL), 4, masked ? PCI_MSIX_ENTRY_MASKED : 0);
}

/* MSI-X on, and vectors 0 and 1 open. */
static void turn_on(void)
{
    put_config(PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
    for (unsigned i = 0; i < 2; i++) {
        put(entry(i, PCI_MSIX_ENTRY_ADDRESS), 4, ADDRESS);
        put(entry(i, PCI_MSIX_ENTRY_ADDRESS) + 4, 4, 0);
        put(entry(i, PCI_MSIX_ENTRY_DATA), 4, 0x40 + i);
        mask(i, false);
    }
    put_control(PCI_MSIX_CONTROL_ENABLE);
}

/* --- registers -------------------------------------------------------------------------------- */

static void the_capability(void **state)
{
    (void)state;
    assert_int_equal(get_config(PCI_CAPABILITY_POINTER, 1), f.msix.capability);
    for (unsigned reg = at(0); reg < at(PCI_MSIX_SIZE); reg++)
        put_config(reg, 1, 0xff);
    assert_int_equal(get_config(at(0), 2), PCI_CAPABILITY_ID_MSIX);
    assert_int_equal(get_config(at(PCI_MSIX_CONTROL), 2),
                     PCI_MSIX_CONTROL_ENABLE | PCI_MSIX_CONTROL_FUNCTION_MASK | (VECTORS - 1));
    assert_int_equal(get_config(at(PCI_MSIX_TABLE), 4), PAGE_OFFSET | BAR);
    assert_int_equal(get_config(at(PCI_MSIX_PENDING), 4), (PAGE_OFFSET + MSIX_PBA_OFFSET) | BAR);
    assert_true(msix_model_enabled(&f.msix));
    put_control(PCI_MSIX_CONTROL_FUNCTION_MASK);
    assert_false(msix_model_enabled(&f.msix));
}

static void at_power_on_every_vector_is_masked(void **state)
{
    (void)state;
    for (unsigned i = 0; i < VECTORS; i++) {
        assert_int_equal(get(entry(i, PCI_MSIX_ENTRY_ADDRESS), 8), 0);
        assert_int_equal(get(entry(i, PCI_MSIX_ENTRY_DATA), 4), 0);
        assert_int_equal(get(entry(i, PCI_MSIX_ENTRY_CONTROL), 4), PCI_MSIX_ENTRY_MASKED);
    }
    assert_int_equal(pending(), 0);
}

static void an_entry_takes_halves_and_wholes(void **state)
{
    (void)state;
    put(entry(1, PCI_MSIX_ENTRY_ADDRESS), 4, 0x11223347);
    put(entry(1, PCI_MSIX_ENTRY_ADDRESS) + 4, 4, 0x55667788);
    assert_true(get(entry(1, PCI_MSIX_ENTRY_ADDRESS), 8) == 0x5566778811223344);
    assert_int_equal(get(entry(1, PCI_MSIX_ENTRY_ADDRESS) + 4, 4), 0x55667788);
    put(entry(1, PCI_MSIX_ENTRY_DATA), 8, 0xfffffffedeadbeef);
    assert_int_equal(get(entry(1, PCI_MSIX_ENTRY_DATA), 4), 0xdeadbeef);
    assert_int_equal(get(entry(1, PCI_MSIX_ENTRY_CONTROL), 4), 0); /* the rest is reserved */
    put(entry(1, PCI_MSIX_ENTRY_ADDRESS), 8, 0x8877665544332210);
    assert_int_equal(get(entry(1, PCI_MSIX_ENTRY_ADDRESS), 4), 0x44332210);
    put(entry(1, PCI_MSIX_ENTRY_CONTROL), 4, UINT32_MAX);
    assert_true(get(entry(1, PCI_MSIX_ENTRY_DATA), 8) == 0x1deadbeef);
    assert_int_equal(get(entry(0, PCI_MSIX_ENTRY_ADDRESS), 8), 0);
    assert_int_equal(get(entry(2, PCI_MSIX_ENTRY_ADDRESS), 8), 0);
}

/* Adverse case 28: every offset of the page, every width, both directions. */
static void case_28_every_offset_width_and_direction(void **state)
{
    uint64_t value;

    (void)state;
    for (unsigned size = 1; size <= 8; size *= 2) {
        for (unsigned offset = 0; offset + size <= MSIX_PAGE_SIZE; offset++) {
            bool aligned = size >= 4 && offset % size == 0;
            bool in_table = offset < VECTORS * PCI_MSIX_ENTRY_SIZE;
            bool in_pba = offset >= MSIX_PBA_OFFSET && offset < MSIX_PBA_OFFSET + 8;

            assert_int_equal(msix_model_read(&f.msix, offset, size, &value),
                             aligned && (in_table || in_pba));
            assert_int_equal(msix_model_write(&f.msix, offset, size, 0), aligned && in_table);
        }
    }
    assert_false(msix_model_read(&f.msix, UINT64_MAX - 7, 8, &value));
    assert_false(msix_model_write(&f.msix, UINT64_MAX - 7, 8, 0));
}

/* --- routes ----------------------------------------------------------------------------------- */

static void the_sink_hears_each_change_once(void **state)
{
    (void)state;
    turn_on();
    assert_int_equal(f.routes[0], 1); /* not one for each register */
    assert_int_equal(f.routes[1], 1);
    assert_int_equal(f.routes[2], 0);
    assert_true(f.enabled[1] && f.address[1] == ADDRESS && f.data[1] == 0x41);
    turn_on();
    put_config(PCI_INTERRUPT_LINE, 1, 9);
    assert_int_equal(f.routes[1], 1);
    put(entry(1, PCI_MSIX_ENTRY_DATA), 4, 0x50);
    assert_int_equal(f.routes[1], 2);
    assert_int_equal(f.data[1], 0x50);
    put(entry(1, PCI_MSIX_ENTRY_ADDRESS), 8, 1ull << 32 | ADDRESS);
    assert_int_equal(f.routes[1], 3);
    assert_true(f.address[1] == (1ull << 32 | ADDRESS));
    mask(1, true);
    assert_int_equal(f.routes[1], 4);
    assert_false(f.enabled[1]);
    put(entry(1, PCI_MSIX_ENTRY_DATA), 4, 0x60);
    assert_int_equal(f.routes[1], 4); /* masked: it hears of that when it matters */
    mask(1, false);
    assert_int_equal(f.routes[1], 5);
    assert_true(f.enabled[1]);
    assert_int_equal(f.data[1], 0x60);
    assert_int_equal(f.routes[0], 1);
    put_control(0);
    assert_int_equal(f.routes[0], 2);
    assert_int_equal(f.routes[1], 6);
    assert_int_equal(f.routes[2], 0);
    assert_false(f.enabled[0] || f.enabled[1]);
}

/* A message and its mask in one 64-bit write: one change. */
static void data_and_mask_together(void **state)
{
    (void)state;
    turn_on();
    put(entry(2, PCI_MSIX_ENTRY_DATA), 8, 0x77);
    assert_int_equal(f.routes[2], 1);
    assert_true(f.enabled[2]);
    assert_int_equal(f.data[2], 0x77);
    put(entry(2, PCI_MSIX_ENTRY_DATA), 8, (uint64_t)PCI_MSIX_ENTRY_MASKED << 32 | 0x78);
    assert_int_equal(f.routes[2], 2);
    assert_false(f.enabled[2]);
}

/* --- messages --------------------------------------------------------------------------------- */

static void a_message_goes_at_once(void **state)
{
    (void)state;
    turn_on();
    msix_model_send(&f.msix, 1);
    msix_model_send(&f.msix, 1);
    msix_model_send(&f.msix, 0);
    assert_int_equal(f.sent[0], 1);
    assert_int_equal(f.sent[1], 2);
    assert_int_equal(pending(), 0);
    assert_int_equal(f.msix.dropped, 0);
}

static void a_masked_vector_waits(void **state)
{
    (void)state;
    turn_on();
    mask(1, true);
    msix_model_send(&f.msix, 1);
    msix_model_send(&f.msix, 1); /* one bit remembers both */
    msix_model_send(&f.msix, 2); /* never unmasked yet */
    msix_model_send(&f.msix, 0);
    assert_int_equal(f.sent[0], 1);
    assert_int_equal(f.sent[1] + f.sent[2], 0);
    assert_int_equal(pending(), 1 << 1 | 1 << 2);
    assert_int_equal(get(MSIX_PBA_OFFSET, 4), 1 << 1 | 1 << 2);
    assert_int_equal(get(MSIX_PBA_OFFSET + 4, 4), 0);
    mask(1, false);
    assert_int_equal(f.sent[1], 1);
    assert_int_equal(pending(), 1 << 2);
    mask(1, true);
    mask(1, false);
    assert_int_equal(f.sent[1], 1);
}

static void the_functions_mask_holds_all(void **state)
{
    (void)state;
    turn_on();
    put_control(PCI_MSIX_CONTROL_ENABLE | PCI_MSIX_CONTROL_FUNCTION_MASK);
    assert_false(f.enabled[0] || f.enabled[1]);
    msix_model_send(&f.msix, 0);
    msix_model_send(&f.msix, 2);
    mask(0, true);
    mask(0, false);
    assert_int_equal(f.sent[0], 0);
    assert_int_equal(pending(), 1 << 0 | 1 << 2);
    put_control(PCI_MSIX_CONTROL_ENABLE);
    assert_int_equal(f.sent[0], 1);
    assert_int_equal(f.sent[2], 0); /* its own mask is still there */
    assert_int_equal(pending(), 1 << 2);
}

static void off_is_off(void **state)
{
    (void)state;
    turn_on();
    mask(0, true);
    msix_model_send(&f.msix, 0);
    put_control(0);
    assert_int_equal(pending(), 0);
    msix_model_send(&f.msix, 0);
    msix_model_send(&f.msix, 1);
    assert_int_equal(f.msix.dropped, 2);
    put_control(PCI_MSIX_CONTROL_ENABLE);
    mask(0, false);
    assert_int_equal(f.sent[0] + f.sent[1], 0);
}

static void without_bus_mastering_nothing_goes(void **state)
{
    (void)state;
    turn_on();
    mask(1, true);
    msix_model_send(&f.msix, 1);
    put_config(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    msix_model_send(&f.msix, 0);
    assert_int_equal(f.msix.dropped, 1);
    mask(1, false);
    assert_int_equal(f.sent[0] + f.sent[1], 0);
    assert_int_equal(pending(), 1 << 1);
    put_config(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    assert_int_equal(f.sent[0], 0);
    assert_int_equal(f.sent[1], 1); /* what was pending goes as soon as it may */
}

/* Adverse case 10: vectors that are not there. */
static void case_10_vectors_out_of_range(void **state)
{
    static const unsigned vectors[] = {VECTORS, MSIX_VECTORS_MAX, 0x800, 0xffff, UINT32_MAX};

    (void)state;
    turn_on();
    for (unsigned i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        msix_model_send(&f.msix, vectors[i]);
    assert_int_equal(f.msix.dropped, 5);
    assert_int_equal(f.sent[0] + f.sent[1] + f.sent[2], 0);
    assert_int_equal(pending(), 0);
}

static void reset_masks_and_forgets(void **state)
{
    (void)state;
    turn_on();
    msix_model_send(&f.msix, 2);
    pci_host_reset(&f.host);
    msix_model_reset(&f.msix);
    assert_int_equal(f.routes[0], 2);
    assert_false(f.enabled[0] || f.enabled[1]);
    at_power_on_every_vector_is_masked(NULL);
    assert_false(msix_model_enabled(&f.msix));
    turn_on();
    msix_model_send(&f.msix, 0);
    assert_int_equal(f.sent[0], 1);
}

static void without_a_sink(void **state)
{
    (void)state;
    f.msix.sink = (struct msi_sink){0};
    turn_on();
    msix_model_send(&f.msix, 0);
    assert_int_equal(f.msix.dropped, 0);
}

/* A worker sends while the guest masks and unmasks: each message goes or stays pending. */
#define SENDS 20000

static atomic_uint goes;

static void *send_many(void *argument)
{
    for (unsigned i = 0; i < SENDS; i++) {
        msix_model_send(argument, 0);
        atomic_fetch_add(&goes, 1);
    }
    return NULL;
}

static void masking_against_a_worker(void **state)
{
    pthread_t worker;

    (void)state;
    turn_on();
    atomic_store(&goes, 0);
    assert_int_equal(pthread_create(&worker, NULL, send_many, &f.msix), 0);
    while (atomic_load(&goes) < SENDS) {
        mask(0, true);
        mask(0, false);
    }
    pthread_join(worker, NULL);
    assert_int_equal(pending(), 0);
    assert_in_range(f.sent[0], 1, SENDS);
    mask(0, true);
    msix_model_send(&f.msix, 0);
    assert_int_equal(pending(), 1);
}

#define TEST(function) cmocka_unit_test_setup(function, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_capability),
        TEST(at_power_on_every_vector_is_masked),
        TEST(an_entry_takes_halves_and_wholes),
        TEST(case_28_every_offset_width_and_direction),
        TEST(the_sink_hears_each_change_once),
        TEST(data_and_mask_together),
        TEST(a_message_goes_at_once),
        TEST(a_masked_vector_waits),
        TEST(the_functions_mask_holds_all),
        TEST(off_is_off),
        TEST(without_bus_mastering_nothing_goes),
        TEST(case_10_vectors_out_of_range),
        TEST(reset_masks_and_forgets),
        TEST(without_a_sink),
        TEST(masking_against_a_worker),
    };

    return cmocka_run_group_tests_name("MSI-X model", tests, NULL, NULL);
}
