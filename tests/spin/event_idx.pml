/* SPDX-License-Identifier: MIT */
/*
 * Who wakes whom over a split virtqueue (VIRTIO 1.2 sections 2.7.7 and 2.7.10), with EVENT_IDX or, with
 * -DFLAGS_ONLY, without: a driver that sleeps until an interrupt, a device that sleeps until a doorbell or
 * until something in flight is done, and stores that become visible late. A lost wake-up is a state in
 * which nobody can go on, which spin reports as an invalid end state. To notify too often is no fault
 * here: each side looks again before it sleeps on.
 *
 * The driver is vring_split.c and vring.c, waiting as virtio/blk.c's await() does; the device is
 * queue_split.c and queue.c, which may announce several used entries at once (q->unannounced).
 *
 * x86 lets a store wait in the CPU's own buffer while later loads go ahead: each side has such a buffer,
 * emptied in order by a process of its own. A barrier waits until one's own buffer is empty.
 *
 * Mutants, each of which must fail: one for each barrier,
 * -DNO_DRIVER_PUBLISH_BARRIER: vring_split_publish(), between avail.idx and the device's wish
 * -DNO_DRIVER_WISH_BARRIER: vring_set_interrupts(), between the driver's wish and used.idx
 * -DNO_DEVICE_USED_BARRIER: virtio_queue_wants_interrupt(), between used.idx and the driver's wish
 * -DNO_DEVICE_WISH_BARRIER: virtio_queue_enable_notification(), between the device's wish and avail.idx
 * and one for each second look before sleeping, -DNO_DRIVER_RECHECK and -DNO_DEVICE_RECHECK.
 */
#define REQUESTS 3
#define START 254 /* the indices wrap on the way */

#define DRIVER_BARRIER empty(driver_stores)
#define DEVICE_BARRIER empty(device_stores)

/* vring_need_event() with indices of 8 bits */
#define NEED_EVENT(event, new, old) (((new - event - 1) & 255) < ((new - old) & 255))

/* What each side writes as its wish: a place, or a flag, which says no. */
#ifdef FLAGS_ONLY
#define DRIVER_ON 0
#define DRIVER_OFF 1
#define DEVICE_ON 0
#define DEVICE_OFF 1
#define DEVICE_WISH_AT_FIRST 0
#define DRIVER_WISH_AT_FIRST 1
#define DOORBELL_WANTED (device_wish == 0)
#define INTERRUPT_WANTED (driver_wish == 0)
#else
#define DRIVER_ON last_used
#define DRIVER_OFF ((last_used - 1) & 255)
#define DEVICE_ON next
#define DEVICE_WISH_AT_FIRST START
#define DRIVER_WISH_AT_FIRST (START - 1)
#define DOORBELL_WANTED NEED_EVENT(device_wish, idx, before)
#define INTERRUPT_WANTED NEED_EVENT(driver_wish, used, ((used - unannounced) & 255))
#endif

mtype = { INDEX, WISH };

byte avail_idx = START, device_wish = DEVICE_WISH_AT_FIRST; /* as in memory */
byte used_idx = START, driver_wish = DRIVER_WISH_AT_FIRST;
chan driver_stores = [3] of { mtype, byte };
chan device_stores = [3] of { mtype, byte };
bool doorbell, interrupt;

active proctype driver_buffer()
{
    byte value;
end:
    do
    :: atomic { driver_stores ? INDEX, value -> avail_idx = value }
    :: atomic { driver_stores ? WISH, value -> driver_wish = value }
    od
}

active proctype device_buffer()
{
    byte value;
end:
    do
    :: atomic { device_stores ? INDEX, value -> used_idx = value }
    :: atomic { device_stores ? WISH, value -> device_wish = value }
    od
}

active proctype driver()
{
    byte idx = START, before, last_used = START, submitted;

    do
    :: submitted < REQUESTS ->
        before = idx;
        if /* one at a time, or a batch of two */
        :: idx = idx + 1; submitted = submitted + 1
        :: submitted + 2 <= REQUESTS -> idx = idx + 2; submitted = submitted + 2
        fi;
        driver_stores ! INDEX, idx;
#ifndef NO_DRIVER_PUBLISH_BARRIER
        DRIVER_BARRIER;
#endif
        if
        :: DOORBELL_WANTED -> doorbell = true
        :: else
        fi
    :: last_used != idx && used_idx != last_used -> /* vring_split_release() */
        last_used = last_used + 1;
#ifndef FLAGS_ONLY
        driver_stores ! WISH, DRIVER_OFF
#endif
    :: last_used != idx && used_idx == last_used ->
        driver_stores ! WISH, DRIVER_ON;
#ifndef NO_DRIVER_WISH_BARRIER
        DRIVER_BARRIER;
#endif
#ifdef NO_DRIVER_RECHECK
        interrupt;
        interrupt = false;
#endif
        do
        :: used_idx != last_used -> break
        :: used_idx == last_used ->
            interrupt; /* sleeps until there is one */
            interrupt = false
        od;
        driver_stores ! WISH, DRIVER_OFF
    :: submitted == REQUESTS && last_used == idx -> break
    od
}

active proctype device()
{
    byte next = START, used = START, unannounced;
    bool notification = true;

    do
    :: avail_idx != next -> /* virtio_queue_pop() */
        next = next + 1;
#ifdef FLAGS_ONLY
        if
        :: notification -> device_stores ! WISH, DEVICE_OFF
        :: else
        fi;
#endif
        notification = false
    :: used != next -> /* something in flight is done: virtio_queue_push(), once or more */
        used = used + 1;
        unannounced = unannounced + 1;
        device_stores ! INDEX, used;
        if
        :: true
        :: used != next -> used = used + 1; unannounced = unannounced + 1; device_stores ! INDEX, used
        fi;
#ifndef NO_DEVICE_USED_BARRIER
        DEVICE_BARRIER;
#endif
        if
        :: INTERRUPT_WANTED -> interrupt = true
        :: else
        fi;
        unannounced = 0
    :: avail_idx == next -> /* virtio_queue_enable_notification() */
        if
        :: !notification -> notification = true; device_stores ! WISH, DEVICE_ON
        :: else
        fi;
#ifndef NO_DEVICE_WISH_BARRIER
        DEVICE_BARRIER;
#endif
        if
#ifndef NO_DEVICE_RECHECK
        :: avail_idx != next
        :: avail_idx == next ->
#else
        :: true ->
#endif
end_idle:
            if /* sleeps until it rings, or something else wakes it */
            :: doorbell -> doorbell = false
            :: used != next
            fi
        fi
    od
}
