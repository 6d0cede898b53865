/* SPDX-License-Identifier: MIT */
/* Guest RAM and a bus master for the IDE model's tests. */
#include "test.h"

#include "ide_dma_fixture.h"

#include <string.h>

struct guest_memory dma_memory;

int ide_dma_fixture_start(void **state)
{
    (void)state;
    ide_fixture_start(true, true);
    fake_memory_create(&dma_memory, RAM_BASE, RAM_LENGTH);
    fake_memory_add(&dma_memory, RAM_2_BASE, RAM_2_LENGTH);
    ide_add_bus_master(&fixture.ide, &dma_memory);
    pci_device_set_config16(&fixture.ide.pci, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
    return 0;
}

int ide_dma_fixture_stop(void **state)
{
    fake_memory_destroy(&dma_memory);
    return ide_fixture_stop(state);
}

uint8_t *dma_ram(uint64_t gpa)
{
    uint8_t *host = guest_ptr(&dma_memory, gpa, 1);

    assert_non_null(host);
    return host;
}

uint32_t dma_in(unsigned reg, unsigned size)
{
    uint64_t value = 0;

    assert_true(fixture.ide.dma_region.ops->read(&fixture.ide, reg, size, &value));
    return (uint32_t)value;
}

void dma_out(unsigned reg, unsigned size, uint32_t value)
{
    assert_true(fixture.ide.dma_region.ops->write(&fixture.ide, reg, size, value));
}

uint8_t dma_status(void)
{
    return (uint8_t)dma_in(IDE_DMA_STATUS, 1);
}

void dma_put_prd(unsigned index, uint32_t address, uint16_t count, uint16_t flags)
{
    struct ide_prd prd = {.address = address, .count = count, .flags = flags};

    assert_true(guest_write(&dma_memory, TABLE + index * sizeof prd, &prd, sizeof prd));
}

void dma_put_table(uint32_t address, uint32_t length)
{
    for (unsigned i = 0; length > 0; i++) {
        uint32_t part = IDE_PRD_BOUNDARY - address % IDE_PRD_BOUNDARY;

        if (part > length)
            part = length;
        length -= part;
        dma_put_prd(i, address, (uint16_t)part, length == 0 ? IDE_PRD_END : 0);
        address += part;
    }
}

void dma_command(uint8_t command, bool to_memory)
{
    uint8_t direction = to_memory ? IDE_DMA_COMMAND_TO_MEMORY : 0;

    dma_out(IDE_DMA_TABLE, 4, TABLE);
    dma_out(IDE_DMA_COMMAND, 1, direction);
    dma_out(IDE_DMA_STATUS, 1, IDE_DMA_STATUS_ERROR | IDE_DMA_STATUS_INTERRUPT);
    guest_command(command);
    dma_out(IDE_DMA_COMMAND, 1, direction | IDE_DMA_COMMAND_START);
}

void dma_hold(struct ide_channel *channel)
{
    (void)channel;
}

struct io_request *dma_submit(void)
{
    struct io_request *request = ide_dma_submit(fixture.channel);

    assert_non_null(request);
    assert_null(ide_dma_submit(fixture.channel));
    assert_null(ide_submit(fixture.channel)); /* PIO has no part in it */
    return request;
}

void dma_finish(struct io_request *request)
{
    backend_run(request);
    ide_complete(fixture.channel, request);
}

void expect_dma_end(uint8_t status, uint8_t error, uint8_t bus_master)
{
    assert_int_equal(dma_status(), bus_master);
    assert_true(fixture.irq[0]);
    dma_out(IDE_DMA_COMMAND, 1, 0);
    expect_ata_error(status, error);
    assert_false(fixture.irq[0]);
}
