/* SPDX-License-Identifier: MIT */
/*
 * Who wakes whom over a packed virtqueue with EVENT_IDX (VIRTIO 1.2 sections 2.8.10 and 2.8.14): as
 * event_idx.pml, which see, but whose turn it is the descriptors say, and a wish is two stores, the place
 * with its lap (off_wrap) and then the flags, which the other side reads in the opposite order, and may read
 * when only one of them has come. A lost wake-up is an invalid end state; to notify too often is no fault.
 *
 * The driver is vring_packed.c and vring.c, the device queue_packed.c and queue.c. Chains have one
 * descriptor or two, and the ring is so small that it goes round. What a chain is made of is left out:
 * it is available, or used, at once, and its first descriptor says so.
 *
 * Mutants, each of which must fail: -DNO_DRIVER_PUBLISH_BARRIER, -DNO_DRIVER_WISH_BARRIER,
 * -DNO_DEVICE_USED_BARRIER, -DNO_DEVICE_WISH_BARRIER, -DNO_DRIVER_RECHECK, -DNO_DEVICE_RECHECK, and
 * -DNO_LAPS (a place is taken for one of this lap, whatever off_wrap says).
 *
 * -DFLAGS_FIRST, the two stores the other way round, does not fail: whoever reads half of a wish has
 * shown its own store before, and the second look behind the barrier finds that.
 */
#define SIZE 3
#define CHAINS 3

#define DRIVER_BARRIER empty(driver_stores)
#define DEVICE_BARRIER empty(device_stores)

#define DISABLE 0 /* flags */
#define DESC 1
#define ENABLE 2
#define WRAP 8 /* the bit of the lap in off_wrap */

/* vring_need_event() with positions of 8 bits */
#define NEED_EVENT(event, new, old) (((new - event - 1) & 255) < ((new - old) & 255))

#ifdef NO_LAPS
#define EVENT(off_wrap, wrap) (off_wrap & 7)
#else
#define EVENT(off_wrap, wrap) ((off_wrap & 7) - ((off_wrap & WRAP) == wrap -> 0 : SIZE))
#endif

mtype = { TURN, OFF_WRAP, FLAGS };
/* A descriptor's flags */
#define AVAIL 1
#define USED 2

byte turn[SIZE];
byte length[SIZE]; /* of the chain that begins there; the device copies it, the driver remembers it */
byte driver_off_wrap, driver_flags = DISABLE;
byte device_off_wrap, device_flags = ENABLE;
chan driver_stores = [4] of { mtype, byte, byte };
chan device_stores = [4] of { mtype, byte, byte };
bool doorbell, interrupt;

active proctype driver_buffer()
{
    byte place, value;
end:
    do
    :: atomic { driver_stores ? TURN, place, value -> turn[place] = value; place = 0; value = 0 }
    :: atomic { driver_stores ? OFF_WRAP, _, value -> driver_off_wrap = value; value = 0 }
    :: atomic { driver_stores ? FLAGS, _, value -> driver_flags = value; value = 0 }
    od
}

active proctype device_buffer()
{
    byte place, value;
end:
    do
    :: atomic { device_stores ? TURN, place, value -> turn[place] = value; place = 0; value = 0 }
    :: atomic { device_stores ? OFF_WRAP, _, value -> device_off_wrap = value; value = 0 }
    :: atomic { device_stores ? FLAGS, _, value -> device_flags = value; value = 0 }
    od
}

inline step(index, wrap, entries)
{
    d_step {
        index = index + entries;
        if
        :: index >= SIZE -> index = index - SIZE; wrap = WRAP - wrap
        :: else
        fi
    }
}

inline ask(stores, index, wrap)
{
#ifdef FLAGS_FIRST
    stores ! FLAGS, 0, DESC;
    stores ! OFF_WRAP, 0, index + wrap
#else
    stores ! OFF_WRAP, 0, index + wrap;
    stores ! FLAGS, 0, DESC
#endif
}

#define IS_USED (turn[next_used] == (used_wrap == WRAP -> (AVAIL | USED) : 0))

