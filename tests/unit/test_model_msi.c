/* SPDX-License-Identifier: MIT */
/* host-vmm/devices/msi.c: what the capability's registers become, and when a message goes. */
#include "test.h"

#include "host-vmm/devices/pci_host.h"

#include "host-vmm/devices/msi.h"

#define DEVICE 2
#define ADDRESS 0xfee01000u
#define DATA 0x4041

struct fixture {
    struct bus ports, mmio;
    struct pci_host host;
    struct pci_device pci;
    struct msi_model msi;
    /* what the sink has heard */
    unsigned routes, sent;
    bool enabled;
    uint64_t address;
    uint32_t data;
};

static struct fixture f;

static void on_route(void *context, unsigned vector, bool enabled, uint64_t address, uint32_t data)
{
    assert_ptr_equal(context, &f);
    assert_int_equal(vector, 0);
    f.routes++;
    f.enabled = enabled;
    f.address = address;
    f.data = data;
}

static void on_send(void *context, unsigned vector)
{
    assert_ptr_equal(context, &f);
    assert_int_equal(vector, 0);
    assert_true(f.enabled); /* a message without a route would be lost */
    f.sent++;
}

static void config_written(struct pci_device *d, unsigned reg, unsigned size)
{
    (void)reg, (void)size;
    msi_model_update(d->self);
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
    f.pci.self = &f.msi;
    f.pci.config_written = config_written;
    msi_model_init(&f.msi, &f.pci, sink);
    assert_true(pci_host_add(&f.host, &f.pci));
    return 0;
}

/* --- a driver in a few lines ------------------------------------------------------------------ */

static void put(unsigned reg, unsigned size, uint32_t value)
{
    pci_host_config_write(&f.host, 0, DEVICE, 0, reg, size, value);
}

static uint32_t get(unsigned reg, unsigned size)
{
    return pci_host_config_read(&f.host, 0, DEVICE, 0, reg, size);
}

static unsigned at(unsigned offset)
{
    return f.msi.capability + offset;
}

static void turn_on(void)
{
    put(at(PCI_MSI_ADDRESS), 4, ADDRESS);
    put(at(PCI_MSI_ADDRESS_HIGH), 4, 0);
    put(at(PCI_MSI_DATA), 2, DATA);
    put(PCI_COMMAND, 2, PCI_COMMAND_MASTER);
    put(at(PCI_MSI_CONTROL), 2, PCI_MSI_CONTROL_ENABLE);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void the_capability(void **state)
{
    (void)state;
    assert_int_equal(get(PCI_CAPABILITY_POINTER, 1), f.msi.capability);
    assert_int_equal(get(at(0), 1), PCI_CAPABILITY_ID_MSI);
    assert_int_equal(get(at(PCI_MSI_CONTROL), 2), PCI_MSI_CONTROL_64BIT);
    for (unsigned reg = at(0); reg < at(PCI_MSI_SIZE); reg++)
        put(reg, 1, 0xff);
    assert_int_equal(get(at(0), 2), PCI_CAPABILITY_ID_MSI);
    /* One vector, whatever is asked for. */
    assert_int_equal(get(at(PCI_MSI_CONTROL), 2), PCI_MSI_CONTROL_64BIT | PCI_MSI_CONTROL_ENABLE);
    assert_int_equal(get(at(PCI_MSI_ADDRESS), 4), 0xfffffffc);
    assert_int_equal(get(at(PCI_MSI_ADDRESS_HIGH), 4), 0xffffffff);
    assert_int_equal(get(at(PCI_MSI_DATA), 2), 0xffff);
    assert_true(f.address == 0xfffffffffffffffc);
    assert_int_equal(f.data, 0xffff);
}

static void the_sink_hears_each_change_once(void **state)
{
    (void)state;
    put(at(PCI_MSI_ADDRESS), 4, 0xfee00000);
    put(at(PCI_MSI_DATA), 2, 1);
    assert_int_equal(f.routes, 0); /* it is off: nobody needs to know */
    turn_on();
    assert_int_equal(f.routes, 1);
    assert_true(f.enabled);
    assert_true(f.address == ADDRESS);
    assert_int_equal(f.data, DATA);
    turn_on();
    put(PCI_INTERRUPT_LINE, 1, 9);
    assert_int_equal(f.routes, 1);
    put(at(PCI_MSI_ADDRESS_HIGH), 4, 7);
    assert_int_equal(f.routes, 2);
    assert_true(f.address == (7ull << 32 | ADDRESS));
    put(at(PCI_MSI_DATA), 2, DATA + 1);
    assert_int_equal(f.routes, 3);
    assert_int_equal(f.data, DATA + 1);
    put(at(PCI_MSI_CONTROL), 2, 0);
    assert_int_equal(f.routes, 4);
    assert_false(f.enabled);
    put(at(PCI_MSI_DATA), 2, DATA);
    assert_int_equal(f.routes, 4);
}

static void a_message_goes_while_it_may(void **state)
{
    (void)state;
    assert_false(msi_model_send(&f.msi));
    put(PCI_COMMAND, 2, PCI_COMMAND_MASTER);
    assert_false(msi_model_send(&f.msi));
    turn_on();
    assert_int_equal(f.msi.dropped, 2);
    assert_int_equal(f.sent, 0);
    assert_true(msi_model_send(&f.msi));
    assert_true(msi_model_send(&f.msi));
    assert_int_equal(f.sent, 2);
    put(PCI_COMMAND, 2, 0);
    assert_int_equal(f.routes, 1); /* the route stays */
    assert_false(msi_model_send(&f.msi));
    put(PCI_COMMAND, 2, PCI_COMMAND_MASTER);
    assert_true(msi_model_send(&f.msi));
    put(at(PCI_MSI_CONTROL), 2, 0);
    assert_false(msi_model_send(&f.msi));
    assert_int_equal(f.sent, 3);
    assert_int_equal(f.msi.dropped, 4);
}

static void after_a_reset_nothing_goes(void **state)
{
    (void)state;
    turn_on();
    pci_host_reset(&f.host);
    msi_model_update(&f.msi);
    assert_int_equal(f.routes, 2);
    assert_false(f.enabled);
    assert_false(msi_model_send(&f.msi));
    turn_on();
    assert_true(msi_model_send(&f.msi));
}

static void without_a_sink(void **state)
{
    (void)state;
    f.msi.sink = (struct msi_sink){0};
    turn_on();
    assert_true(msi_model_send(&f.msi));
}

#define TEST(function) cmocka_unit_test_setup(function, start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_capability),
        TEST(the_sink_hears_each_change_once),
        TEST(a_message_goes_while_it_may),
        TEST(after_a_reset_nothing_goes),
        TEST(without_a_sink),
    };

    return cmocka_run_group_tests_name("MSI model", tests, NULL, NULL);
}
