// SPDX-License-Identifier: MIT
// The packed events of the page as columns: page_data.h has the format. A trace may have a million
// events, so there is no object for each of them, and a string is made only when it is shown.

import {Names, Reader, Strings} from "./reader.js";

const ITEM = {STRING: 0, SHAPE: 1, RUNG: 2, END: 3, EVENT: 4};
const FLAG = {WRITE: 1, PORT: 2, UNANSWERED: 4, APPROXIMATE: 8, NO_FUNCTION: 16};
const NO_FUNCTION = "pci, nobody there"; // as the summary has it
const BLOCK = 196608; // bytes that a block has at most

// enum trace_kind
export const KIND = {
    EXIT: 0, COLLECTED: 1, OTHER_EXIT: 2, DOORBELL: 3, REQUEST: 4, REQUEST_END: 5, INTERRUPT: 6,
    REGION: 7, RESET: 8, GAP: 9,
};

const NOBODY = "nobody answers"; // the lane of ports whose device has not answered so far
const MACHINE_KINDS = [KIND.REGION, KIND.RESET, KIND.GAP];
const MACHINE_LANE = "address map";
const MOST_LANES = 20; // the last one is for all devices that have none of their own

export function isRequest(kind) {
    return kind === KIND.REQUEST || kind === KIND.REQUEST_END;
}

export function isAccess(kind) {
    return kind === KIND.EXIT || kind === KIND.COLLECTED;
}

// All blocks' bytes. Each element goes when it has been read, and with it the browser's copy of its
// text.
function takeBytes(document) {
    const blocks = document.querySelectorAll("script.records");
    const bytes = new Uint8Array(blocks.length * BLOCK);
    let used = 0;
    for (const block of blocks) {
        const text = atob(block.textContent);
        block.remove();
        for (let i = 0; i < text.length; i++)
            bytes[used++] = text.charCodeAt(i);
    }
    return bytes.subarray(0, used);
}

// One lane for a bus or a controller: "pci 00:02.0" is in "pci", "ata0" in "ata".
function laneOf(device) {
    return device.split(" ")[0].replace(/^ata\d+$/, "ata");
}

// As page_overview.c has it.
function laneNumber(run, shape) {
    const name = laneOf(shape.device);
    const nobody = isAccess(shape.kind) && shape.port && shape.unanswered &&
        !run.laneNames.has(name);
    return run.laneNames.number(nobody ? NOBODY : name);
}

// The row of the table of registers, by the numbers of its texts. PCI functions that do not exist are
// one device in it.
function rowOf(run, shape, flags) {
    const {texts, rows, rowNumbers} = run;
    const device = flags & FLAG.NO_FUNCTION ? NO_FUNCTION : shape.device;
    const key = (texts.number(device) * 2 ** 26 + texts.number(shape.register)) * 2 +
        (shape.write ? 1 : 0);
    let row = rowNumbers.get(key);
    if (row === undefined) {
        row = rows.length;
        rows.push({device, register: shape.register, write: shape.write});
        rowNumbers.set(key, row);
    }
    return row;
}

function readShape(reader, run, number) {
    const kind = reader.number();
    const flags = reader.number();
    const shape = {
        number,
        kind,
        write: (flags & FLAG.WRITE) !== 0,
        port: (flags & FLAG.PORT) !== 0,
        unanswered: (flags & FLAG.UNANSWERED) !== 0,
        approximate: (flags & FLAG.APPROXIMATE) !== 0,
        size: reader.number(),
        mode: run.texts.same(run.strings.get(reader.number())),
        thread: run.texts.same(run.strings.get(reader.number())),
        device: run.texts.same(run.strings.get(reader.number())),
        register: run.texts.same(run.strings.get(reader.number())),
    };
    // What is no device's own thing gets a lane at the end.
    shape.lane = MACHINE_KINDS.includes(kind) ? -1 : laneNumber(run, shape);
    shape.row = rowOf(run, shape, flags);
    return shape;
}

const COLUMNS = {
    time: Float64Array, // ns
    duration: Float32Array, // ns
    backend: Float32Array, // ns
    shape: Uint32Array,
    where: Uint32Array, // these three: strings
    words: Uint32Array,
    address: Uint32Array,
    quantity: Float64Array,
};
const COLUMN_NAMES = Object.keys(COLUMNS);
const FIRST_ROOM = 65536; // events

function addEvent(run, event) {
    if (run.count === run.time.length)
        for (const name of COLUMN_NAMES) {
            const wider = new COLUMNS[name](2 * run.count);
            wider.set(run[name]);
            run[name] = wider;
        }
    for (const name of COLUMN_NAMES)
        run[name][run.count] = event[name];
    run.count++;
}

function addSpan(run, shape, event, begin) {
    const span = {begin, end: Infinity, device: shape.device, lane: shape.lane,
                  thread: shape.thread, index: run.count};
    run.spans.push(span);
    run.spanOf.set(run.count, span);
    addEvent(run, event);
    return span;
}

