/* SPDX-License-Identifier: MIT */
/* A chunk device and a driver in a few lines. */
#include "test.h"

#include "chunk_fixture.h"

static struct chunk_fixture fixture;

static void count_message(void *context, unsigned vector)
{
    struct chunk_fixture *f = context;

    assert_int_equal(vector, 0);
    f->messages++;
}

int chunk_fixture_start(void **state)
{
    struct chunk_fixture *f = &fixture;

    f->messages = f->rings = 0;
    fake_memory_create(&f->memory, RAM_BASE, RAM_LENGTH);
    fake_backend_create(&f->input, INPUT_LENGTH, INPUT_LENGTH);
    fake_backend_create(&f->output, 0, OUTPUT_ROOM);
    f->output.backend.grows = true;
    chunk_model_init(&f->chunk, &f->memory, &f->input.backend, &f->output.backend,
                     (struct msi_sink){.send = count_message, .context = f});
    f->chunk.pci.config[PCI_COMMAND] |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
    *state = f;
    return 0;
}

int chunk_fixture_start_with_ring(void **state)
{
    chunk_fixture_start(state);
    return chunk_model_offer_ring(&fixture.chunk) ? 0 : -1;
}

int chunk_fixture_stop(void **state)
{
    struct chunk_fixture *f = *state;

    chunk_model_destroy(&f->chunk);
    fake_memory_destroy(&f->memory);
    fake_backend_destroy(&f->input);
    fake_backend_destroy(&f->output);
    return 0;
}

static void only_the_doorbell(void *context)
{
    chunk_model_doorbell(context);
}

void chunk_fixture_hold(struct chunk_fixture *f)
{
    f->chunk.rung = only_the_doorbell;
}

static void count_ring(void *context)
{
    struct chunk_fixture *f = context;

    f->rings++;
}

void chunk_fixture_defer(struct chunk_fixture *f)
{
    chunk_model_defer(&f->chunk, count_ring, f);
}

void chunk_fixture_messages(struct chunk_fixture *f)
{
    struct pci_device *pci = &f->chunk.pci;
    unsigned control = f->chunk.msi.capability + PCI_MSI_CONTROL;

    pci->config[control] |= PCI_MSI_CONTROL_ENABLE;
    pci->config_written(pci, control, 2);
    write_register(f, CHUNK_REG_CONTROL, 4, CHUNK_CONTROL_MSI);
}

uint64_t read_register(struct chunk_fixture *f, uint64_t offset, unsigned size)
{
    uint64_t value = 0;

    assert_true(f->chunk.region.ops->read(&f->chunk, offset, size, &value));
    return value;
}

void write_register(struct chunk_fixture *f, uint64_t offset, unsigned size, uint64_t value)
{
    assert_true(f->chunk.region.ops->write(&f->chunk, offset, size, value));
}

uint32_t chunk_status(struct chunk_fixture *f)
{
    return (uint32_t)read_register(f, CHUNK_REG_STATUS, 4);
}

uint64_t chunk_transferred(struct chunk_fixture *f)
{
    return read_register(f, CHUNK_REG_TRANSFERRED, 8);
}

void ring_doorbell(struct chunk_fixture *f)
{
    write_register(f, CHUNK_REG_DOORBELL, 4, 1);
}

void set_parameters(struct chunk_fixture *f, uint32_t command, uint64_t gpa, uint64_t length,
                    uint64_t offset)
{
    write_register(f, CHUNK_REG_COMMAND, 4, command);
    write_register(f, CHUNK_REG_DATA_GPA, 8, gpa);
    write_register(f, CHUNK_REG_DATA_LENGTH, 8, length);
    write_register(f, CHUNK_REG_RESULT_GPA, 8, gpa);
    write_register(f, CHUNK_REG_RESULT_LENGTH, 8, length);
    write_register(f, CHUNK_REG_OFFSET, 8, offset);
}

void issue(struct chunk_fixture *f, uint32_t command, uint64_t gpa, uint64_t length,
           uint64_t offset)
{
    uint32_t tag = (uint32_t)read_register(f, CHUNK_REG_TAG, 4) + 1;

    set_parameters(f, command, gpa, length, offset);
    write_register(f, CHUNK_REG_TAG, 4, tag);
    ring_doorbell(f);
    assert_int_equal(read_register(f, CHUNK_REG_DONE_TAG, 4), tag);
}

void expect_complete(struct chunk_fixture *f, uint64_t bytes)
{
    assert_int_equal(chunk_status(f), CHUNK_STATUS_COMPLETE);
    assert_int_equal(read_register(f, CHUNK_REG_ERROR, 4), CHUNK_ERROR_NONE);
    assert_int_equal(chunk_transferred(f), bytes);
}

void expect_error(struct chunk_fixture *f, uint32_t error, uint64_t bytes)
{
    assert_int_equal(chunk_status(f), CHUNK_STATUS_ERROR);
    assert_int_equal(read_register(f, CHUNK_REG_ERROR, 4), error);
    assert_int_equal(chunk_transferred(f), bytes);
}

void expect_reset_state(struct chunk_fixture *f)
{
    for (unsigned offset = 0; offset < CHUNK_REG_RING_ENTRIES + 4; offset += 4) {
        bool constant =
            offset == CHUNK_REG_ID || offset == CHUNK_REG_VERSION || offset == CHUNK_REG_FEATURES;
        uint64_t value;

        if (!constant && f->chunk.region.ops->read(&f->chunk, offset, 4, &value))
            assert_int_equal(value, 0);
    }
}

uint8_t *chunk_ram(struct chunk_fixture *f, gpa_t gpa, uint64_t length)
{
    uint8_t *bytes = guest_ptr(&f->memory, gpa, length);

    assert_non_null(bytes);
    return bytes;
}

bool ram_is_untouched(struct chunk_fixture *f)
{
    const uint8_t *bytes = chunk_ram(f, RAM_BASE, RAM_LENGTH);

    for (unsigned i = 0; i < RAM_LENGTH; i++)
        if (bytes[i] != FAKE_MEMORY_FILL)
            return false;
    return true;
}
