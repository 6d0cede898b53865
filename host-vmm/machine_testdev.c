/* SPDX-License-Identifier: MIT */
/* What makes testdev's variants different from each other; its registers are devices/testdev.c's. */
#include "machine_testdev.h"

#include "devices/testdev.h"
#include "kvm_stats.h"
#include "machine_workers.h"
#include "report.h"
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "abi/kvm_hypercall.h"

#define MSR_TSC 0x10
#define TSC_LOOKS 64 /* the quickest of so many tells how far apart the two counters are */

/* The variants that have an eventfd of their own; only the last two have somebody who listens. */
enum bell { BELL_SILENT, BELL_IRQ, BELL_ANSWER, BELL_STOP, BELLS };

struct counted {
    uint64_t exits, all_exits, interrupts;
    bool has_all_exits;
    struct timespec time;
};

struct machine_testdev {
    struct machine *machine;
    struct testdev_model model;
    struct message_set message;
    int bells[BELLS];
    unsigned page_slot;
    void *page;
    struct kvm_stat all_exits;
    int64_t tsc_offset; /* the guest's TSC minus the host's */
    pthread_t thread;
    bool started;
    struct counted marks[2];
    testdev_measured *measured;
    void *context;
    struct trace_thread *trace_thread; /* NULL: nobody records */
    unsigned trace_source;
};

/* --- marks and results -------------------------------------------------------------------------- */

/* testdev's own messages are no device's that somebody asks statistics of. */
static uint64_t count_interrupts(const struct machine_testdev *t)
{
    const struct interrupt_source own = {.messages = &t->message};
    uint64_t sum = machine_interrupts_of(&own);
    for (unsigned i = 0; i < t->machine->interrupt_source_count; i++)
        sum += machine_interrupts_of(&t->machine->interrupt_sources[i]);
    return sum;
}

static void on_mark(void *context, uint32_t mark)
{
    struct machine_testdev *t = context;
    if (mark != TESTDEV_MARK_BEGIN && mark != TESTDEV_MARK_END)
        return;
    struct counted *counted = &t->marks[mark == TESTDEV_MARK_END];
    clock_gettime(CLOCK_MONOTONIC, &counted->time);
    counted->interrupts = count_interrupts(t);
    counted->exits = machine_exits(t->machine);
    counted->has_all_exits = kvm_stat_read(&t->all_exits, &counted->all_exits);
}

static void on_result(void *context, const struct testdev_result *result, uint64_t *samples)
{
    struct machine_testdev *t = context;
    const struct counted *begin = &t->marks[0], *end = &t->marks[1];
    if (t->measured == NULL)
        return;
    struct testdev_measurement measurement = {.result = result, .samples = samples};
    /* The mark at the end is itself an exit. */
    if (end->exits > begin->exits)
        measurement.exits = end->exits - begin->exits - 1;
    measurement.has_all_exits = begin->has_all_exits && end->has_all_exits;
    if (measurement.has_all_exits && end->all_exits > begin->all_exits)
        measurement.all_exits = end->all_exits - begin->all_exits - 1;
    measurement.interrupts = end->interrupts - begin->interrupts;
    measurement.seconds = seconds_between(&begin->time, &end->time);
    t->measured(t->context, &measurement);
}

/* --- where the variants are --------------------------------------------------------------------- */

static struct vm_doorbell doorbell_of(const struct machine_testdev *t,
                                      const struct testdev_variant *v, uint64_t base)
{
    struct vm_doorbell bell = {.port = v->kind & TESTDEV_PORT,
                               .address = base + v->offset,
                               .length = v->width,
                               .fd = t->bells[BELL_SILENT]};
    switch (v->kind & TESTDEV_KIND_MASK) {
    case TESTDEV_DATAMATCH:
        bell.matches = true;
        bell.value = v->value;
        break;
    case TESTDEV_ANY_WIDTH:
        bell.length = 0;
        break;
    case TESTDEV_IRQ:
        bell.fd = t->bells[BELL_IRQ];
        break;
    case TESTDEV_ANSWER:
        bell.fd = t->bells[BELL_ANSWER];
        break;
    default:
        break;
    }
    return bell;
}

