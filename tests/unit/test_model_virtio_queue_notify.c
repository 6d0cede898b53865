/* SPDX-License-Identifier: MIT */
/* Who tells whom, and when: EVENT_IDX, notifications off while the device works, the look after
 * they are on again; of both kinds of ring, and with a driver in a thread of its own. */
#include "test.h"

#include "fake_memory.h"
#include "guest_packed_ring.h"
#include "guest_ring.h"
#include "host-vmm/virtio/queue.h"

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#define RAM_BASE 0x100000
#define RAM_LENGTH 0x10000
#define BUFFER (RAM_BASE + 0x8000)
#define SIZE 8

#define EVENT_IDX (1ull << VIRTIO_F_EVENT_IDX)
#define PACKED (1ull << VIRTIO_F_RING_PACKED)

struct fixture {
    struct guest_memory memory;
    struct guest_ring split;
    struct guest_packed_ring packed;
    struct virtio_queue queue;
    struct virtio_chain chain;
};

static struct fixture f;

static void make_queue(uint64_t features)
{
    struct virtio_queue *q = &f.queue;

    virtio_queue_init(q, SIZE);
    f.packed.memory = NULL;
    if (features & PACKED) {
        guest_packed_init(&f.packed, &f.memory, RAM_BASE, SIZE);
        q->desc_gpa = f.packed.desc_gpa;
        q->avail_gpa = f.packed.driver_gpa;
        q->used_gpa = f.packed.device_gpa;
    } else {
        guest_ring_init(&f.split, &f.memory, RAM_BASE, SIZE);
        q->desc_gpa = f.split.desc_gpa;
        q->avail_gpa = f.split.avail_gpa;
        q->used_gpa = f.split.used_gpa;
        for (uint16_t i = 0; i < SIZE; i++)
            guest_ring_set(&f.split, i, BUFFER, 16, 0, 0);
    }
    assert_true(virtio_queue_enable(q, &f.memory, features));
}

static int start(void **state)
{
    (void)state;
    fake_memory_create(&f.memory, RAM_BASE, RAM_LENGTH);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fake_memory_destroy(&f.memory);
    return 0;
}

/* One buffer; in a split ring the head goes round with it. */
static void offer(uint16_t id)
{
    if (f.packed.memory != NULL) {
        guest_packed_add(&f.packed, BUFFER, 16, 0, id);
        guest_packed_offer(&f.packed);
    } else {
        guest_ring_offer(&f.split, id % SIZE);
    }
}

static bool pop(void)
{
    int found = virtio_queue_pop(&f.queue, &f.memory, &f.chain);

    assert_true(found >= 0);
    return found > 0;
}

static void use(void)
{
    virtio_queue_push(&f.queue, f.chain.id, f.chain.entries, 0);
}

/* --- vring_need_event() (section 2.7.10) ------------------------------------------------------ */

/* The index went from old to old + distance, one by one: is one of the steps away from event? */
static bool steps_away(uint16_t event, uint16_t old, uint16_t distance)
{
    uint16_t ahead = 0;

    /* How many steps from old it takes to stand at event */
    while ((uint16_t)(old + ahead) != event)
        ahead++;
    return ahead < distance;
}

static void need_event_at_every_distance(void **state)
{
    static const uint16_t bases[] = {0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x1234};
    static const uint16_t offsets[] = {0, 1, 2, 255, 0x7fff, 0x8000, 0xfffd, 0xfffe, 0xffff};

    (void)state;
    for (unsigned b = 0; b < sizeof bases / sizeof bases[0]; b++) {
        uint16_t old = bases[b];

        for (unsigned distance = 0; distance <= UINT16_MAX; distance++) {
            uint16_t new_idx = (uint16_t)(old + distance);

            for (unsigned o = 0; o < sizeof offsets / sizeof offsets[0]; o++) {
                /* event old + offset is stepped away from when offset < distance */
                assert_int_equal(vring_need_event((uint16_t)(old + offsets[o]), new_idx, old),
                                 offsets[o] < distance);
                /* and seen from the end: the last step is from new_idx - 1 */
                assert_int_equal(
                    vring_need_event((uint16_t)(new_idx - 1 - offsets[o]), new_idx, old),
                    offsets[o] < distance);
            }
        }
    }
}

