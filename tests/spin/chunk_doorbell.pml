/* SPDX-License-Identifier: MIT */
/*
 * The chunk device's doorbell and status protocol in shadow mode: parameters and tag are writes that KVM
 * collects in a ring, the doorbell is an eventfd, the worker's results are stores into a page that the
 * driver reads. The driver may see each of them late, but in order.
 *
 * What must hold: when done_tag is the tag, status and result are those of this command; and every
 * command ends.
 *
 * Mutants, each of which must fail: -DWAIT_FOR_STATUS (the previous COMPLETE still stands),
 * -DDONE_TAG_FIRST (done_tag before the result), -DNO_DRAIN (the worker does not empty the ring before it
 * looks at the registers).
 */
#define COMMANDS 3

mtype = { PARAMETER, TAG, STATUS, RESULT, DONE_TAG };

#define IDLE 0
#define BUSY 1
#define COMPLETE 2

chan collected = [2] of { mtype, byte }; /* KVM's ring; a full one means an exit, which empties it */
byte parameter, tag;                     /* the device's registers */
chan device_stores = [3] of { mtype, byte };
byte status = IDLE, result, done_tag; /* the page */
bool doorbell;

inline hand_on()
{
    if
    :: collected ? PARAMETER, value -> parameter = value
    :: collected ? TAG, value -> tag = value
    fi
}

/* The tick, and exits for other reasons, empty the ring whenever they like. */
active proctype tick()
{
    byte value;
end:
    do
    :: atomic { nempty(collected) -> hand_on() }
    od
}

active proctype device_buffer()
{
    byte value;
end:
    do
    :: atomic { device_stores ? STATUS, value -> status = value }
    :: atomic { device_stores ? RESULT, value -> result = value }
    :: atomic { device_stores ? DONE_TAG, value -> done_tag = value }
    od
}

active proctype worker()
{
    byte value, own_done_tag, flight_tag, flight_parameter;

    do
    :: true ->
end_idle:
        doorbell;
        doorbell = false;
#ifndef NO_DRAIN
        atomic {
            do
            :: nempty(collected) -> hand_on()
            :: empty(collected) -> break
            od
        }
#endif
        atomic { flight_tag = tag; flight_parameter = parameter }
        if
        :: flight_tag == own_done_tag -> skip /* ignored, and counted */
        :: else ->
            device_stores ! STATUS, BUSY;
#ifdef DONE_TAG_FIRST
            device_stores ! DONE_TAG, flight_tag;
            device_stores ! RESULT, flight_parameter;
            device_stores ! STATUS, COMPLETE;
#else
            device_stores ! RESULT, flight_parameter;
            device_stores ! STATUS, COMPLETE;
            device_stores ! DONE_TAG, flight_tag;
#endif
            own_done_tag = flight_tag
        fi
    od
}

active proctype driver()
{
    byte command;

    do
    :: command < COMMANDS ->
        command = command + 1;
        collected ! PARAMETER, command;
        collected ! TAG, command;
        doorbell = true;
        if /* rung twice, as a driver should not: it does no harm */
        :: doorbell = true
        :: skip
        fi;
#ifdef WAIT_FOR_STATUS
        status == COMPLETE;
#else
        done_tag == command;
#endif
        assert(status == COMPLETE);
        assert(result == command)
    :: command == COMMANDS -> break
    od
}
