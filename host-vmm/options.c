/* SPDX-License-Identifier: MIT */
/*
 * Command line to options: one table of options for all subcommands, from which getopt_long's table
 * and the help texts are made.
 */
#include "options.h"

#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/ata.h"
#include "abi/chunk.h"

#define IN_RUN 1u
#define IN_COPY 2u

struct option_spec {
    const char *name;
    const char *argument; /* as the help shows it; NULL: a switch */
    const char *help;
    unsigned commands;
    /* 0 or EXIT_STATUS_USAGE after a message. option is "--name". */
    int (*parse)(struct options *o, const char *option, char *value);
};

bool parse_size(const char *text, uint64_t *value)
{
    if (text[0] < '0' || text[0] > '9')
        return false;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 0);
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

static int want_size(const char *option, const char *text, uint64_t *value)
{
    if (parse_size(text, value))
        return 0;
    return wrong_use(option, text, "not a size (a number, then K, M or G if you like)");
}

static int parse_firmware(struct options *o, const char *option, char *value)
{
    (void)option;
    o->machine.firmware = value;
    return 0;
}

static int parse_mem(struct options *o, const char *option, char *value)
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

/* FILE[,ro] */
static int parse_disk(const char *option, char *value, struct disk_option *disks, unsigned *count,
                      unsigned max)
{
    if (*count == max)
        return wrong_use(option, value, "given more than %u times", max);
    struct disk_option *disk = &disks[*count];
    size_t length = strlen(value);
    if (length >= 3 && strcmp(value + length - 3, ",ro") == 0) {
        value[length - 3] = '\0';
        disk->read_only = true;
    }
    if (value[0] == '\0')
        return wrong_use(option, NULL, "no file named");
    disk->path = value;
    (*count)++;
    return 0;
}

static int parse_ata(struct options *o, const char *option, char *value)
{
    return parse_disk(option, value, o->machine.ata, &o->machine.ata_count, OPTIONS_MAX_ATA);
}

static int parse_virtio_blk(struct options *o, const char *option, char *value)
{
    return parse_disk(option, value, o->machine.virtio_blk, &o->machine.virtio_blk_count,
                      OPTIONS_MAX_VIRTIO_BLK);
}

/* in=FILE,out=FILE: either may be left out, and come in any order. */
static int parse_chunk(struct options *o, const char *option, char *value)
{
    if (o->machine.chunk)
        return wrong_use(option, value, "given twice");
    o->machine.chunk = true;
    while (*value != '\0') {
        const char **target;
        char *file;
        if (strncmp(value, "in=", 3) == 0) {
            target = &o->machine.chunk_in;
            file = value + 3;
        } else if (strncmp(value, "out=", 4) == 0) {
            target = &o->machine.chunk_out;
            file = value + 4;
        } else {
            return wrong_use(option, value, "expected in=FILE or out=FILE");
        }
        /* A comma ends the file's name only where the other key follows. */
        char *next = strstr(file, ",in=");
        char *next_out = strstr(file, ",out=");
        if (next == NULL || (next_out != NULL && next_out < next))
            next = next_out;
        if (next != NULL)
            *next = '\0';
        if (*target != NULL)
            return wrong_use(option, file, "a second file for the same side");
        if (*file == '\0')
            return wrong_use(option, NULL, "no file named");
        *target = file;
        value = next != NULL ? next + 1 : file + strlen(file);
    }
    if (o->machine.chunk_in == NULL && o->machine.chunk_out == NULL)
        return wrong_use(option, NULL, "expected in=FILE,out=FILE");
    return 0;
}

static int parse_cmd(struct options *o, const char *option, char *value)
{
    if (strlen(value) > 1023)
        return wrong_use(option, NULL, "longer than the 1023 characters the firmware takes");
    o->machine.command_line = value;
    return 0;
}

static int parse_serial(struct options *o, const char *option, char *value)
{
    if (value[0] == '\0')
        return wrong_use(option, NULL, "expected stdio or a file");
    o->machine.serial = value;
    return 0;
}

static int parse_debugcon(struct options *o, const char *option, char *value)
{
    if (value[0] == '\0')
        return wrong_use(option, NULL, "no file named");
    o->machine.debugcon = value;
    return 0;
}

static int parse_timeout(struct options *o, const char *option, char *value)
{
    char *end;
    o->machine.timeout = strtod(value, &end);
    if (end == value || *end != '\0' || !isfinite(o->machine.timeout) || o->machine.timeout <= 0 ||
        o->machine.timeout > 1e6)
        return wrong_use(option, value, "not a number of seconds above 0");
    return 0;
}

static int parse_strict(struct options *o, const char *option, char *value)
{
    (void)option, (void)value;
    o->machine.strict = true;
    return 0;
}

static int parse_stats(struct options *o, const char *option, char *value)
{
    (void)option, (void)value;
    o->machine.stats = true;
    return 0;
}

static int parse_stats_json(struct options *o, const char *option, char *value)
{
    if (value[0] == '\0')
        return wrong_use(option, NULL, "no file named");
    o->machine.stats_json = value;
    return 0;
}

