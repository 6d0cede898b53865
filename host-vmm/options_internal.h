/* SPDX-License-Identifier: MIT */
/*
 * Between the files of the command line: the table of options, the functions that take an option's value,
 * and the help made from the table. The rest of the program sees options.h only.
 */
#ifndef HOST_OPTIONS_INTERNAL_H
#define HOST_OPTIONS_INTERNAL_H

#include "options.h"

/* Subcommands, as bits. */
#define IN_RUN 1u
#define IN_COPY 2u
#define IN_BENCH 4u
#define IN_TRACE_SUMMARY 8u
#define IN_TRACE_DIFF 16u
#define IN_TRACE_CHECK 32u
#define IN_TRACE (IN_TRACE_SUMMARY | IN_TRACE_DIFF | IN_TRACE_CHECK)

struct option_spec {
    const char *name;
    const char *argument; /* as the help shows it; NULL: a switch */
    const char *help;
    unsigned commands;
    /* 0 or EXIT_STATUS_USAGE after a message. option is "--name". */
    int (*parse)(struct options *o, const char *option, char *value);
};

#define OPTION_SPECS_MAX 48 /* room for the table; options_table.c asserts that it is enough */

extern const struct option_spec option_specs[];
extern const unsigned option_spec_count;

/* parse_size(), with the message when it is none. */
int want_size(const char *option, const char *text, uint64_t *value);

/* options_machine.c */
int parse_firmware(struct options *o, const char *option, char *value);
int parse_kernel(struct options *o, const char *option, char *value);
int parse_initrd(struct options *o, const char *option, char *value);
int parse_mem(struct options *o, const char *option, char *value);
int parse_ata(struct options *o, const char *option, char *value);
int parse_virtio_blk(struct options *o, const char *option, char *value);
int parse_virtio_transport(struct options *o, const char *option, char *value);
int parse_chunk(struct options *o, const char *option, char *value);
int parse_cmd(struct options *o, const char *option, char *value);
int parse_serial(struct options *o, const char *option, char *value);
int parse_debugcon(struct options *o, const char *option, char *value);
int parse_timeout(struct options *o, const char *option, char *value);
int parse_io_engine(struct options *o, const char *option, char *value);
int parse_direct_memory(struct options *o, const char *option, char *value);
int parse_testdev(struct options *o, const char *option, char *value);
int parse_strict(struct options *o, const char *option, char *value);
int parse_stats(struct options *o, const char *option, char *value);
int parse_stats_json(struct options *o, const char *option, char *value);

/* options_trace_run.c */
int parse_trace(struct options *o, const char *option, char *value);
int parse_trace_format(struct options *o, const char *option, char *value);
int parse_trace_exact(struct options *o, const char *option, char *value);
int parse_symbols(struct options *o, const char *option, char *value);
/* When all options are known: each trace has a format. 0 or EXIT_STATUS_USAGE after a message. */
int finish_traces(struct options *o);

/* What can be judged only when all options are known. argv[optind] is the first word that is no option.
 * 0 or EXIT_STATUS_USAGE after a message. */
int finish_run(int argc, char **argv, struct options *o);
int finish_copy(int argc, char **argv, struct options *o);
int finish_bench(int argc, char **argv, struct options *o);

/* One option's keys while they are read. */
struct key_reader {
    const char *option;
    char *argument;                       /* whole, as it was given, for messages; or NULL */
    const char *mode, *queues, *features; /* their values so far; NULL: not met yet */
};

/* Copies argument, which the reading of its keys takes apart; end_keys() drops the copy and returns
 * status. */
struct key_reader begin_keys(const char *option, const char *argument);
int end_keys(struct key_reader *keys, int status);

/* options_disk.c: the option functions above, and what --via shares with them. Each returns 0 or
 * EXIT_STATUS_USAGE after a message. */
/* Notes in *earlier that a key has this value; refused where it had another. */
int take_key(const struct key_reader *keys, const char *name, const char **earlier,
             const char *value);
/* One KEY or KEY=VALUE of a virtio-blk disk. *known false: it is none. */
int parse_virtio_blk_key(struct key_reader *keys, const char *key, struct disk_option *disk,
                         bool *known);
int parse_chunk_mode(struct key_reader *keys, const char *text, enum chunk_mode *mode);
const char *chunk_mode_name(enum chunk_mode mode);

/* options_copy.c */
int parse_depth(struct options *o, const char *option, char *value);
int parse_wait(struct options *o, const char *option, char *value);
int parse_via(struct options *o, const char *option, char *value);
int parse_chunk_size(struct options *o, const char *option, char *value);
int parse_offset(struct options *o, const char *option, char *value);
int parse_length(struct options *o, const char *option, char *value);
int parse_json(struct options *o, const char *option, char *value);

/* options_bench.c */
int parse_filter(struct options *o, const char *option, char *value);
int parse_bench_json(struct options *o, const char *option, char *value);
int parse_bench_html(struct options *o, const char *option, char *value);
int parse_quick(struct options *o, const char *option, char *value);
int parse_dir(struct options *o, const char *option, char *value);

/* options_trace.c: `trapline trace`, whose second word says which. argv[0] is "trace". */
int parse_golden(struct options *o, const char *option, char *value);
int parse_write(struct options *o, const char *option, char *value);
int parse_trace_command(int argc, char **argv, struct options *o);
void help_trace(void);
void help_trace_command(unsigned command);

/* options.c: the options of command, which stand behind argv[0]. */
int parse_options(int argc, char **argv, unsigned command, struct options *o);

/* options_help.c: to standard output */
void help_program(void);
void help_options(unsigned command);
void help_command(unsigned command);
void help_version(void);

#endif
