/* SPDX-License-Identifier: MIT */
/* The files of a trace: opened before the run, written when it is over. */
#include "machine_trace_internal.h"

#include "report.h"
#include "same_file.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_BUFFER (1u << 20)

/* --- before the run --------------------------------------------------------------------------------- */

/* What is read for the functions' names is no place to write to. */
static bool is_symbols(const struct machine_trace *t, const char *path)
{
    const struct machine_options *o = t->machine->options;
    struct stat st, other;
    if (stat(path, &st) != 0)
        return false;
    for (unsigned i = 0; i < o->symbols_count; i++)
        if (stat(o->symbols[i], &other) == 0 && same_file(&st, &other))
            return true;
    return stat(t->beside, &other) == 0 && same_file(&st, &other);
}

static int open_file(struct machine_trace *t, const struct disks *disks, const char *path)
{
    struct result_file *file = &t->files[t->file_count];
    int status = outputs_check(t->machine, disks, "--trace", path);
    if (status == 0 && is_symbols(t, path))
        status = wrong_use("--trace", path, "also the file that the functions' names come from");
    if (status)
        return status;
    status = result_file_open(file, "--trace", path);
    t->file_count++; /* whatever came of it: it is to be abandoned */
    for (unsigned i = 0; i + 1 < t->file_count && status == 0; i++)
        if (result_file_same(&t->files[i], file))
            status = wrong_use("--trace", path, "the same file as --trace %s", t->files[i].path);
    return status;
}

int machine_trace_open_files(struct machine_trace *t, const struct disks *disks)
{
    const struct machine_options *o = t->machine->options;
    if (o->kernel == NULL)
        snprintf(t->beside, sizeof t->beside, "%s.elf", t->machine->rom.path);
    int status = 0;
    for (unsigned i = 0; i < o->trace_count && status == 0; i++)
        status = open_file(t, disks, o->traces[i].path);
    return status;
}

int machine_trace_open_symbols(struct machine_trace *t)
{
    const struct machine_options *o = t->machine->options;
    t->symbols = symbols_create();
    if (t->symbols == NULL)
        return host_failure("out of memory");
    (void)symbols_add(t->symbols, o->kernel != NULL ? o->kernel : t->beside);
    for (unsigned i = 0; i < o->symbols_count; i++) {
        int error = symbols_add(t->symbols, o->symbols[i]);
        if (error)
            return wrong_use("--symbols", o->symbols[i], "%s",
                             error == -ENOEXEC ? "no ELF file of x86 with symbols"
                                               : strerror(-error));
    }
    return 0;
}

/* Where the recording goes until the run is over: beside the first ordinary file, else where temporary files go. */
static void choose_directory(struct machine_trace *t)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(t->directory, sizeof t->directory, "%s",
             temporary != NULL && temporary[0] != '\0' ? temporary : "/tmp");
    for (unsigned i = 0; i < t->file_count; i++) {
        const char *path = t->files[i].target, *slash = strrchr(path, '/');
        if (t->files[i].temporary[0] == '\0')
            continue; /* no ordinary file, so who knows what is beside it */
        if (slash == NULL)
            strcpy(t->directory, ".");
        else
            snprintf(t->directory, sizeof t->directory, "%.*s",
                     slash == path ? 1 : (int)(slash - path), path);
        return;
    }
}

int machine_trace_open_recorder(struct machine_trace *t)
{
    choose_directory(t);
    int error = trace_create(&t->recorder, t->file_count > 0 ? t->directory : NULL);
    if (error && t->file_count > 0)
        return host_failure("--trace: recording to a file in %s: %s", t->directory,
                            strerror(-error));
    return error ? host_failure("out of memory") : 0;
}

/* --- after it --------------------------------------------------------------------------------------- */

/* Nothing half-written stays behind when somebody does not want to wait. */
static bool stopped(void *context)
{
    struct machine_trace *t = context;
    if (t->signal == 0)
        t->signal = signals_pending();
    return t->signal != 0;
}

static struct trace_writer *make_writer(enum trace_format format, FILE *out)
{
    switch (format) {
    case TRACE_FORMAT_JSON:
        return trace_json_writer(out);
    case TRACE_FORMAT_HTML:
        return trace_page_writer(out);
    default:
        return trace_text_writer(out);
    }
}

