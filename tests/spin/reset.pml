/* SPDX-License-Identifier: MIT */
/*
 * Reset of the chunk device with requests in flight and doorbells on their way (devices/chunk.c,
 * chunk_command.c, chunk_ring.c, worker.c): chunk_let_go() ends when no request uses guest memory any more
 * and no doorbell of before can start a command. That takes two doorbells that the device rings itself:
 * the first to be handed over may be one that was taken from the eventfd before the reset. virtio-blk
 * and the IDE channel count generations and requests in the same way, and have no such doorbell: theirs
 * makes them look, and starts nothing by itself.
 *
 * What must hold: once the driver has seen the reset end, its buffers and registers are its own; no
 * completion of before the reset is seen after it was written; no doorbell of after the end is lost.
 *
 * Mutants, each of which must fail: -DIDLE_AT_ONCE (the reset does not wait for what is in flight),
 * -DNO_GENERATION (a completion of before the reset is stored after it), -DDROP_ONE (the device rings
 * itself once), -DDROP_NONE (not at all).
 */
#define SLOTS 3 /* requests that the device has room for: the ring's two entries, and the registers' */
#define SINGLE 2

#if defined(DROP_NONE)
#define DOORBELLS_TO_DROP 0
#elif defined(DROP_ONE)
#define DOORBELLS_TO_DROP 1
#else
#define DOORBELLS_TO_DROP 2
#endif
#ifdef IDLE_AT_ONCE
#define IS_LET_GO true
#else
#define IS_LET_GO (in_flight == 0)
#endif

mtype = { IDLE, BUSY, COMPLETE };          /* status */
mtype = { FREE, SUBMITTED, DONE };         /* an entry's state */
mtype = { NONE, RESET, RING_OFF };         /* goal */
mtype = { UNUSED, RUNNING, FINISHED };     /* a request */
#define REUSED 9 /* what the driver puts into its buffers when they are its own again */

/* Guest memory */
byte buffer[2];
mtype entry[2] = FREE;
byte entry_value[2];

/* The registers. A driver may read them off the page without the lock. */
mtype status = IDLE;
byte parameter, tag, done_tag;
bool ring_bit;

/* The device's own, under its lock */
bool locked, ring_on, pending;
mtype goal = NONE;
byte generation, in_flight, doorbells_to_drop, next;
mtype request[SLOTS] = UNUSED;
byte value[SLOTS], request_generation[SLOTS];

byte counter; /* the eventfd */
bool taken;   /* the worker, or io_uring for it, has read the eventfd, and chunk_model_doorbell() is due */

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

inline clear_registers()
{
    d_step { parameter = 0; tag = 0; done_tag = 0; ring_bit = false }
}

inline released()
{
    if
    :: goal != NONE && IS_LET_GO && doorbells_to_drop == 0 ->
        if
        :: goal == RESET -> clear_registers(); goal = NONE; status = IDLE
        :: goal == RING_OFF -> goal = NONE; ring_bit = false
        fi
    :: else
    fi
}

inline let_go(wanted)
{
    goal = wanted;
    ring_on = false;
    pending = false;
    doorbells_to_drop = DOORBELLS_TO_DROP;
    if
    :: doorbells_to_drop > 0 -> counter++
    :: else
    fi;
    released()
}

/* --- the host ------------------------------------------------------------------------------------- */

/* The read of the eventfd, which gives back all that has rung and sets it to 0. There is no next one before
 * chunk_model_doorbell() has returned for this one: two doorbells would not be enough. */
active proctype eventfd_read()
{
end:
    do
    :: atomic { counter > 0 && !taken -> counter = 0; taken = true }
    od
}

/* Data comes into the buffers without the lock, in any order, at any moment. */
active proctype disk()
{
end:
    do
    :: atomic { request[0] == RUNNING -> buffer[0] = value[0]; request[0] = FINISHED }
    :: atomic { request[1] == RUNNING -> buffer[1] = value[1]; request[1] = FINISHED }
    :: atomic { request[SINGLE] == RUNNING -> buffer[0] = value[SINGLE]; request[SINGLE] = FINISHED }
    od
}

/* chunk_model_doorbell(), locked */
inline handed_over()
{
    if
    :: doorbells_to_drop > 0 ->
        doorbells_to_drop--;
        if
        :: doorbells_to_drop > 0 -> counter++
        :: else
        fi;
        released()
    :: else ->
        if
        :: ring_on || goal != NONE || pending || in_flight > 0 || (tag != 0 && tag == done_tag)
        :: else -> pending = true; status = BUSY
        fi
    fi
}