static void move_doorbell(struct machine_testdev *t, const struct testdev_variant *v, uint64_t base,
                          bool present)
{
    struct vm *vm = &t->machine->vm;
    struct vm_doorbell bell = doorbell_of(t, v, base);
    int error = present ? vm_doorbell_assign(vm, &bell) : vm_doorbell_deassign(vm, &bell);
    if (error)
        report("testdev: %s of doorbell 0x%llx: %s", present ? "assignment" : "removal",
               (unsigned long long)bell.address, strerror(-error));
}

static void move_coalesced(struct machine_testdev *t, const struct testdev_variant *v,
                           uint64_t base, bool present)
{
    struct vm *vm = &t->machine->vm;
    bool port = v->kind & TESTDEV_PORT;
    if (!present && port)
        vm_uncoalesce_ports(vm, base + v->offset, v->width);
    else if (!present)
        vm_uncoalesce_mmio(vm, base + v->offset, v->width);
    else if (!(port ? vm_coalesce_ports(vm, base + v->offset, v->width)
                    : vm_coalesce_mmio(vm, base + v->offset, v->width)))
        report("testdev: no coalesced writes at 0x%llx", (unsigned long long)(base + v->offset));
}

static void move_page(struct machine_testdev *t, uint64_t gpa, bool present)
{
    struct vm *vm = &t->machine->vm;
    int status = present ? vm_set_slot(vm, t->page_slot, gpa, TESTDEV_PAGE_SIZE, t->page, true)
                         : vm_remove_slot(vm, t->page_slot);
    if (status)
        vcpu_stop(&t->machine->vcpu, STOP_HOST, 0);
}

/* A BAR has come onto its bus or leaves it: in the vCPU's thread, which is in an exit. */
static void moved(void *context, struct bus_region *region, bool present)
{
    struct machine_testdev *t = context;
    bool ports = region == &t->model.ports;
    for (unsigned i = 0; i < t->model.variant_count; i++) {
        const struct testdev_variant *v = &t->model.variants[i];
        if (!(v->kind & TESTDEV_PORT) == ports)
            continue;
        switch (v->kind & TESTDEV_KIND_MASK) {
        case TESTDEV_TRAPPED:
        case TESTDEV_STRING:
            break;
        case TESTDEV_COALESCED:
            move_coalesced(t, v, region->base, present);
            break;
        case TESTDEV_READ_ONLY:
            move_page(t, region->base + v->offset, present);
            break;
        default:
            move_doorbell(t, v, region->base, present);
        }
    }
}

/* --- the thread that answers --------------------------------------------------------------------- */

static bool take(const struct machine_testdev *t, const struct pollfd *fd)
{
    uint64_t times;
    if (!fd->revents || read(fd->fd, &times, sizeof times) != sizeof times)
        return false;
    struct trace *trace = t->machine->vm.trace;
    const struct trace_record record = {.kind = TRACE_DOORBELL,
                                        .time = trace_now(trace),
                                        .source = (uint16_t)t->trace_source,
                                        .count = (uint32_t)times};
    trace_add(trace, &record);
    return true;
}

static void *answer_thread(void *argument)
{
    struct machine_testdev *t = argument;
    trace_bind(t->trace_thread);
    struct pollfd fds[] = {{.fd = t->bells[BELL_IRQ], .events = POLLIN},
                           {.fd = t->bells[BELL_ANSWER], .events = POLLIN},
                           {.fd = t->bells[BELL_STOP], .events = POLLIN}};
    for (;;) {
        if (poll(fds, sizeof fds / sizeof fds[0], -1) < 0 && errno != EINTR)
            return NULL;
        if (fds[2].revents)
            return NULL;
        if (take(t, &fds[0])) {
            testdev_model_answer(&t->model, __builtin_ia32_rdtsc() + (uint64_t)t->tsc_offset);
            msi_model_send(&t->model.msi);
        }
        if (take(t, &fds[1]))
            testdev_model_answer(&t->model, __builtin_ia32_rdtsc() + (uint64_t)t->tsc_offset);
    }
}