// A request is one event, at the time when it was taken, and a span from its doorbell to its end. The
// words are those of its end, once that has come; where only the end is known, it stands for both.
function takeRequest(run, open, shape, event) {
    const begin = event.time - event.duration;
    if (shape.kind === KIND.REQUEST) {
        open.set(event.quantity, addSpan(run, shape, event, begin));
        return;
    }
    let span = open.get(event.quantity);
    if (span === undefined) {
        span = addSpan(run, shape, event, begin);
    }
    span.end = event.time;
    run.words[span.index] = event.words;
    open.delete(event.quantity);
}

function readEvent(reader, run, open, shape, event) {
    event.time += reader.signed();
    event.duration = reader.number();
    event.where = reader.number();
    event.words = reader.number();
    event.address = reader.number();
    event.quantity = reader.number();
    event.backend = reader.number();
    event.shape = shape.number;
    if (isRequest(shape.kind)) {
        takeRequest(run, open, shape, event);
        return;
    }
    addEvent(run, event);
}

function readEnd(reader, run) {
    for (const name of ["end", "exits", "records", "lost", "host", "backendTotal"])
        run[name] = reader.number();
}

function readItems(reader, run) {
    const open = new Map();
    const event = {time: 0};
    while (reader.more()) {
        const item = reader.number();
        if (item >= ITEM.EVENT)
            readEvent(reader, run, open, run.shapes[item - ITEM.EVENT], event);
        else if (item === ITEM.STRING)
            run.strings.add(reader);
        else if (item === ITEM.SHAPE)
            run.shapes.push(readShape(reader, run, run.shapes.length));
        else if (item === ITEM.RUNG)
            run.rungs.push({number: reader.number(), begin: reader.number(), end: reader.number(),
                            line: run.strings.get(reader.number())});
        else
            readEnd(reader, run);
    }
}

// How long the CPU was seen in which mode: {begin, mode}, each until the next.
function findStays(run) {
    const stays = [];
    let last = "";
    for (let i = 0; i < run.count; i++) {
        const mode = run.shapes[run.shape[i]].mode;
        if (mode !== "" && mode !== last) {
            stays.push({begin: stays.length === 0 ? 0 : run.time[i], mode});
            last = mode;
        }
    }
    return stays;
}

function findGaps(run) {
    const gaps = [];
    for (let i = 0; i < run.count; i++)
        if (run.shapes[run.shape[i]].kind === KIND.GAP)
            gaps.push(i);
    return gaps;
}

function addMachineLane(run) {
    const shapes = run.shapes.filter((shape) => MACHINE_KINDS.includes(shape.kind));
    if (shapes.length === 0)
        return;
    run.lanes.push(MACHINE_LANE);
    for (const shape of shapes)
        shape.lane = run.lanes.length - 1;
}

export function readRun(document) {
    const bytes = takeBytes(document);
    const run = {
        count: 0, strings: new Strings(bytes),
        shapes: [], rungs: [], spans: [], spanOf: new Map(), laneNames: new Names(MOST_LANES),
        texts: new Names(), rows: [], rowNumbers: new Map(),
        end: 0, exits: 0, records: 0, lost: 0, host: 0, backendTotal: 0,
    };
    for (const name of COLUMN_NAMES)
        run[name] = new COLUMNS[name](FIRST_ROOM);
    readItems(new Reader(bytes), run);
    run.lanes = run.laneNames.names;
    addMachineLane(run);
    for (const span of run.spans) {
        span.open = span.end === Infinity;
        span.end = span.open ? run.end : span.end;
        run.duration[span.index] = span.end - span.begin;
    }
    run.spans.sort((a, b) => a.begin - b.begin);
    run.spans.forEach((span, number) => {
        span.number = number;
    });
    run.stays = findStays(run);
    run.gaps = findGaps(run);
    return run;
}

// "ata0 status -> 0x58 DRDY DSC DRQ"
export function lineOf(run, index) {
    const shape = run.shapes[run.shape[index]];
    const words = run.strings.get(run.words[index]);
    if (!isAccess(shape.kind))
        return `${shape.device} ${shape.register}: ${words}`;
    return `${shape.device} ${shape.register} ${shape.write ? "<-" : "->"} ${words}`;
}

// The first access of list from place at on, else that place itself: what comes and goes before the
// first one is no part of the run's story.
export function firstAccess(run, list, at = 0) {
    for (let i = at; i < list.length; i++)
        if (isAccess(run.shapes[run.shape[list[i]]].kind))
            return i;
    return at;
}

// The first place in list (indices of events, in order of time) whose event is at time or later.
export function firstAt(run, list, time) {
    let low = 0;
    let high = list.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (run.time[list[middle]] < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