inline begin(slot, what)
{
    request_generation[slot] = generation;
    value[slot] = what;
    in_flight++;
    request[slot] = RUNNING
}

#define CAN_TAKE_ENTRY (ring_on && entry[next] == SUBMITTED && request[next] == UNUSED)
#define CAN_TAKE_SINGLE (!ring_on && pending && in_flight == 0)

/* chunk_complete(), locked */
inline complete(slot)
{
    request[slot] = UNUSED;
    in_flight--;
    if
#ifndef NO_GENERATION
    :: request_generation[slot] != generation -> skip
    :: else ->
#else
    :: true ->
#endif
        if
        :: slot == SINGLE -> status = COMPLETE; done_tag = value[slot]
        :: else -> entry[slot] = DONE
        fi
    fi;
    released()
}

active proctype worker()
{
    do
    :: true ->
end_idle:
        taken || request[0] == FINISHED || request[1] == FINISHED || request[SINGLE] == FINISHED;
        if
        :: atomic { taken && !locked -> locked = true }
            handed_over();
            taken = false;
            unlock()
        :: request[0] == FINISHED || request[1] == FINISHED || request[SINGLE] == FINISHED
        fi;
        do /* completes and submits until there is nothing left to do */
        :: request[0] == FINISHED -> lock(); complete(0); unlock()
        :: request[1] == FINISHED -> lock(); complete(1); unlock()
        :: request[SINGLE] == FINISHED -> lock(); complete(SINGLE); unlock()
        :: atomic { !locked && CAN_TAKE_ENTRY -> begin(next, entry_value[next]); next = 1 - next }
        :: atomic {
            !locked && CAN_TAKE_SINGLE ->
            assert(tag != 0 && parameter == tag); /* the driver had filled them in before it rang */
            pending = false;
            begin(SINGLE, parameter)
        }
        :: atomic {
            !locked && !CAN_TAKE_ENTRY && !CAN_TAKE_SINGLE && request[0] != FINISHED &&
            request[1] != FINISHED && request[SINGLE] != FINISHED -> break
        }
        od
    od
}

/* --- the driver ----------------------------------------------------------------------------------- */

inline ring()
{
    counter++;
    if /* twice, as a driver should not: it does no harm */
    :: counter++
    :: skip
    fi
}

/* One command through the registers, or two through the ring. */
inline submit(what)
{
    if
    :: uses_ring = false;
        lock(); parameter = what; unlock();
        lock(); tag = what; unlock()
    :: uses_ring = true;
        entry[0] = FREE;
        entry[1] = FREE;
        lock();
        if
        :: goal == NONE && !pending && in_flight == 0 ->
            d_step { next = 0; ring_on = true; ring_bit = true }
        :: else -> false /* refused: the driver goes no further */
        fi;
        unlock();
        d_step { entry_value[0] = what; entry[0] = SUBMITTED }
        d_step { entry_value[1] = what; entry[1] = SUBMITTED }
    fi;
    ring()
}

#define IS_DONE(what) (uses_ring -> (entry[0] == DONE && entry[1] == DONE) : (done_tag == what))

inline reset()
{
    lock();
    generation++;
    status = BUSY;
    clear_registers();
    let_go(RESET);
    unlock()
}

active proctype driver()
{
    bool uses_ring, is_reset;

    submit(1);
    if /* given up, whatever has become of it */
    :: true
    :: IS_DONE(1)
    fi;
    if
    :: is_reset = true
    :: uses_ring ->
        lock();
        let_go(RING_OFF);
        unlock();
        if /* and a reset, when that takes too long */
        :: is_reset = true
        :: !ring_bit
        fi
    fi;
    if
    :: is_reset ->
        reset();
        if
        :: reset()
        :: skip
        fi;
        status != BUSY;
        assert(status == IDLE && done_tag == 0)
    :: else
    fi;
    buffer[0] = REUSED;
    buffer[1] = REUSED;
    assert(buffer[0] == REUSED && buffer[1] == REUSED); /* the disk may have had its turn */
    submit(2);
    IS_DONE(2);
    assert(buffer[0] == 2 && buffer[1] == (uses_ring -> 2 : REUSED))
}