static void need_event_at_every_event(void **state)
{
    static const uint16_t distances[] = {0, 1, 2, 3, 255, 256, 0x7fff, 0x8000, 0xfffe, 0xffff};
    static const uint16_t bases[] = {0, 0x7fff, 0xffff};

    (void)state;
    for (unsigned b = 0; b < sizeof bases / sizeof bases[0]; b++)
        for (unsigned d = 0; d < sizeof distances / sizeof distances[0]; d++)
            for (unsigned event = 0; event <= UINT16_MAX; event++)
                assert_int_equal(vring_need_event((uint16_t)event,
                                                  (uint16_t)(bases[b] + distances[d]), bases[b]),
                                 (uint16_t)(event - bases[b]) < distances[d]);
    for (uint16_t event = 0; event < 300; event++) /* and by walking */
        assert_int_equal(vring_need_event(event, 200, 100), steps_away(event, 100, 100));
}

/* --- interrupts ------------------------------------------------------------------------------- */

/* The driver wants to hear of every nth used buffer and gets exactly those, for laps of the
 * index. */
static void split_interrupts_at_used_event(void **state)
{
    (void)state;
    make_queue(EVENT_IDX);
    f.split.avail->flags = VIRTQ_AVAIL_F_NO_INTERRUPT; /* does not count now (section 2.7.7.2) */
    for (unsigned i = 0; i < 3 * 65536; i++) {
        volatile uint16_t *used_event = (void *)&f.split.avail->ring[SIZE];

        if (i % 5 == 0)
            *used_event = (uint16_t)(i + 3);
        offer((uint16_t)i);
        assert_true(pop());
        use();
        assert_int_equal(virtio_queue_wants_interrupt(&f.queue), i % 5 == 3);
    }
}

/* Several used before the question: any of them counts. */
static void split_interrupt_for_a_batch(void **state)
{
    volatile uint16_t *used_event;

    (void)state;
    make_queue(EVENT_IDX);
    used_event = (void *)&f.split.avail->ring[SIZE];
    for (unsigned event = 0; event < 6; event++) {
        uint16_t old = f.split.used->idx;

        *used_event = (uint16_t)(old + event);
        for (uint16_t i = 0; i < 4; i++) {
            offer((uint16_t)(old + i));
            assert_true(pop());
            use();
        }
        assert_int_equal(virtio_queue_wants_interrupt(&f.queue), event < 4);
        assert_false(virtio_queue_wants_interrupt(&f.queue));
    }
}

/* The same on a packed ring: places are offsets in a lap. */
static void packed_interrupts_at_the_descriptor(void **state)
{
    (void)state;
    make_queue(PACKED | EVENT_IDX);
    for (unsigned i = 0; i < 1000; i++) {
        unsigned at = i + 3;

        if (i % 5 == 0) {
            f.packed.driver_event->off_wrap =
                (uint16_t)(at % SIZE | (at / SIZE % 2 == 0 ? VRING_PACKED_EVENT_WRAP : 0));
            f.packed.driver_event->flags = VRING_PACKED_EVENT_DESC;
        }
        offer((uint16_t)i);
        assert_true(pop());
        use();
        assert_int_equal(virtio_queue_wants_interrupt(&f.queue), i % 5 == 3);
    }
}

static void packed_interrupt_flags(void **state)
{
    static const struct {
        uint16_t flags;
        bool wanted;
    } cases[] = {
        {VRING_PACKED_EVENT_ENABLE, true},
        {VRING_PACKED_EVENT_DISABLE, false},
        {VRING_PACKED_EVENT_DESC, true}, /* was not agreed on */
        {3, true},
        {0xffff, true},
    };

    (void)state;
    make_queue(PACKED);
    assert_false(virtio_queue_wants_interrupt(&f.queue)); /* nothing was used */
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        f.packed.driver_event->flags = cases[i].flags;
        offer(0);
        assert_true(pop());
        use();
        assert_int_equal(virtio_queue_wants_interrupt(&f.queue), cases[i].wanted);
        assert_false(virtio_queue_wants_interrupt(&f.queue));
    }
}

