/* SPDX-License-Identifier: MIT */
/* drivers/platform.h for hosted tests; fake_platform.h says how it behaves. */
#include "fake_platform.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

uint64_t fake_platform_time;
char fake_platform_log[FAKE_PLATFORM_LOG_BYTES];

void fake_platform_reset(void)
{
    fake_platform_time = 0;
    fake_platform_log[0] = '\0';
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
