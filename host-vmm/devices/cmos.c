/* SPDX-License-Identifier: MIT */
/*
 * MC146818 RTC and CMOS: the time as somebody else tells it, the memory sizes, and bytes that keep what
 * is written. No alarm and no interrupts.
 */
#include "cmos.h"

#include <stddef.h>

#include "../../drivers/abi/cmos.h"
#include "../../drivers/abi/fw_cfg.h"
#include "../../drivers/abi/machine.h"

#define CMOS_PORT_COUNT 2
#define KIB 1024ull
#define BASE_MEMORY_KIB 640

/* A clock field as status B wants it: binary or two BCD digits. */
static uint8_t clock_field(const struct cmos *cmos, int value)
{
    unsigned digits = (unsigned)value % 100;

    if (cmos->ram[CMOS_STATUS_B] & CMOS_STATUS_B_BINARY)
        return (uint8_t)digits;
    return (uint8_t)(digits / 10 << 4 | digits % 10);
}

static uint8_t clock_read(const struct cmos *cmos, unsigned index)
{
    int year = 2000, month = 1, day = 1, weekday = 0, hour = 0, minute = 0, second = 0;

    if (cmos->now != NULL)
        cmos->now(cmos->context, &year, &month, &day, &weekday, &hour, &minute, &second);
    switch (index) {
    case CMOS_SECONDS:
        return clock_field(cmos, second);
    case CMOS_MINUTES:
        return clock_field(cmos, minute);
    case CMOS_HOURS:
        return clock_field(cmos, hour);
    case CMOS_WEEKDAY:
        return clock_field(cmos, weekday + 1);
    case CMOS_DAY:
        return clock_field(cmos, day);
    case CMOS_MONTH:
        return clock_field(cmos, month);
    case CMOS_YEAR:
        return clock_field(cmos, year);
    default:
        return clock_field(cmos, year / 100);
    }
}

static bool is_clock_register(unsigned index)
{
    switch (index) {
    case CMOS_SECONDS:
    case CMOS_MINUTES:
    case CMOS_HOURS:
    case CMOS_WEEKDAY:
    case CMOS_DAY:
    case CMOS_MONTH:
    case CMOS_YEAR:
    case CMOS_CENTURY:
        return true;
    default:
        return false;
    }
}

static void store(struct cmos *cmos, unsigned index, uint8_t value)
{
    if (is_clock_register(index))
        return; /* the clock is the host's */
    switch (index) {
    case CMOS_STATUS_A:
        value &= (uint8_t)~CMOS_STATUS_A_UPDATING; /* a reading is never caught in the middle */
        break;
    case CMOS_STATUS_B:
        value |= CMOS_STATUS_B_24_HOUR; /* there is no other mode here */
        break;
    case CMOS_STATUS_C: /* no interrupt source, so none of its flags */
    case CMOS_STATUS_D:
        return;
    default:
        break;
    }
    cmos->ram[index] = value;
}

static bool cmos_read(void *self, uint64_t offset, unsigned size, uint64_t *value)
{
    struct cmos *cmos = self;

    if (size != 1)
        return false;
    /* The index cannot be read back; firmware does it all the same, to keep the NMI bit. */
    if (offset == 0)
        *value = UINT8_MAX;
    else if (is_clock_register(cmos->index))
        *value = clock_read(cmos, cmos->index);
    else
        *value = cmos->ram[cmos->index];
    return true;
}

static bool cmos_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
    struct cmos *cmos = self;

    if (size != 1)
        return false;
    if (offset == 0)
        cmos->index = value & CMOS_INDEX_MASK;
    else
        store(cmos, cmos->index, (uint8_t)value);
    return true;
}

static uint64_t at_most(uint64_t value, uint64_t limit)
{
    return value < limit ? value : limit;
}

/* Little-endian over consecutive bytes. */
static void set_bytes(struct cmos *cmos, unsigned index, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        cmos->ram[index + i] = (uint8_t)(value >> (8 * i));
}

static void fill(struct cmos *cmos, uint64_t below_4g, uint64_t above_4g)
{
    uint64_t extended = below_4g > KIB * KIB ? below_4g - KIB * KIB : 0;
    uint64_t above_16m = below_4g > 16 * KIB * KIB ? below_4g - 16 * KIB * KIB : 0;

    cmos->ram[CMOS_STATUS_A] = CMOS_STATUS_A_DEFAULT;
    cmos->ram[CMOS_STATUS_B] = CMOS_STATUS_B_24_HOUR;
    cmos->ram[CMOS_STATUS_D] = CMOS_STATUS_D_VALID;
    set_bytes(cmos, CMOS_BASE_MEMORY, 2, BASE_MEMORY_KIB);
    set_bytes(cmos, CMOS_EXTENDED_MEMORY, 2, at_most(extended / KIB, UINT16_MAX));
    set_bytes(cmos, CMOS_EXTENDED_MEMORY_2, 2, at_most(extended / KIB, UINT16_MAX));
    set_bytes(cmos, CMOS_MEMORY_ABOVE_16M, 2, at_most(above_16m / (64 * KIB), UINT16_MAX));
    set_bytes(cmos, CMOS_MEMORY_ABOVE_4G, 3, at_most(above_4g / (64 * KIB), 0xffffff));
}

static const struct bus_ops cmos_ops = {.read = cmos_read, .write = cmos_write};

void cmos_init(struct cmos *cmos, cmos_clock *now, void *context, uint64_t ram_below_4g,
               uint64_t ram_above_4g)
{
    *cmos = (struct cmos){
        .region = {.name = "cmos", .ops = &cmos_ops, .self = cmos, .length = CMOS_PORT_COUNT},
        .now = now,
        .context = context,
    };
    fill(cmos, ram_below_4g, ram_above_4g);
}

void cmos_reset(struct cmos *cmos)
{
    cmos->index = 0;
}
