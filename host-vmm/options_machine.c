/* SPDX-License-Identifier: MIT */
/* The options that describe the machine and its run, one function each. */
#include "options_internal.h"

#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool parse_size(const char *text, uint64_t *value)
{
    if (text[0] < '0' || text[0] > '9')
        return false;
    char *end;
    errno = 0;
    unsigned long long number =
        strtoull(text, &end, text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10);
    if (errno)
        return false;
    unsigned shift = 0;
    switch (*end) {
    case 'k':
    case 'K':
        shift = 10;
        break;
    case 'm':
    case 'M':
        shift = 20;
        break;
    case 'g':
    case 'G':
        shift = 30;
        break;
    default:
        break;
    }
    if (shift != 0) {
        end++;
        if (strcmp(end, "B") == 0 || strcmp(end, "iB") == 0)
            end += strlen(end);
    }
    if (*end != '\0' || number > UINT64_MAX >> shift)
        return false;
    *value = (uint64_t)number << shift;
    return true;
}

int want_size(const char *option, const char *text, uint64_t *value)
{
    if (parse_size(text, value))
        return 0;
    return wrong_use(option, text, "not a size (a number, then K, M or G if you like)");
}

int parse_firmware(struct options *o, const char *option, char *value)
{
    (void)option;
    o->machine.firmware = value;
    return 0;
}

int parse_kernel(struct options *o, const char *option, char *value)
{
    if (value[0] == '\0')
        return wrong_use(option, NULL, "no file named");
    o->machine.kernel = value;
    return 0;
}

int parse_initrd(struct options *o, const char *option, char *value)
{
    if (value[0] == '\0')
        return wrong_use(option, NULL, "no file named");
    o->machine.initrd = value;
    return 0;
}

int parse_mem(struct options *o, const char *option, char *value)
{
    int status = want_size(option, value, &o->machine.memory);
    if (status)
        return status;
    if (o->machine.memory < MEMORY_MIN)
        return wrong_use(option, value, "too little memory: at least 4M is needed");
    if (o->machine.memory > MEMORY_MAX)
        return wrong_use(option, value, "too much memory: at most 1024G");
    if (o->machine.memory % 4096 != 0)
        return wrong_use(option, value, "not a multiple of 4K");
    return 0;
}

int parse_virtio_transport(struct options *o, const char *option, char *value)
{
    if (strcmp(value, "pci") == 0)
        o->machine.virtio_transport = VIRTIO_TRANSPORT_PCI;
    else if (strcmp(value, "mmio") == 0)
        o->machine.virtio_transport = VIRTIO_TRANSPORT_MMIO;
    else
        return wrong_use(option, value, "not one of pci, mmio");
    return 0;
}

int parse_cmd(struct options *o, const char *option, char *value)
{
    if (strlen(value) > 1023)
        return wrong_use(option, NULL, "longer than the 1023 characters the firmware takes");
    o->machine.command_line = value;
    return 0;
}

int parse_serial(struct options *o, const char *option, char *value)
{
    if (value[0] == '\0')
        return wrong_use(option, NULL, "expected stdio or a file");
    o->machine.serial = value;
    return 0;
}

int parse_debugcon(struct options *o, const char *option, char *value)
{
    if (value[0] == '\0')
        return wrong_use(option, NULL, "no file named");
    o->machine.debugcon = value;
    return 0;
}

int parse_timeout(struct options *o, const char *option, char *value)
{
    char *end;
    o->machine.timeout = strtod(value, &end);
    if (end == value || *end != '\0' || !isfinite(o->machine.timeout) || o->machine.timeout <= 0 ||
        o->machine.timeout > 1e6)
        return wrong_use(option, value, "not a number of seconds above 0");
    return 0;
}

int parse_io_engine(struct options *o, const char *option, char *value)
{
    if (strcmp(value, "auto") == 0)
        o->machine.io_engine = IO_ENGINE_AUTO;
    else if (strcmp(value, "uring") == 0)
        o->machine.io_engine = IO_ENGINE_URING;
    else if (strcmp(value, "sync") == 0)
        o->machine.io_engine = IO_ENGINE_SYNC;
    else
        return wrong_use(option, value, "not one of auto, uring, sync");
    return 0;
}

int parse_direct_memory(struct options *o, const char *option, char *value)
{
    if (value[0] == '\0')
        return wrong_use(option, NULL, "no file named");
    if (o->machine.direct_memory != NULL)
        return wrong_use(option, value, "given twice");
    o->machine.direct_memory = value;
    return 0;
}

int parse_testdev(struct options *o, const char *option, char *value)
{
    (void)option, (void)value;
    o->machine.testdev = true;
    return 0;
}

int parse_strict(struct options *o, const char *option, char *value)
{
    (void)option, (void)value;
    o->machine.strict = true;
    return 0;
}

int parse_stats(struct options *o, const char *option, char *value)
{
    (void)option, (void)value;
    o->machine.stats = true;
    return 0;
}

int parse_stats_json(struct options *o, const char *option, char *value)
{
    if (value[0] == '\0')
        return wrong_use(option, NULL, "no file named");
    o->machine.stats_json = value;
    return 0;
}

int finish_run(int argc, char **argv, struct options *o)
{
    const struct machine_options *m = &o->machine;
    if (optind < argc)
        return wrong_use(argv[optind], NULL, "unexpected argument");
    if (m->kernel != NULL && m->firmware != NULL)
        return wrong_use("--kernel", m->kernel,
                         "excludes --firmware: a machine starts with one of them");
    if (m->initrd != NULL && m->kernel == NULL)
        return wrong_use("--initrd", m->initrd, "needs --kernel");
    return 0;
}