static const char *const via_names[] = {
    [COPY_VIA_ATA] = "ata", [COPY_VIA_CHUNK] = "chunk", [COPY_VIA_VIRTIO_BLK] = "virtio-blk"};

const char *copy_via_name(enum copy_via via)
{
    return via_names[via];
}

static int parse_via(struct options *o, const char *option, char *value)
{
    for (unsigned i = COPY_VIA_ATA; i <= COPY_VIA_VIRTIO_BLK; i++) {
        if (strcmp(value, via_names[i]) == 0) {
            o->copy.via = (enum copy_via)i;
            return 0;
        }
    }
    return wrong_use(option, value, "not one of ata, chunk, virtio-blk");
}

static int parse_chunk_size(struct options *o, const char *option, char *value)
{
    int status = want_size(option, value, &o->copy.chunk_size);
    if (status)
        return status;
    if (o->copy.chunk_size == 0 || o->copy.chunk_size > CHUNK_MAX_LENGTH)
        return wrong_use(option, value, "not from 1 to 64M");
    return 0;
}

static int parse_offset(struct options *o, const char *option, char *value)
{
    o->copy.has_range = true;
    return want_size(option, value, &o->copy.offset);
}

static int parse_length(struct options *o, const char *option, char *value)
{
    o->copy.has_range = o->copy.has_length = true;
    return want_size(option, value, &o->copy.length);
}

static int parse_json(struct options *o, const char *option, char *value)
{
    (void)option, (void)value;
    o->copy.json = true;
    return 0;
}

static const struct option_spec specs[] = {
    {"via", "MECHANISM", "ata, chunk or virtio-blk (needed)", IN_COPY, parse_via},
    {"chunk-size", "SIZE", "bytes in one request (default 1M, at most 64M)", IN_COPY,
     parse_chunk_size},
    {"offset", "SIZE", "copy from this byte of SRC to the same place in DST", IN_COPY,
     parse_offset},
    {"length", "SIZE", "copy so many bytes (default: to the end of SRC)", IN_COPY, parse_length},
    {"json", NULL, "print the result as a JSON object", IN_COPY, parse_json},
    {"firmware", "FILE", "ROM image (default: trapline.rom beside this program)", IN_RUN | IN_COPY,
     parse_firmware},
    {"mem", "SIZE", "guest RAM (default 1G, at least 4M)", IN_RUN | IN_COPY, parse_mem},
    {"ata", "FILE[,ro]", "disk on the primary IDE channel; twice at most", IN_RUN, parse_ata},
    {"virtio-blk", "FILE[,ro]", "virtio-blk disk; may be repeated", IN_RUN, parse_virtio_blk},
    {"chunk", "in=FILE,out=FILE", "chunk device with its two files", IN_RUN, parse_chunk},
    {"cmd", "STRING", "command line for the firmware, by fw_cfg", IN_RUN, parse_cmd},
    {"serial", "stdio|FILE", "where COM1 goes (run: stdio; copy: nowhere)", IN_RUN | IN_COPY,
     parse_serial},
    {"debugcon", "FILE", "where the debug port 0x402 goes (default: nowhere)", IN_RUN | IN_COPY,
     parse_debugcon},
    {"timeout", "SECONDS", "end the run after that time, with status 120", IN_RUN | IN_COPY,
     parse_timeout},
    {"strict", NULL, "an access that no device answers ends the run", IN_RUN | IN_COPY,
     parse_strict},
    {"stats", NULL, "print exits by device and by kind at the end", IN_RUN | IN_COPY, parse_stats},
    {"stats-json", "FILE", "write the statistics as a JSON object", IN_RUN | IN_COPY,
     parse_stats_json},
};

#define SPEC_COUNT (sizeof specs / sizeof specs[0])

static void help_options(unsigned command)
{
    for (unsigned i = 0; i < SPEC_COUNT; i++) {
        if (!(specs[i].commands & command))
            continue;
        char left[64];
        snprintf(left, sizeof left, "--%s %s", specs[i].name,
                 specs[i].argument ? specs[i].argument : "");
        printf("  %-28s %s\n", left, specs[i].help);
    }
    printf("  %-28s %s\n  %-28s %s\n", "--help", "this text", "--version", "the version");
}

static void help_program(void)
{
    printf("Usage: trapline run [options]\n"
           "       trapline copy --via ata|chunk|virtio-blk [options] SRC DST\n"
           "       trapline --help | --version\n\n"
           "run    boots the firmware (or any PC ROM image) under KVM\n"
           "copy   has the guest move a file through one mechanism, checked and timed\n\n"
           "trapline COMMAND --help lists a command's options.\n");
}

static void help_command(unsigned command)
{
    if (command == IN_RUN)
        printf("Usage: trapline run [options]\n\n"
               "Boots the firmware under KVM. Sizes take K, M or G.\n\n");
    else
        printf(
            "Usage: trapline copy --via ata|chunk|virtio-blk [options] SRC DST\n\n"
            "The guest copies SRC to DST. DST appears when it is complete and compared; with\n"
            "--offset or --length only that range is copied, and what else DST holds is kept.\n\n");
    help_options(command);
    if (command == IN_RUN)
        printf(
            "\nExit status: 0 pass, 1 host failure, 2 wrong usage, 16+n guest failure n (at most "
            "63),\n120 timeout, 121 triple fault, 122 KVM internal error, 123 halted with "
            "interrupts off.\n");
}