active proctype driver()
{
    byte next_avail, avail_wrap = WRAP, next_used, used_wrap = WRAP, free = SIZE;
    byte submitted, outstanding, entries, flags, off_wrap;

    do
    :: submitted < CHAINS && free > 0 -> /* vring_packed_publish() */
        if
        :: entries = 1
        :: free >= 2 -> entries = 2
        fi;
        length[next_avail] = entries;
        driver_stores ! TURN, next_avail, (avail_wrap == WRAP -> AVAIL : USED);
        step(next_avail, avail_wrap, entries);
        free = free - entries;
        submitted++;
        outstanding++;
#ifndef NO_DRIVER_PUBLISH_BARRIER
        DRIVER_BARRIER;
#endif
        flags = device_flags;
        off_wrap = device_off_wrap;
        if
        :: flags == ENABLE ||
           (flags == DESC &&
            NEED_EVENT(EVENT(off_wrap, avail_wrap), next_avail, (next_avail - entries))) ->
            doorbell = true
        :: else
        fi;
        d_step { entries = 0; flags = 0; off_wrap = 0 }
    :: outstanding > 0 && IS_USED -> /* vring_packed_release() */
        free = free + length[next_used];
        outstanding--;
        step(next_used, used_wrap, length[next_used])
    :: outstanding > 0 && !IS_USED ->
        ask(driver_stores, next_used, used_wrap);
#ifndef NO_DRIVER_WISH_BARRIER
        DRIVER_BARRIER;
#endif
#ifdef NO_DRIVER_RECHECK
        interrupt;
        interrupt = false;
#endif
        do
        :: IS_USED -> break
        :: !IS_USED ->
            interrupt; /* sleeps until there is one */
            interrupt = false
        od;
        driver_stores ! FLAGS, 0, DISABLE
    :: submitted == CHAINS && outstanding == 0 -> break
    od
}

#define IS_AVAILABLE (turn[next_avail] == (avail_wrap == WRAP -> AVAIL : USED))

inline push()
{
    device_stores ! TURN, next_used, (used_wrap == WRAP -> (AVAIL | USED) : 0);
    entries = taken[next_used];
    step(next_used, used_wrap, entries);
    unannounced = unannounced + entries;
    in_flight--
}

active proctype device()
{
    byte next_avail, avail_wrap = WRAP, next_used, used_wrap = WRAP;
    byte taken[SIZE], in_flight, unannounced, entries, flags, off_wrap;
    bool notification = true;

    do
    :: IS_AVAILABLE -> /* virtio_queue_pop() */
        taken[next_avail] = length[next_avail];
        step(next_avail, avail_wrap, taken[next_avail]);
        in_flight++;
        if
        :: notification -> notification = false; device_stores ! FLAGS, 0, DISABLE
        :: else
        fi
    :: in_flight > 0 -> /* something is done: virtio_queue_push(), once or more */
        push();
        if
        :: true
        :: in_flight > 0 -> push()
        fi;
#ifndef NO_DEVICE_USED_BARRIER
        DEVICE_BARRIER;
#endif
        flags = driver_flags;
        off_wrap = driver_off_wrap;
        if
        :: flags == DESC &&
           NEED_EVENT(EVENT(off_wrap, used_wrap), next_used, (next_used - unannounced)) ->
            interrupt = true
        :: else
        fi;
        d_step { unannounced = 0; entries = 0; flags = 0; off_wrap = 0 }
    :: !IS_AVAILABLE -> /* virtio_queue_enable_notification() */
        if
        :: !notification -> notification = true; ask(device_stores, next_avail, avail_wrap)
        :: else
        fi;
#ifndef NO_DEVICE_WISH_BARRIER
        DEVICE_BARRIER;
#endif
        if
#ifndef NO_DEVICE_RECHECK
        :: IS_AVAILABLE
        :: !IS_AVAILABLE ->
#else
        :: true ->
#endif
end_idle:
            if /* sleeps until it rings, or something else wakes it */
            :: doorbell -> doorbell = false
            :: in_flight > 0
            fi
        fi
    od
}
