/* SPDX-License-Identifier: MIT */
/* The copy command: files in, a machine made of them, a run, the comparison, one line. */
#include "copy.h"

#include "copy_file.h"
#include "machine.h"
#include "machine_trace.h"
#include "report.h"
#include "same_file.h"
#include "signals.h"
#include "stats.h"

#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/ata.h"

#define PROGRESS_MAX 96 /* bytes of a line, whatever the terminal's width */

struct copy {
    struct options *options;
    struct copy_files files;
    struct disks disks;
    struct machine machine;
    const struct backend *destination;
    char command_line[256];
};

static uint64_t copy_length(const struct copy *copy)
{
    return copy->files.end - copy->files.start;
}

/* The two files as the disks of the mechanism: whole sectors, the range alone written. */
static int make_disks(struct copy *copy)
{
    const struct copy_options *o = &copy->options->copy;
    struct disks *disks = &copy->disks;
    struct file_backend *source, *destination;
    switch (o->via) {
    case COPY_VIA_ATA:
        source = &disks->ata[0];
        destination = &disks->ata[1];
        disks->ata_count = 2;
        break;
    case COPY_VIA_VIRTIO_BLK:
        source = &disks->virtio_blk[0];
        destination = &disks->virtio_blk[1];
        disks->virtio_blk_count = 2;
        copy->options->machine.virtio_blk[0] = copy->options->machine.virtio_blk[1] = o->disk;
        break;
    default:
        source = &disks->chunk_in;
        destination = &disks->chunk_out;
        disks->has_chunk = disks->has_chunk_in = disks->has_chunk_out = true;
        break;
    }
    file_backend_init(source, copy->files.source, o->source, copy->files.source_size, true);
    file_backend_init(destination, copy->files.destination, o->destination, copy->files.source_size,
                      false);
    destination->window_start = copy->files.start;
    destination->window_end = copy->files.end;
    if (o->via == COPY_VIA_CHUNK) {
        destination->backend.grows = true;
    } else {
        file_backend_pad(source, ATA_SECTOR_SIZE);
        file_backend_pad(destination, ATA_SECTOR_SIZE);
    }
    copy->destination = &destination->backend;
    int status = disks_go_direct("--via", source, o->disk.direct);
    return status ? status : disks_go_direct("--via", destination, o->disk.direct);
}

/* What the firmware is told: the job, and to use all that the devices offer. */
static void make_command_line(struct copy *copy)
{
    const struct copy_options *o = &copy->options->copy;
    snprintf(copy->command_line, sizeof copy->command_line,
             "copy=%s copy-offset=%" PRIu64 " copy-length=%" PRIu64 " copy-chunk=%" PRIu64
             " copy-depth=%u virtio-blk.features=all virtio-blk.queues=%u%s%s",
             copy_via_name(o->via), copy->files.start, copy_length(copy), o->chunk_size, o->depth,
             o->disk.queues > 0 ? o->disk.queues : 1, o->pio ? "" : " dma", o->poll ? "" : " irq");
    copy->options->machine.command_line = copy->command_line;
}

static unsigned terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* Only where the terminal takes it: one whose output is stopped must not hold the main thread, which is
 * also the one that hears signals and the time limit. */
static void show_line(const char *line)
{
    struct pollfd terminal = {.fd = STDERR_FILENO, .events = POLLOUT};
    char text[PROGRESS_MAX + 8];
    int length = snprintf(text, sizeof text, "\r%.*s\033[K\r", (int)terminal_columns() - 1, line);
    if (poll(&terminal, 1, 0) == 1 && terminal.revents & POLLOUT &&
        write(STDERR_FILENO, text, (size_t)length) < 0)
        return; /* the next line may fare better */
}

/* One short line, rewritten in place, on a terminal only. */
static void show_progress(void *context, const struct machine *m)
{
    const struct copy *copy = context;
    if (m == NULL) {
        show_line("");
        return;
    }
    uint64_t done = __atomic_load_n(&copy->destination->bytes_written, __ATOMIC_RELAXED);
    uint64_t all = copy_length(copy);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds = seconds_between(&m->copy_begin.time, &now);
    if (!m->copy_begin.seen || done == 0 || all == 0 || seconds <= 0)
        return;
    char line[PROGRESS_MAX];
    double mib = 1 << 20, rate = (double)done / seconds, left = (double)(all - done) / rate;
    int digits = all < 100u << 20; /* or a small copy would seem to stand still */
    if (done >= all)
        snprintf(line, sizeof line, "100%%, flushing");
    else
        snprintf(line, sizeof line, "%.*f of %.*f MiB, %.*f MiB/s, %.0f s left", digits,
                 (double)done / mib, digits, (double)all / mib, digits, rate / mib, left);
    if (strlen(line) >= terminal_columns())
        snprintf(line, sizeof line, "%.0f%% %.0f s left", 100.0 * (double)done / (double)all, left);
    show_line(line);
}

