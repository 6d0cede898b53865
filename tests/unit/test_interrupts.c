/* SPDX-License-Identifier: MIT */
/* host-vmm/interrupts.c: when a level-triggered line is raised. KVM is not asked: the test reads the eventfd
 * that KVM would read, and tells of the end of interrupt as KVM would. */
#include "test.h"

#include "host-vmm/interrupts.h"

#include <sys/eventfd.h>
#include <unistd.h>

static struct level_line line;
static struct irq_line irq;

static int start(void **state)
{
    (void)state;
    line = (struct level_line){
        .gsi = 5, .fd = eventfd(0, EFD_NONBLOCK), .resample_fd = eventfd(0, EFD_NONBLOCK)};
    pthread_mutex_init(&line.lock, NULL);
    irq = level_line_irq(&line);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    close(line.fd);
    close(line.resample_fd);
    return 0;
}

/* How often it was raised since it was last asked. */
static unsigned raises(void)
{
    uint64_t times;

    return read(line.fd, &times, sizeof times) == sizeof times ? (unsigned)times : 0;
}

static void end_of_interrupt(void)
{
    assert_int_equal(eventfd_write(line.resample_fd, 1), 0);
    level_line_ended(&line);
}

static void one_raise_for_each_interrupt(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        irq_set(&irq, true);
        assert_int_equal(raises(), 1);
        irq_set(&irq, false); /* the driver acknowledges */
        end_of_interrupt();
        assert_int_equal(raises(), 0);
    }
    assert_int_equal(line.raised, 3);
}

/* Between the driver's acknowledgement and the end of interrupt KVM would not see a raise. */
static void what_comes_in_between_waits_for_the_end(void **state)
{
    (void)state;
    irq_set(&irq, true);
    irq_set(&irq, false);
    irq_set(&irq, true);
    assert_int_equal(raises(), 1);
    end_of_interrupt();
    assert_int_equal(raises(), 1);
    irq_set(&irq, false);
    end_of_interrupt();
    assert_int_equal(raises(), 0);
}

static void what_was_served_meanwhile_does_not_come_again(void **state)
{
    (void)state;
    irq_set(&irq, true);
    irq_set(&irq, false);
    irq_set(&irq, true);
    irq_set(&irq, false);
    end_of_interrupt();
    assert_int_equal(raises(), 1);
    irq_set(&irq, true);
    assert_int_equal(raises(), 1);
}

/* A driver of the 8259s ends the interrupt before it looks at the device. */
static void the_end_before_the_acknowledgement(void **state)
{
    (void)state;
    irq_set(&irq, true);
    assert_int_equal(raises(), 1);
    end_of_interrupt();
    assert_int_equal(raises(), 0);
    irq_set(&irq, false);
    irq_set(&irq, true);
    assert_int_equal(raises(), 1);
}

static void an_end_that_did_not_come(void **state)
{
    (void)state;
    irq_set(&irq, true);
    irq_set(&irq, false);
    irq_set(&irq, true);
    level_line_ended(&line); /* woken for nothing */
    assert_int_equal(raises(), 1);
}

static void an_edge_for_each_rise(void **state)
{
    (void)state;
    struct edge_line edge = {.gsi = 14, .fd = line.fd};
    struct irq_line pin = edge_line_irq(&edge);

    irq_set(&pin, true);
    assert_int_equal(raises(), 1);
    irq_set(&pin, true);
    irq_set(&pin, false);
    assert_int_equal(raises(), 0);
    irq_set(&pin, true);
    assert_int_equal(raises(), 1);
    assert_int_equal(edge.raised, 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_raise_for_each_interrupt),
        TEST(what_comes_in_between_waits_for_the_end),
        TEST(what_was_served_meanwhile_does_not_come_again),
        TEST(the_end_before_the_acknowledgement),
        TEST(an_end_that_did_not_come),
        TEST(an_edge_for_each_rise),
    };

    return cmocka_run_group_tests_name("interrupts", tests, NULL, NULL);
}
