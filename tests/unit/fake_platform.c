/* SPDX-License-Identifier: MIT */
/* drivers/platform.h and interrupt.h for hosted tests; fake_platform.h says how they behave. */
#include "fake_platform.h"

#include "drivers/errors.h"
#include "drivers/io.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

uint64_t fake_platform_time;
char fake_platform_log[FAKE_PLATFORM_LOG_BYTES];

bool fake_platform_interrupts;
void (*fake_platform_sleep)(void *context);
void *fake_platform_sleep_context;
unsigned fake_platform_sleeps;
unsigned fake_platform_vectors;
static struct interrupt *vectors[FAKE_PLATFORM_VECTORS];
static struct interrupt *lines[FAKE_PLATFORM_LINES];

void fake_platform_reset(void)
{
    fake_platform_time = 0;
    fake_platform_log[0] = '\0';
    fake_platform_interrupts = false;
    fake_platform_sleep = NULL;
    fake_platform_sleep_context = NULL;
    fake_platform_sleeps = 0;
    fake_platform_vectors = 0;
    memset(vectors, 0, sizeof(vectors));
    memset(lines, 0, sizeof(lines));
}

uint64_t platform_now(void)
{
    fake_platform_time += FAKE_PLATFORM_STEP_NS;
    return fake_platform_time;
}

void platform_log(const char *format, ...)
{
    size_t used = strlen(fake_platform_log);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fake_platform_log + used, sizeof(fake_platform_log) - used, format, arguments);
    va_end(arguments);
    used = strlen(fake_platform_log);
    snprintf(fake_platform_log + used, sizeof(fake_platform_log) - used, "\n");
}

uint64_t platform_gpa_of(const volatile void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

/* --- interrupts --------------------------------------------------------------------------------- */

int platform_message_interrupt(struct interrupt *interrupt, struct interrupt_message *message)
{
    unsigned i = 0;
    if (!fake_platform_interrupts)
        return ERR_UNSUPPORTED;
    while (i < fake_platform_vectors && vectors[i] != interrupt)
        i++;
    if (i == FAKE_PLATFORM_VECTORS)
        return ERR_NO_SPACE;
    if (i == fake_platform_vectors)
        vectors[fake_platform_vectors++] = interrupt;
    *message =
        (struct interrupt_message){FAKE_PLATFORM_MESSAGE_ADDRESS, FAKE_PLATFORM_FIRST_VECTOR + i};
    return ERR_OK;
}

int platform_line_interrupt(struct interrupt *interrupt, unsigned line, bool level)
{
    (void)level;
    if (!fake_platform_interrupts || line >= FAKE_PLATFORM_LINES)
        return ERR_UNSUPPORTED;
    if (lines[line] && lines[line] != interrupt)
        return ERR_NO_SPACE;
    lines[line] = interrupt;
    return ERR_OK;
}

static bool raise(struct interrupt *interrupt)
{
    if (!interrupt)
        return false;
    interrupt->count++;
    if (interrupt->handler)
        interrupt->handler(interrupt->context);
    return true;
}

bool fake_platform_raise(uint32_t data)
{
    uint32_t i = data - FAKE_PLATFORM_FIRST_VECTOR;
    return i < fake_platform_vectors && raise(vectors[i]);
}

bool fake_platform_raise_line(unsigned line)
{
    return line < FAKE_PLATFORM_LINES && raise(lines[line]);
}

void platform_sleep(void)
{
    fake_platform_sleeps++;
    fake_platform_time += FAKE_PLATFORM_STEP_NS;
    if (fake_platform_sleep)
        fake_platform_sleep(fake_platform_sleep_context);
    else
        cpu_pause();
}
