/* SPDX-License-Identifier: MIT */
/* One line a problem, on standard error. */
#include "report.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

static const char *current_command;
static atomic_uint lines;

void report_command(const char *command)
{
    current_command = command;
}

/* One write per message, so that lines of two threads do not mix. */
static void say(const char *option, const char *value, const char *format, va_list arguments)
{
    char text[1024];
    atomic_fetch_add(&lines, 1);
    vsnprintf(text, sizeof text, format, arguments);
    fprintf(stderr, "trapline%s%s: %s%s%s%s%s\n", current_command ? ": " : "",
            current_command ? current_command : "", option ? option : "", value ? " " : "",
            value ? value : "", option || value ? ": " : "", text);
}

unsigned report_count(void)
{
    return atomic_load(&lines);
}

int wrong_use(const char *option, const char *value, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(option, value, format, arguments);
    va_end(arguments);
    return EXIT_STATUS_USAGE;
}

int host_failure(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(NULL, NULL, format, arguments);
    va_end(arguments);
    return EXIT_STATUS_HOST;
}

void report(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(NULL, NULL, format, arguments);
    va_end(arguments);
}
