/* SPDX-License-Identifier: MIT */
/* The bench command from its options to its table: what is wanted, the boots one after the other, the
 * host's own loops, and everything put away again. */
#include "bench.h"

#include "../kernel.h"
#include "../report.h"
#include "../result_file.h"
#include "../signals.h"
#include "../vm.h"
#include "bench_html.h"
#include "boot.h"
#include "child.h"
#include "deadline.h"
#include "host_loops.h"
#include "output.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MS_FULL 100
#define MS_QUICK 8
#define SOURCE_BYTES (64u << 20)
#define BOOT_TIMEOUT 60.0 /* seconds */

/* Seconds for everything, less than promised: the end takes a moment too. */
#define SECONDS_FULL 170.0
#define SECONDS_QUICK 26.0
#define SECONDS_LEAST 0.3     /* for which a setting is worth beginning */
#define FILLING_PART 6        /* of all that time the source may take one part */
#define HOST_MEASUREMENTS 28  /* sizes, depths and directions of the host's lines */
#define HOST_SECONDS_MORE 1.0 /* than those take */

struct bench {
    const struct options *options;
    struct lines *lines;
    struct kvm_kind kind;
    struct hypercall_probe probe;
    struct scratch scratch;
    struct result_file json, html;
    struct boot_plan plan;
    char kernel[PATH_MAX];
    double end;    /* of the whole work, of deadline_now() */
    unsigned left; /* pieces of it that are not begun */
};

/* --- what is wanted ------------------------------------------------------------------------------- */

/* One line: what the names begin with is less than all of them, and leads to the others. */
static int refuse_filter(const struct lines *lines, const char *filter)
{
    char words[512] = "";
    size_t length = 0;
    for (unsigned i = 0; i < lines->count; i++) {
        const char *name = lines->line[i].name;
        int size = (int)strcspn(name, " ,");
        bool known = false;
        for (unsigned before = 0; before < i; before++)
            known |= strncmp(lines->line[before].name, name, (size_t)size) == 0;
        if (!known && length < sizeof words)
            length += (size_t)snprintf(words + length, sizeof words - length, "%s%.*s",
                                       length > 0 ? ", " : "", size, name);
    }
    return wrong_use("--filter", filter, "no line has that in its name; they begin with: %s",
                     words);
}

static int choose_lines(struct bench *b)
{
    const char *filter = b->options->bench.filter;
    bool any = false;
    for (unsigned i = 0; i < b->lines->count; i++) {
        struct line *line = &b->lines->line[i];
        line->wanted = filter == NULL || strstr(line->name, filter) != NULL;
        any |= line->wanted;
    }
    return any ? 0 : refuse_filter(b->lines, filter);
}

static bool is_wanted(const struct setting *s, struct lines *lines)
{
    if (s->line != NULL)
        return lines_find(lines, s->line)->wanted;
    for (unsigned i = 0; s->lines[i] != NULL; i++)
        if (lines_find(lines, s->lines[i])->wanted)
            return true;
    return false;
}

/* trapline.elf beside this program, but where --kernel names another one. */
static int find_kernel(struct bench *b)
{
    b->plan.kernel = b->options->machine.kernel;
    if (b->plan.kernel == NULL) {
        ssize_t length = readlink("/proc/self/exe", b->kernel, sizeof b->kernel - 1);
        char *slash = length > 0 ? strrchr(b->kernel, '/') : NULL;
        size_t room = slash != NULL ? sizeof b->kernel - (size_t)(slash + 1 - b->kernel) : 0;
        if (slash == NULL || snprintf(slash + 1, room, "trapline.elf") >= (int)room)
            return host_failure("where is trapline.elf? (--kernel FILE names it)");
        b->plan.kernel = b->kernel;
    }
    /* What every setting would say of it is said once, and before the first one. */
    static struct kernel kernel;
    int status = kernel_open(&kernel, b->plan.kernel, NULL, "");
    kernel_close(&kernel);
    return status;
}