static void version(void)
{
    printf("trapline %s\n", TRAPLINE_VERSION);
}

/* Option numbers: the table's index plus this, then help and version. */
#define OPTION_BASE 256
#define OPTION_HELP (OPTION_BASE + (int)SPEC_COUNT)
#define OPTION_VERSION (OPTION_HELP + 1)

static void fill_long_options(unsigned command, struct option *longs)
{
    unsigned n = 0;
    for (unsigned i = 0; i < SPEC_COUNT; i++)
        if (specs[i].commands & command)
            longs[n++] =
                (struct option){.name = specs[i].name,
                                .has_arg = specs[i].argument ? required_argument : no_argument,
                                .val = OPTION_BASE + (int)i};
    longs[n++] = (struct option){.name = "help", .val = OPTION_HELP};
    longs[n++] = (struct option){.name = "version", .val = OPTION_VERSION};
    longs[n] = (struct option){0};
}

static int parse_options(int argc, char **argv, unsigned command, struct options *o)
{
    struct option longs[SPEC_COUNT + 3];
    fill_long_options(command, longs);
    opterr = 0;
    optind = 0;
    for (;;) {
        int before = optind == 0 ? 1 : optind;
        int found = getopt_long(argc, argv, ":", longs, NULL);
        if (found == -1)
            return 0;
        if (found == OPTION_HELP) {
            help_command(command);
            o->command = COMMAND_DONE;
            return 0;
        }
        if (found == OPTION_VERSION) {
            version();
            o->command = COMMAND_DONE;
            return 0;
        }
        if (found == ':')
            return wrong_use(argv[optind - 1], NULL, "needs an argument");
        if (found == '?') {
            /* A cluster of short options leaves optind where it is. */
            const char *word = argv[optind > before ? optind - 1 : before];
            if (optopt >= OPTION_BASE)
                return wrong_use(word, NULL, "takes no argument");
            return wrong_use(word, NULL, "unknown option (see --help)");
        }
        const struct option_spec *spec = &specs[found - OPTION_BASE];
        char name[32];
        snprintf(name, sizeof name, "--%s", spec->name);
        int status = spec->parse(o, name, optarg);
        if (status)
            return status;
    }
}

static int finish_copy(int argc, char **argv, struct options *o)
{
    if (o->copy.via == COPY_VIA_NONE)
        return wrong_use("--via", NULL, "needed: ata, chunk or virtio-blk");
    if (argc - optind != 2)
        return wrong_use(NULL, NULL, "needs SRC and DST, got %d file name%s", argc - optind,
                         argc - optind == 1 ? "" : "s");
    o->copy.source = argv[optind];
    o->copy.destination = argv[optind + 1];
    if (o->copy.via != COPY_VIA_CHUNK && o->copy.chunk_size % ATA_SECTOR_SIZE != 0)
        return wrong_use("--chunk-size", NULL,
                         "%llu is not a multiple of 512, which --via %s needs",
                         (unsigned long long)o->copy.chunk_size, copy_via_name(o->copy.via));
    /* The firmware's image and the first megabyte need room beside the buffer. */
    if (o->machine.memory < o->copy.chunk_size + MEMORY_MIN / 2)
        return wrong_use("--mem", NULL, "%llu bytes are too little memory for --chunk-size %llu",
                         (unsigned long long)o->machine.memory,
                         (unsigned long long)o->copy.chunk_size);
    return 0;
}

int options_parse(int argc, char **argv, struct options *o)
{
    *o = (struct options){.machine = {.memory = MEMORY_DEFAULT, .command_line = ""},
                          .copy = {.chunk_size = COPY_CHUNK_DEFAULT}};
    if (argc < 2)
        return wrong_use(NULL, NULL, "no command; try: trapline --help");
    const char *word = argv[1];
    unsigned command;
    if (strcmp(word, "--help") == 0 || strcmp(word, "help") == 0) {
        help_program();
        o->command = COMMAND_DONE;
        return 0;
    }
    if (strcmp(word, "--version") == 0) {
        version();
        o->command = COMMAND_DONE;
        return 0;
    }
    if (strcmp(word, "run") == 0) {
        command = IN_RUN;
        o->command = COMMAND_RUN;
        o->machine.serial = "stdio";
    } else if (strcmp(word, "copy") == 0) {
        command = IN_COPY;
        o->command = COMMAND_COPY;
    } else {
        return wrong_use(word, NULL, "unknown command or option; try: trapline --help");
    }
    report_command(word);
    int status = parse_options(argc - 1, argv + 1, command, o);
    if (status || o->command == COMMAND_DONE)
        return status;
    if (command == IN_COPY)
        return finish_copy(argc - 1, argv + 1, o);
    if (optind < argc - 1)
        return wrong_use(argv[1 + optind], NULL, "unexpected argument");
    return 0;
}
