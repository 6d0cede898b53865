/* SPDX-License-Identifier: MIT */
/* The one table of options for all subcommands: getopt_long's table and the help are made from it. */
#include "options_internal.h"

#include <stddef.h>

const struct option_spec option_specs[] = {
    {"via", "MECHANISM", "ata, chunk or virtio-blk (needed)", IN_COPY, parse_via},
    {"chunk-size", "SIZE", "bytes in one request (default 1M, at most 64M)", IN_COPY,
     parse_chunk_size},
    {"offset", "SIZE", "copy from this byte of SRC to the same place in DST", IN_COPY,
     parse_offset},
    {"length", "SIZE", "copy so many bytes (default: to the end of SRC)", IN_COPY, parse_length},
    {"json", NULL, "print the result as a JSON object", IN_COPY, parse_json},
    {"firmware", "FILE", "ROM image (default: trapline.rom beside this program)", IN_RUN | IN_COPY,
     parse_firmware},
    {"kernel", "FILE", "ELF kernel to start without a ROM, by PVH or multiboot", IN_RUN,
     parse_kernel},
    {"initrd", "FILE", "module handed to the kernel", IN_RUN, parse_initrd},
    {"mem", "SIZE", "guest RAM (default 1G, at least 4M)", IN_RUN | IN_COPY, parse_mem},
    {"ata", "FILE[,ro]", "disk on the primary IDE channel; twice at most", IN_RUN, parse_ata},
    {"virtio-blk", "FILE[,ro]", "virtio-blk disk; may be repeated", IN_RUN, parse_virtio_blk},
    {"virtio-transport", "pci|mmio", "what carries the virtio disks (default: pci)",
     IN_RUN | IN_COPY, parse_virtio_transport},
    {"chunk", "in=FILE,out=FILE", "chunk device with its two files", IN_RUN, parse_chunk},
    {"cmd", "STRING", "command line for the firmware or the kernel", IN_RUN, parse_cmd},
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

const unsigned option_spec_count = sizeof option_specs / sizeof option_specs[0];
_Static_assert(sizeof option_specs / sizeof option_specs[0] <= OPTION_SPECS_MAX,
               "OPTION_SPECS_MAX");