static int ask_tsc_khz(const struct vm *vm, double *khz)
{
    int vcpu = ioctl(vm->fd, KVM_CREATE_VCPU, 0);
    int answer = vcpu < 0 ? -1 : ioctl(vcpu, KVM_GET_TSC_KHZ, 0);
    int error = errno;
    if (vcpu >= 0)
        close(vcpu);
    if (answer <= 0)
        return host_failure("KVM_GET_TSC_KHZ: %s", answer < 0 ? strerror(error) : "not known");
    *khz = answer;
    return 0;
}

/* Whether there is a usable KVM, and which: while there is a VM it is known to be in use. */
static int look_at_kvm(struct bench *b)
{
    struct vm vm;
    int status = vm_create(&vm);
    if (status == 0) {
        kvm_kind_look(&b->kind, "/sys", "/proc");
        status = ask_tsc_khz(&vm, &b->lines->tsc_khz);
    }
    vm_destroy(&vm);
    return status;
}

/* --- running it ------------------------------------------------------------------------------------ */

/* One line that is written again and again, where somebody watches. */
static void show_progress(const struct bench *b, const char *what)
{
    if (!isatty(STDERR_FILENO))
        return;
    if (what != NULL)
        fprintf(stderr, "\r%.60s (%u to go)\033[K", what, b->left);
    else
        fputs("\r\033[K", stderr);
}

static bool host_is_wanted(const struct bench *b, bool with_file)
{
    return lines_find(b->lines, LINE_PREAD)->wanted || lines_find(b->lines, LINE_URING)->wanted ||
           (!with_file && lines_find(b->lines, LINE_MEMCPY)->wanted);
}

/* 0, or the signal that ended it. What there is no time for stays as it is. */
static int boot_all(struct bench *b)
{
    double host = b->plan.milliseconds / 1e3 * HOST_MEASUREMENTS + HOST_SECONDS_MORE;
    double end = b->end - (host_is_wanted(b, false) ? host : 0);
    for (unsigned i = 0; i < setting_count; i++) {
        const struct setting *s = &settings[i];
        if (!is_wanted(s, b->lines))
            continue;
        if (deadline_now() + SECONDS_LEAST > end)
            return signals_pending();
        double deadline = deadline_share(deadline_now(), end, b->left--);
        show_progress(b, s->line != NULL ? s->line : s->bench);
        if (s->hypercalls)
            hypercall_probe_run(&b->probe);
        int number = boot_setting(&b->plan, s, deadline, b->lines);
        if (number)
            return number;
    }
    return 0;
}

static int host_work(void *context)
{
    struct bench *b = context;
    return host_loops_run(b->lines, host_is_wanted(b, true) ? b->plan.source : NULL,
                          b->plan.milliseconds);
}

static int run_host(struct bench *b)
{
    static const char *const names[] = {LINE_PREAD, LINE_URING, LINE_MEMCPY};
    if (!host_is_wanted(b, false))
        return 0;
    show_progress(b, "host");
    char message[LINE_NOTE_SIZE];
    int status, number = child_run(host_work, b, b->end, &status, message, sizeof message);
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct line *line = lines_find(b->lines, names[i]);
        if (number != 0 || status == CHILD_LATE)
            line_cut(line, number != 0 ? INTERRUPTED : OUT_OF_TIME, 0);
        else if (status != 0)
            line_say(line, LINE_FAILED, "%s", message);
    }
    return number;
}

/* 0, or the signal that ended it. Afterwards every line says what became of it. */
static int run_all(struct bench *b)
{
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    int number = boot_all(b);
    if (number == 0)
        number = run_host(b);
    show_progress(b, NULL);
    if (number == 0)
        number = signals_pending();
    bool interpreted = strcmp(b->kind.kind, "software") == 0;
    for (unsigned i = 0; i < b->lines->count; i++) {
        struct line *line = &b->lines->line[i];
        line_cut(line, number != 0 ? INTERRUPTED : OUT_OF_TIME, 0);
        if (interpreted && line->state == LINE_MEASURED && strcmp(line->group, GROUP_MEMORY) == 0)
            line_say(line, LINE_MEASURED, "the guest's loads are interpreted by this KVM");
    }
    return number;
}

