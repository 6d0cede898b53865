/* SPDX-License-Identifier: MIT */
/* Keeps the results of the rungs and writes the last line. What a rung does is in climb_*.c. */
#include "climb.h"

#include "abi/machine.h"
#include "block.h"
#include "console.h"
#include "cpu.h"
#include "errors.h"
#include "finish.h"
#include "interrupts.h"
#include "memory.h"
#include "printf.h"
#include "shell/shell.h"

#include <string.h>

unsigned rung_under_way;

static uint8_t *buffers[CLIMB_BUFFERS];

/* Where a part's presence is decided: the rung whose number `require=` fails with. */
static const uint8_t part_rung[PART_COUNT] = {
    [PART_SERIAL] = RUNG_SERIAL, [PART_PCI] = RUNG_PCI,     [PART_MMIO] = RUNG_MMIO,
    [PART_ATA] = RUNG_ATA_PIO,   [PART_CHUNK] = RUNG_CHUNK, [PART_VIRTIO_BLK] = RUNG_VIRTIO_BLK,
};

static const char *const early_subjects[RUNG_REAL_MODE_LAST + 1] = {"", "serial", "pci", "ata"};

static void record_failure(struct climb *climb, unsigned rung, const char *subject,
                           const char *reason)
{
    climb->results[rung] = RUNG_FAIL;
    if (climb->failed_rung)
        return;
    climb->failed_rung = rung;
    climb->failed_subject = subject;
    format_text(climb->failed_reason, sizeof(climb->failed_reason), "%s", reason);
}

static bool required(const struct climb *climb, enum part part)
{
    return climb->command.require >> part & 1;
}

void climb_begin(struct climb *climb, const struct boot_info *info)
{
    climb->info = info;
    climb->failed_rung = 0;
    climb->function_count = 0;
    memset(climb->results, RUNG_NOT_RUN, sizeof(climb->results));
    memcpy(climb->results, info->early_rungs, sizeof(info->early_rungs));
    for (unsigned rung = RUNG_SERIAL; rung <= RUNG_REAL_MODE_LAST; rung++) {
        if (info->early_rungs[rung] == RUNG_FAIL)
            record_failure(climb, rung, early_subjects[rung], info->early_reasons[rung]);
    }
    for (enum part part = PART_SERIAL; part <= PART_PCI; part++) {
        if (info->early_rungs[part_rung[part]] == RUNG_ABSENT && required(climb, part))
            record_failure(climb, part_rung[part], part_names[part], "required, but absent");
    }
    climb->results[RUNG_PROTECTED_MODE] = RUNG_PASS; /* or this would not run */
    climb->results[RUNG_LONG_MODE] = RUNG_PASS;
}

void rung_say(unsigned rung, const char *subject, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    console_printf("rung %u long64 %s: ", rung, subject);
    console_vprintf(format, arguments);
    console_printf("\n");
    va_end(arguments);
}

void rung_passed(struct climb *climb, unsigned rung)
{
    if (climb->results[rung] != RUNG_FAIL)
        climb->results[rung] = RUNG_PASS;
}

void rung_failed(struct climb *climb, unsigned rung, const char *subject, const char *format, ...)
{
    char reason[sizeof(climb->failed_reason)];
    va_list arguments;
    va_start(arguments, format);
    format_text_v(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    rung_say(rung, subject, "FAIL %s", reason);
    record_failure(climb, rung, subject, reason);
}

void rung_absent(struct climb *climb, unsigned rung, enum part part)
{
    if (required(climb, part) && part_rung[part] == rung) {
        rung_failed(climb, rung, part_names[part], "required, but absent");
        return;
    }
    climb->results[rung] = RUNG_ABSENT;
    rung_say(rung, part_names[part], "absent");
}

void climb_devices(struct climb *climb)
{
    static void (*const rungs[])(struct climb *) = {rung7_ata, rung8_chunk, rung9_virtio_blk};
    for (unsigned i = 0; i < sizeof(rungs) / sizeof(rungs[0]); i++) {
        rung_under_way = RUNG_ATA_PIO + i;
        rungs[i](climb);
    }
}

/* True, and the last line is printed, where a rung has failed. */
static bool say_failure(const struct climb *climb)
{
    interrupts_end_run();
    if (climb->command.ticks)
        console_printf("# %lu TSC ticks since the door\n", cpu_tsc() - climb->info->tsc_at_entry);
    if (!climb->failed_rung)
        return false;
    console_printf("TRAPLINE FAIL %u %s: %s\n", climb->failed_rung, climb->failed_subject,
                   climb->failed_reason);
    return true;
}

_Noreturn static void end(struct climb *climb, uint8_t value)
{
    if (shell_wanted(climb))
        value = shell_run(climb, value);
    finish(value);
}

uint8_t climb_say_result(struct climb *climb)
{
    if (say_failure(climb))
        return (uint8_t)climb->failed_rung;
    unsigned highest = RUNG_LAST;
    while (climb->results[highest] != RUNG_PASS)
        highest--;
    console_printf("TRAPLINE PASS %u", highest);
    const char *before = " ABSENT ";
    for (enum part part = PART_SERIAL; part < PART_COUNT; part++) {
        if (climb->results[part_rung[part]] == RUNG_ABSENT) {
            console_printf("%s%s", before, part_names[part]);
            before = ",";
        }
    }
    console_printf("\n");
    return EXIT_PASS;
}

_Noreturn void climb_end(struct climb *climb)
{
    end(climb, climb_say_result(climb));
}

_Noreturn void climb_end_copy(struct climb *climb, unsigned passed)
{
    if (say_failure(climb))
        end(climb, (uint8_t)climb->failed_rung);
    console_printf("TRAPLINE PASS %u\n", passed);
    end(climb, EXIT_PASS);
}

uint8_t *climb_buffer(unsigned number)
{
    if (!buffers[number])
        buffers[number] = memory_alloc(CLIMB_WORK_BYTES, 4096);
    return buffers[number];
}

void climb_fill(void *buffer, uint32_t length, uint64_t seed)
{
    uint64_t *words = buffer;
    for (uint32_t i = 0; i < length / sizeof(*words); i++)
        words[i] = seed + i;
}

#define LAST_BLOCK_SEED 0x54726170a5a50000ull

int climb_write_last_block(struct block_dev *dev)
{
    uint32_t length = dev->block_size;
    uint64_t offset = dev->size - length;
    uint8_t *original = climb_buffer(0), *pattern = climb_buffer(1), *back = climb_buffer(2);
    if (!original || !pattern || !back || length > CLIMB_WORK_BYTES)
        return ERR_NO_MEMORY;

    int error = block_read(dev, offset, original, length);
    if (error)
        return error;
    climb_fill(pattern, length, LAST_BLOCK_SEED);
    error = block_write(dev, offset, pattern, length);
    if (!error)
        error = block_flush(dev);
    if (!error)
        error = block_read(dev, offset, back, length);
    if (!error && memcmp(pattern, back, length) != 0)
        error = ERR_DEVICE;

    int restored = block_write(dev, offset, original, length);
    if (!restored)
        restored = block_flush(dev);
    return error ? error : restored;
}