static void print_result(const struct copy *copy)
{
    const struct machine *m = &copy->machine;
    uint64_t bytes = copy_length(copy);
    double seconds = seconds_between(&m->copy_begin.time, &m->copy_end.time);
    /* The mark at the end is itself an exit, and no part of the copy. */
    uint64_t exits = m->copy_end.exits - m->copy_begin.exits - 1;
    double mib = (double)bytes / (1 << 20);
    double rate = seconds > 0 ? mib / seconds : 0;
    double per_mib = bytes > 0 ? (double)exits / mib : 0;
    const struct copy_options *o = &copy->options->copy;
    if (!o->json) {
        printf("%s: %" PRIu64 " bytes in %.3f s, %.1f MiB/s, %.1f exits/MiB, verified\n",
               copy_via_name(o->via), bytes, seconds, rate, per_mib);
        return;
    }
    json_t *object = json_pack("{s:s, s:s, s:I, s:i, s:s, s:I, s:f, s:f, s:I, s:f, s:b}", "via",
                               copy_via_name(o->via), "mode", copy_mode_name(copy->options),
                               "chunk_size", (json_int_t)o->chunk_size, "depth", (int)o->depth,
                               "wait", o->poll ? "poll" : "irq", "bytes", (json_int_t)bytes,
                               "seconds", seconds, "mib_per_s", rate, "exits", (json_int_t)exits,
                               "exits_per_mib", per_mib, "verified", 1);
    if (o->features != NULL)
        json_object_set_new(object, "features", json_string(o->features));
    json_dumpf(object, stdout, 0);
    putchar('\n');
    json_decref(object);
}

static int run_machine(struct copy *copy)
{
    struct machine *m = &copy->machine;
    bool terminal = isatty(STDERR_FILENO);
    int status = machine_run(m, terminal ? show_progress : NULL, copy);
    if (status >= EXIT_STATUS_GUEST && copy->destination->error)
        report("%s: %s", copy->options->copy.destination, strerror(copy->destination->error));
    bool marked = m->copy_begin.seen && m->copy_end.seen && m->copy_end.exits > m->copy_begin.exits;
    if (status == 0 && !marked)
        return host_failure("the firmware passed without copying anything");
    if (status != 0)
        return status;
    if (terminal)
        show_line("comparing");
    status = copy_files_verify(&copy->files, copy->options->copy.destination);
    if (terminal)
        show_line("");
    return status;
}

static void abandon(void *context)
{
    struct copy *copy = context;
    copy_files_abandon(&copy->files);
}

/* DST takes its name last: an output of that name would be lost under it. */
static int refuse_output(const char *option, const char *path, const char *destination)
{
    struct stat a, b;
    if (path == NULL || strcmp(path, "stdio") == 0)
        return 0;
    bool same = strcmp(path, destination) == 0 ||
                (stat(path, &a) == 0 && stat(destination, &b) == 0 && same_file(&a, &b));
    return same ? wrong_use(option, path, "the same file as DST") : 0;
}

static int refuse_outputs(const struct options *options)
{
    const struct machine_options *m = &options->machine;
    const char *destination = options->copy.destination;
    int status = refuse_output("--serial", m->serial, destination);
    if (status == 0)
        status = refuse_output("--debugcon", m->debugcon, destination);
    if (status == 0)
        status = refuse_output("--stats-json", m->stats_json, destination);
    for (unsigned i = 0; i < m->trace_count && status == 0; i++)
        status = refuse_output("--trace", m->traces[i].path, destination);
    return status;
}

/* From the machine to the result, whose file has its name then. */
static int run_copy(struct copy *copy)
{
    make_command_line(copy);
    int status = machine_create(&copy->machine, &copy->options->machine, &copy->disks);
    copy->machine.stuck = abandon;
    copy->machine.stuck_context = copy;
    if (status == 0)
        status = run_machine(copy);
    if (status == 0)
        status = copy_files_commit(&copy->files);
    copy_files_abandon(&copy->files);
    /* A trace that cannot be written costs nobody the copy. */
    int written = copy->machine.vcpu.started ? machine_trace_write(&copy->machine, status) : 0;
    signals_release();
    if (status == 0)
        print_result(copy);
    status = status ? status : written;
    if (copy->machine.vcpu.started) {
        /* Last: a statistics file that cannot be written costs nobody the copy. */
        int failed = stats_finish(&copy->machine, status);
        status = status ? status : failed;
    }
    machine_destroy(&copy->machine);
    return status;
}

int copy_command(struct options *options)
{
    static struct copy copy;
    copy.options = options;
    const struct copy_options *o = &options->copy;
    signals_block();
    int status = refuse_outputs(options);
    if (status)
        return status;
    status = copy_files_open(&copy.files, o);
    if (status == 0)
        status = make_disks(&copy);
    if (status == 0)
        status = run_copy(&copy);
    copy_files_abandon(&copy.files);
    if (status == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        status = host_failure("standard output: cannot write the result");
    return status;
}