/* A chain that takes several places, one of which is the event: 2, 5, 0, 3, 6, 1, 4, 7 ... */
static void packed_interrupt_within_a_chain(void **state)
{
    uint16_t position = 0;
    bool wrap = true;

    (void)state;
    make_queue(PACKED | EVENT_IDX);
    for (unsigned i = 0; i < 100; i++) {
        for (unsigned event = 0; event < SIZE; event++) {
            unsigned at = position + event;
            bool event_wrap = at >= SIZE ? !wrap : wrap;

            f.packed.driver_event->off_wrap =
                (uint16_t)(at % SIZE | (event_wrap ? VRING_PACKED_EVENT_WRAP : 0));
            f.packed.driver_event->flags = VRING_PACKED_EVENT_DESC;
            for (unsigned k = 0; k < 3; k++)
                guest_packed_add(&f.packed, BUFFER, 16, k < 2 ? VIRTQ_DESC_F_NEXT : 0, 0);
            guest_packed_offer(&f.packed);
            assert_true(pop());
            use();
            assert_int_equal(virtio_queue_wants_interrupt(&f.queue), event < 3);
            position = (uint16_t)(position + 3);
            wrap = position >= SIZE ? !wrap : wrap;
            position %= SIZE;
        }
    }
}

/* --- notifications ---------------------------------------------------------------------------- */

static void split_flag(void **state)
{
    (void)state;
    make_queue(0);
    assert_int_equal(f.split.used->flags, 0);
    offer(0);
    assert_true(pop());
    assert_int_equal(f.split.used->flags, VIRTQ_USED_F_NO_NOTIFY);
    assert_false(virtio_queue_enable_notification(&f.queue));
    assert_int_equal(f.split.used->flags, 0);
    offer(1);
    assert_true(virtio_queue_enable_notification(&f.queue)); /* it came before */
}

static void split_avail_event(void **state)
{
    const volatile uint16_t *avail_event;

    (void)state;
    make_queue(EVENT_IDX);
    avail_event = (const void *)&f.split.used->ring[SIZE];
    assert_int_equal(*avail_event, 0);
    for (uint16_t i = 0; i < 3; i++) {
        offer(i);
        assert_true(pop());
        assert_int_equal(*avail_event, 0);
    }
    assert_int_equal(f.split.used->flags, 0); /* must stay so (section 2.7.10.2) */
    assert_false(virtio_queue_enable_notification(&f.queue));
    assert_int_equal(*avail_event, 3);
    assert_true(vring_need_event(*avail_event, 4, 3)); /* the next one rings */
    offer(3);
    assert_true(virtio_queue_enable_notification(&f.queue));
}

static void packed_device_event(void **state)
{
    const struct vring_packed_event *event;

    (void)state;
    make_queue(PACKED);
    event = f.packed.device_event;
    offer(0);
    assert_true(pop());
    assert_int_equal(event->flags, VRING_PACKED_EVENT_DISABLE);
    assert_false(virtio_queue_enable_notification(&f.queue));
    assert_int_equal(event->flags, VRING_PACKED_EVENT_ENABLE);
    offer(1);
    assert_true(virtio_queue_enable_notification(&f.queue));

    make_queue(PACKED | EVENT_IDX);
    for (unsigned i = 1; i < 40; i++) {
        offer((uint16_t)i);
        assert_true(pop());
        assert_int_equal(event->flags, VRING_PACKED_EVENT_DISABLE);
        use();
        assert_false(virtio_queue_enable_notification(&f.queue));
        assert_int_equal(event->flags, VRING_PACKED_EVENT_DESC);
        assert_int_equal(event->off_wrap,
                         i % SIZE | (i / SIZE % 2 == 0 ? VRING_PACKED_EVENT_WRAP : 0));
    }
}

/* --- both sides at once ----------------------------------------------------------------------- */

#define ROUNDS 100000
#define PATIENCE_S 10

static sem_t doorbell;
static bool event_idx;
static volatile bool gave_up; /* either side waited too long */