static int play(struct machine_trace *t, struct trace_writer *writer, int status)
{
    profile_destroy(t->totals.profile);
    t->totals = (struct trace_totals){.exit_status = status, .end = t->totals.end};
    return trace_play(t->recorder, t->symbols, t->machine->options->title, writer, &t->totals,
                      stopped, t);
}

/* A pipe was opened so that nobody waits for its reader; its reader may take its time now. */
static void let_wait(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && flags & O_NONBLOCK)
        (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

/* 0, or a positive errno: EIO where nobody said why. */
static int write_out(struct machine_trace *t, FILE *out, enum trace_format format, int status)
{
    struct trace_writer *writer = make_writer(format, out);
    if (writer == NULL)
        return ENOMEM;
    errno = 0; /* nothing clears it: afterwards it is what a write that failed has left */
    int error = play(t, writer, status);
    bool failed = fflush(out) != 0 || ferror(out);
    int why = errno;
    free(writer);
    if (error)
        return -error;
    return failed ? (why ? why : EIO) : 0;
}

/* One of the files, whose name it gets only when it is complete. */
static int write_file(struct machine_trace *t, unsigned i, int status)
{
    struct result_file *file = &t->files[i];
    let_wait(file->fd);
    int fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (out == NULL) {
        if (fd >= 0)
            close(fd);
        return host_failure("--trace %s: %s", file->path, strerror(errno));
    }
    char *buffer = malloc(OUTPUT_BUFFER); /* without one the C library has its own, a small one */
    if (buffer != NULL)
        (void)setvbuf(out, buffer, _IOFBF, OUTPUT_BUFFER);
    int error = write_out(t, out, t->machine->options->traces[i].format, status);
    if (fclose(out) != 0 && error == 0)
        error = errno;
    free(buffer);
    if (error == EINTR && t->signal != 0) {
        report("--trace %s: not written: ended by signal %d (%s)", file->path, t->signal,
               strsignal(t->signal));
        return EXIT_STATUS_SIGNAL + t->signal;
    }
    return error ? host_failure("--trace %s: %s", file->path, strerror(error))
                 : result_file_keep(file);
}

static bool is_ordinary(const struct result_file *file)
{
    return file->temporary[0] != '\0';
}

/* A thread that is stuck in an exit will not tell of it. */
static void close_open_exit(struct machine_trace *t)
{
    struct machine *m = t->machine;
    if (!m->vcpu.started || atomic_load(&m->vcpu.ended) || t->exit.kind == TRACE_KINDS)
        return;
    t->exit.open = true;
    t->exit.duration = trace_now(t->recorder) - t->exit.time;
    trace_exit_open(t->vcpu_thread, &t->exit);
}

int machine_trace_write(struct machine *m, int status)
{
    struct machine_trace *t = m->trace;
    if (t == NULL || t->written)
        return 0;
    t->written = true;
    t->totals.end = (uint64_t)(seconds_between(&m->started, &m->ended) * 1e9);
    close_open_exit(t);
    int failed = 0;
    /* Those first that do not depend on anybody's reading. */
    for (unsigned pipes = 0; pipes < 2; pipes++) {
        for (unsigned i = 0; i < t->file_count; i++) {
            if (t->files[i].fd < 0 || is_ordinary(&t->files[i]) == pipes)
                continue; /* written, or not its turn */
            if (pipes)
                signals_release();
            int one = write_file(t, i, status);
            failed = failed ? failed : one;
        }
    }
    if (failed == 0 && t->totals.lost > 0)
        failed = host_failure("--trace: %" PRIu64 " of %" PRIu64
                              " records could not be kept in %s, and are missing",
                              t->totals.lost, t->totals.records + t->totals.lost, t->directory);
    return failed;
}

bool machine_trace_may_block(const struct machine *m)
{
    if (m->trace == NULL)
        return false;
    for (unsigned i = 0; i < m->trace->file_count; i++)
        if (!is_ordinary(&m->trace->files[i]))
            return true;
    return false;
}

void machine_trace_print(struct machine *m, FILE *out)
{
    struct machine_trace *t = m->trace;
    struct profile *profile = t->file_count > 0 ? t->totals.profile : trace_profile(t->recorder);
    if (profile == NULL)
        return;
    uint64_t run = (uint64_t)(seconds_between(&m->started, &m->ended) * 1e9);
    profile_print(profile, run, out);
}
