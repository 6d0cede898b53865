/* SPDX-License-Identifier: MIT */
/* irqfds behind the interrupts of the models. Which vector or line means what is the model's business. */
#include "interrupts.h"

#include "report.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void raise_fd(int fd)
{
    uint64_t one = 1;
    if (write(fd, &one, sizeof one) != sizeof one && errno != EAGAIN)
        report("eventfd of an interrupt: %s", strerror(errno));
}

/* --- messages ----------------------------------------------------------------------------------- */

/* The route first, then the irqfd: an irqfd whose GSI has no route drops what is written to it. */
static void route(void *context, unsigned vector, bool enabled, uint64_t address, uint32_t data)
{
    struct message_set *set = context;
    /* Where it is masked the old route stays: the model sends nothing, but what it has sent may still be on
     * its way through the kernel. */
    if (vector >= set->count || !enabled)
        return;
    struct message_vector *v = &set->vectors[vector];
    int error = vm_message_route(set->vm, v->gsi, address, data);
    if (error == 0 && !v->assigned) {
        error = vm_irqfd_assign(set->vm, v->gsi, v->fd, -1);
        v->assigned = error == 0;
    }
    if (error)
        report("message of vector %u to 0x%llx: %s", vector, (unsigned long long)address,
               strerror(-error));
}

static void send(void *context, unsigned vector)
{
    struct message_set *set = context;
    if (vector >= set->count)
        return;
    __atomic_fetch_add(&set->vectors[vector].sent, 1, __ATOMIC_RELAXED);
    trace_interrupt(&set->trace_source, false, vector);
    raise_fd(set->vectors[vector].fd);
}

int message_set_create(struct message_set *set, struct vm *vm, unsigned count)
{
    *set = (struct message_set){.vm = vm};
    for (; set->count < count && set->count < MESSAGE_SET_MAX; set->count++) {
        int gsi = vm_message_new(vm);
        int fd = gsi < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (fd < 0)
            return host_failure("message interrupts: %s", gsi < 0 ? "none left" : strerror(errno));
        set->vectors[set->count] = (struct message_vector){.gsi = (unsigned)gsi, .fd = fd};
    }
    return 0;
}

void message_set_destroy(struct message_set *set)
{
    for (unsigned i = 0; i < set->count; i++) {
        if (set->vectors[i].assigned)
            (void)vm_irqfd_deassign(set->vm, set->vectors[i].gsi, set->vectors[i].fd);
        close(set->vectors[i].fd);
    }
    *set = (struct message_set){0};
}

struct msi_sink message_set_sink(struct message_set *set)
{
    return (struct msi_sink){.route = route, .send = send, .context = set};
}

/* --- lines -------------------------------------------------------------------------------------- */

/* Makes the eventfd that raises line gsi. 0 or EXIT_STATUS_HOST after a message. */
static int open_line(struct vm *vm, unsigned gsi, int *fd, int resample_fd)
{
    *fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (*fd < 0)
        return host_failure("eventfd: %s", strerror(errno));
    int error = vm_irqfd_assign(vm, gsi, *fd, resample_fd);
    if (error)
        return host_failure("irqfd of line %u: %s", gsi, strerror(-error));
    return 0;
}

static void close_line(struct vm *vm, unsigned gsi, int fd)
{
    if (fd < 0)
        return;
    (void)vm_irqfd_deassign(vm, gsi, fd);
    close(fd);
}

/* --- level-triggered lines ---------------------------------------------------------------------- */

/* Lock held. */
static void raise_line(struct level_line *line)
{
    line->up = true;
    line->waiting = false;
    line->raised++;
    trace_interrupt(&line->trace_source, true, line->gsi);
    raise_fd(line->fd);
}

static void set_level(void *context, unsigned gsi, bool level)
{
    struct level_line *line = context;
    (void)gsi;
    pthread_mutex_lock(&line->lock);
    if (!level) /* down again is KVM's business: at the end of the interrupt */
        line->waiting = false;
    else if (line->up)
        line->waiting = true;
    else
        raise_line(line);
    pthread_mutex_unlock(&line->lock);
}

int level_line_create(struct level_line *line, struct vm *vm, unsigned gsi)
{
    *line = (struct level_line){.vm = vm, .gsi = gsi, .fd = -1, .resample_fd = -1};
    pthread_mutex_init(&line->lock, NULL);
    line->resample_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (line->resample_fd < 0)
        return host_failure("eventfd: %s", strerror(errno));
    return open_line(vm, gsi, &line->fd, line->resample_fd);
}

void level_line_destroy(struct level_line *line)
{
    if (line->vm == NULL)
        return;
    close_line(line->vm, line->gsi, line->fd);
    if (line->resample_fd >= 0)
        close(line->resample_fd);
    line->vm = NULL;
    line->fd = line->resample_fd = -1;
}

struct irq_line level_line_irq(struct level_line *line)
{
    return (struct irq_line){.set = set_level, .context = line, .line = line->gsi};
}

void level_line_ended(struct level_line *line)
{
    uint64_t times;
    if (read(line->resample_fd, &times, sizeof times) != sizeof times)
        return;
    pthread_mutex_lock(&line->lock);
    line->up = false;
    if (line->waiting)
        raise_line(line);
    pthread_mutex_unlock(&line->lock);
}

void level_line_reset(struct level_line *line)
{
    /* Taking the irqfd away is what takes the level back. */
    int error = vm_irqfd_deassign(line->vm, line->gsi, line->fd);
    if (error == 0)
        error = vm_irqfd_assign(line->vm, line->gsi, line->fd, line->resample_fd);
    if (error)
        report("irqfd of line %u: %s", line->gsi, strerror(-error));
    uint64_t times;
    pthread_mutex_lock(&line->lock);
    /* An end of before the reset must not be taken for that of an interrupt after it. */
    if (read(line->resample_fd, &times, sizeof times) < 0 && errno != EAGAIN)
        report("resample fd of line %u: %s", line->gsi, strerror(errno));
    line->up = line->waiting = false;
    pthread_mutex_unlock(&line->lock);
}

/* --- edges -------------------------------------------------------------------------------------- */

/* Down is nothing to an edge-triggered input: it stays latched until it has been taken. */
static void set_edge(void *context, unsigned gsi, bool level)
{
    struct edge_line *line = context;
    (void)gsi;
    if (!level)
        return;
    __atomic_fetch_add(&line->raised, 1, __ATOMIC_RELAXED);
    trace_interrupt(&line->trace_source, true, line->gsi);
    raise_fd(line->fd);
}

int edge_line_create(struct edge_line *line, struct vm *vm, unsigned gsi)
{
    *line = (struct edge_line){.vm = vm, .gsi = gsi};
    return open_line(vm, gsi, &line->fd, -1);
}

void edge_line_destroy(struct edge_line *line)
{
    if (line->vm == NULL)
        return;
    close_line(line->vm, line->gsi, line->fd);
    line->vm = NULL;
}

struct irq_line edge_line_irq(struct edge_line *line)
{
    return (struct irq_line){.set = set_edge, .context = line, .line = line->gsi};
}