/* What a driver does after it has made buffer number old available: full barrier, look. */
static bool must_notify(uint16_t old)
{
    uint16_t new_idx = (uint16_t)(old + 1);

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (f.packed.memory != NULL) {
        uint16_t flags = __atomic_load_n(&f.packed.device_event->flags, __ATOMIC_ACQUIRE);
        uint16_t off_wrap = __atomic_load_n(&f.packed.device_event->off_wrap, __ATOMIC_RELAXED);
        uint16_t event = off_wrap & (uint16_t)~VRING_PACKED_EVENT_WRAP;

        if (flags != VRING_PACKED_EVENT_DESC)
            return flags == VRING_PACKED_EVENT_ENABLE;
        if (((off_wrap & VRING_PACKED_EVENT_WRAP) != 0) != f.packed.wrap)
            event = (uint16_t)(event - SIZE);
        return vring_need_event(event, f.packed.next, (uint16_t)(f.packed.next - 1));
    }
    if (event_idx)
        return vring_need_event(
            __atomic_load_n((uint16_t *)(void *)&f.split.used->ring[SIZE], __ATOMIC_RELAXED),
            new_idx, old);
    return __atomic_load_n(&f.split.used->flags, __ATOMIC_RELAXED) == 0;
}

static bool is_used(uint16_t round)
{
    struct vring_packed_desc used;

    if (f.packed.memory == NULL)
        return __atomic_load_n(&f.split.used->idx, __ATOMIC_ACQUIRE) == (uint16_t)(round + 1);
    if (!guest_packed_used(&f.packed, &used))
        return false;
    guest_packed_skip(&f.packed, 1);
    return true;
}

/* One buffer at a time, and rings only when it must: a lost notification stops it for good. */
static void *driver(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < ROUNDS && !gave_up; i++) {
        time_t end = time(NULL) + PATIENCE_S;

        if (f.packed.memory != NULL) {
            offer((uint16_t)i);
        } else {
            f.split.avail->ring[i % SIZE] = (uint16_t)(i % SIZE);
            __atomic_store_n(&f.split.avail->idx, (uint16_t)(i + 1), __ATOMIC_RELEASE);
        }
        if (must_notify((uint16_t)i))
            sem_post(&doorbell);
        for (unsigned spin = 0; !is_used((uint16_t)i); spin++) {
            if (spin % 1024 != 1023)
                continue;
            sched_yield();
            if (time(NULL) > end) {
                gave_up = true;
                break;
            }
        }
    }
    return NULL;
}

static void both_sides(uint64_t features)
{
    pthread_t thread;
    unsigned served = 0;

    gave_up = false;
    event_idx = (features & EVENT_IDX) != 0;
    make_queue(features);
    sem_init(&doorbell, 0, 0);
    pthread_create(&thread, NULL, driver, NULL);
    while (served < ROUNDS) {
        struct timespec end;

        if (pop()) {
            use();
            served++;
            continue;
        }
        if (virtio_queue_enable_notification(&f.queue))
            continue;
        clock_gettime(CLOCK_REALTIME, &end);
        end.tv_sec += PATIENCE_S;
        if (sem_timedwait(&doorbell, &end) != 0) {
            gave_up = true;
            break;
        }
    }
    pthread_join(thread, NULL);
    sem_destroy(&doorbell);
    assert_int_equal(served, ROUNDS);
    assert_false(gave_up);
}

static void no_notification_is_lost(void **state)
{
    (void)state;
    both_sides(0);
    both_sides(EVENT_IDX);
    both_sides(PACKED);
    both_sides(PACKED | EVENT_IDX);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(need_event_at_every_distance),
        TEST(need_event_at_every_event),
        TEST(split_interrupts_at_used_event),
        TEST(split_interrupt_for_a_batch),
        TEST(packed_interrupts_at_the_descriptor),
        TEST(packed_interrupt_flags),
        TEST(packed_interrupt_within_a_chain),
        TEST(split_flag),
        TEST(split_avail_event),
        TEST(packed_device_event),
        TEST(no_notification_is_lost),
    };

    return cmocka_run_group_tests_name("virtio queue notifications", tests, NULL, NULL);
}