/* How far the guest's TSC is from the host's: KVM tells the one, between two looks at the other. */
static int64_t tsc_offset(const struct vcpu *vcpu)
{
    union {
        struct kvm_msrs msrs;
        uint8_t room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
    } wanted = {.msrs.nmsrs = 1};
    struct kvm_msr_entry *tsc = wanted.msrs.entries;
    tsc->index = MSR_TSC;
    uint64_t quickest = UINT64_MAX;
    int64_t offset = 0;
    for (unsigned i = 0; i < TSC_LOOKS; i++) {
        uint64_t before = __builtin_ia32_rdtsc();
        int count = ioctl(vcpu->fd, KVM_GET_MSRS, &wanted);
        uint64_t took = __builtin_ia32_rdtsc() - before;
        if (count != 1 || took >= quickest)
            continue;
        quickest = took;
        offset = (int64_t)(tsc->data - (before + took / 2));
    }
    return offset;
}

int machine_start_testdev(struct machine *m)
{
    struct machine_testdev *t = m->testdev;
    if (t == NULL)
        return 0;
    t->all_exits = kvm_stat_open(m->vcpu.fd, KVM_STAT_EXITS);
    t->tsc_offset = tsc_offset(&m->vcpu);
    t->trace_source = trace_name(m->vm.trace, "testdev");
    t->message.trace_source = (struct trace_source){m->vm.trace, t->trace_source};
    t->trace_thread = trace_add_thread(m->vm.trace, "testdev");
    int error = signals_start_thread(&t->thread, answer_thread, t, 0);
    t->started = error == 0;
    return error ? host_failure("starting the thread of testdev: %s", strerror(error)) : 0;
}

/* --- making it ------------------------------------------------------------------------------------ */

static int make_resources(struct machine_testdev *t)
{
    for (unsigned i = 0; i < BELLS; i++) {
        t->bells[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (t->bells[i] < 0)
            return host_failure("eventfd: %s", strerror(errno));
    }
    t->page =
        mmap(NULL, TESTDEV_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (t->page == MAP_FAILED)
        return host_failure("testdev's page: %s", strerror(errno));
    t->page_slot = vm_new_slot(&t->machine->vm);
    return message_set_create(&t->message, &t->machine->vm, 1);
}

bool machine_add_testdev(struct machine *m)
{
    if (!m->options->testdev)
        return true;
    struct machine_testdev *t = calloc(1, sizeof *t);
    if (t == NULL)
        return false;
    t->machine = m;
    t->all_exits.fd = -1;
    t->page = MAP_FAILED;
    for (unsigned i = 0; i < BELLS; i++)
        t->bells[i] = -1;
    m->testdev = t;
    const struct testdev_events events = {.mark = on_mark, .result = on_result, .context = t};
    if (make_resources(t) != 0)
        return false;
    testdev_model_init(&t->model, MACHINE_SLOT_TESTDEV, &m->memory, message_set_sink(&t->message),
                       &events, m->vm.ring_page == 0 ? 1u << TESTDEV_COALESCED : 0);
    t->model.registers.moved = t->model.ports.moved = moved;
    t->model.registers.moved_context = t->model.ports.moved_context = t;
    const uint64_t map_gpa_range = 1ull << KVM_HYPERCALL_MAP_GPA_RANGE;
    if (m->options->hypercalls & map_gpa_range && !vm_take_hypercalls(&m->vm, map_gpa_range))
        report("this KVM has no hypercalls that come to user space");
    return pci_host_add(&m->pci, &t->model.pci);
}

void machine_listen_testdev(struct machine *m, testdev_measured *measured, void *context)
{
    m->testdev->measured = measured;
    m->testdev->context = context;
}

void machine_reset_testdev(struct machine *m)
{
    if (m->testdev != NULL)
        testdev_model_reset(&m->testdev->model);
}

void machine_destroy_testdev(struct machine *m)
{
    struct machine_testdev *t = m->testdev;
    if (t == NULL)
        return;
    uint64_t one = 1;
    if (t->started && write(t->bells[BELL_STOP], &one, sizeof one) == sizeof one)
        pthread_join(t->thread, NULL);
    message_set_destroy(&t->message);
    kvm_stat_close(&t->all_exits);
    for (unsigned i = 0; i < BELLS; i++)
        if (t->bells[i] >= 0)
            close(t->bells[i]);
    if (t->page != MAP_FAILED)
        munmap(t->page, TESTDEV_PAGE_SIZE);
    free(t);
    m->testdev = NULL;
}