/* --- showing it ------------------------------------------------------------------------------------ */

static int verdict(const struct lines *lines)
{
    int status = 0;
    for (unsigned i = 0; i < lines->count; i++)
        if (lines->line[i].wanted && lines->line[i].state == LINE_FAILED)
            status = host_failure("%s: %s", lines->line[i].name, lines->line[i].note);
    return status;
}

/* The files first: whoever does not want to see the table may then end it. */
static int show(struct bench *b)
{
    int status = 0;
    if (b->options->bench.json != NULL) {
        status = json_write(b->lines, &b->kind, b->json.fd, b->options->bench.json);
        if (status == 0)
            status = result_file_keep(&b->json);
    }
    if (status == 0 && b->options->bench.html != NULL) {
        status = bench_html_write(b->lines, &b->kind, b->html.fd, b->options->bench.html);
        if (status == 0)
            status = result_file_keep(&b->html);
    }
    result_file_abandon(&b->json);
    result_file_abandon(&b->html);
    signals_release();
    table_print(b->lines, &b->kind);
    if (fflush(stdout) != 0 || ferror(stdout))
        status = host_failure("standard output: cannot write the table");
    return status;
}

/* --- all of it ------------------------------------------------------------------------------------- */

/* Only where bytes of it are moved. */
static int make_scratch(struct bench *b)
{
    bool needed = host_is_wanted(b, true);
    for (unsigned i = 0; i < setting_count; i++) {
        bool wanted = is_wanted(&settings[i], b->lines);
        needed |= wanted && settings[i].device != NO_DEVICE;
        b->left += wanted;
    }
    double now = deadline_now();
    if (!needed)
        return 0;
    return scratch_make(&b->scratch, b->options->bench.dir, SOURCE_BYTES,
                        now + (b->end - now) / FILLING_PART);
}

static int prepare(struct bench *b)
{
    int status = choose_lines(b);
    if (status == 0)
        status = find_kernel(b);
    if (status == 0 && b->options->bench.json != NULL)
        status = result_file_open(&b->json, "--json", b->options->bench.json);
    if (status == 0 && b->options->bench.html != NULL)
        status = result_file_open(&b->html, "--html", b->options->bench.html);
    if (status == 0)
        status = look_at_kvm(b);
    return status ? status : make_scratch(b);
}

static int bench(struct bench *b)
{
    bool quick = b->options->bench.quick;
    b->end = deadline_now() + (quick ? SECONDS_QUICK : SECONDS_FULL);
    int status = prepare(b);
    if (status)
        return status;
    b->plan.source = b->scratch.source;
    b->plan.destination = b->scratch.destination;
    b->plan.milliseconds = quick ? MS_QUICK : MS_FULL;
    b->plan.timeout = BOOT_TIMEOUT;
    b->plan.io_engine = b->options->machine.io_engine;
    b->plan.probe = &b->probe;
    b->plan.traced = &b->options->machine;
    b->plan.errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int number = run_all(b);
    scratch_remove(&b->scratch);
    status = show(b);
    if (number == 0)
        return status ? status : verdict(b->lines);
    report("ended by signal %d (%s)", number, strsignal(number));
    return EXIT_STATUS_SIGNAL + number;
}

int bench_command(const struct options *options)
{
    static struct bench b;
    b.options = options;
    b.json.fd = b.html.fd = -1;
    b.lines =
        mmap(NULL, sizeof *b.lines, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (b.lines == MAP_FAILED)
        return host_failure("memory for the table: %s", strerror(errno));
    settings_list_lines(b.lines);
    signals_block();
    int status = bench(&b);
    scratch_remove(&b.scratch);
    result_file_abandon(&b.json);
    result_file_abandon(&b.html);
    signals_release();
    return status;
}
