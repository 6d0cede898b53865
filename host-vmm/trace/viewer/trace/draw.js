// SPDX-License-Identifier: MIT
// The timeline's canvas. Marks that share a pixel are counted and drawn as one column, the higher
// the more they are: a picture costs one look at each event in view, and as many columns as there
// are pixels.
import {KIND, firstAt} from "./data.js";
import {firstSpan, spanTop} from "./layout.js";

const LEAST = 3; // pixels that a single mark is high
const WIDE = 3; // pixels from which on an exit's duration is drawn
const LOOK_BACK = 64; // events before the left edge whose exit may reach into view

const COLOURS = ["--ink", "--quiet", "--rule", "--paper", "--mark-read", "--mark-write",
                 "--mark-collected", "--mark-other", "--doorbell", "--interrupt", "--request",
                 "--warning", "--focus", "--mode-real16", "--mode-prot16", "--mode-prot32",
                 "--mode-long64", "--mode-compat32", "--mode-compat16", "--mode-vm86"];

export function readColours() {
    const style = getComputedStyle(document.documentElement);
    return Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(name).trim()]));
}

function drawModes(context, run, layout, x, colours) {
    const {modes} = layout;
    for (let i = 0; i < run.stays.length; i++) {
        const end = i + 1 < run.stays.length ? run.stays[i + 1].begin : run.end;
        const left = Math.max(layout.left, x(run.stays[i].begin));
        const right = Math.min(layout.right, x(end));
        if (right <= left)
            continue;
        context.fillStyle = colours[`--mode-${run.stays[i].mode}`] || colours["--rule"];
        context.fillRect(left, modes.top, Math.max(right - left, 1), modes.height);
        context.globalAlpha = 0.35;
        context.fillRect(left, layout.rungs.top, right - left, layout.height - layout.rungs.top);
        context.globalAlpha = 1;
        const name = run.stays[i].mode;
        context.fillStyle = colours["--ink"];
        if (right - left > context.measureText(name).width + 8)
            context.fillText(name, left + 4, modes.top + 14);
    }
}

// The parts of an upright line from top down: it leaves the lanes' names out.
function uprights(layout, top) {
    return [[top, layout.lanesTop],
            ...layout.lanes.map((lane) => [lane.marksTop, lane.top + lane.height])];
}

function fillUpright(context, layout, at, width) {
    for (const [top, bottom] of uprights(layout, layout.modes.top))
        context.fillRect(at, top, width, bottom - top);
}

function drawRungEnds(context, run, layout, x, colours) {
    context.strokeStyle = colours["--quiet"];
    context.setLineDash([2, 3]);
    context.beginPath();
    for (const rung of run.rungs) {
        const at = Math.round(x(rung.end)) + 0.5;
        if (at < layout.left || at > layout.right)
            continue;
        for (const [top, bottom] of uprights(layout, layout.rungs.top)) {
            context.moveTo(at, top);
            context.lineTo(at, bottom);
        }
    }
    context.stroke();
    context.setLineDash([]);
}

// Requests are drawn as spans; they are counted with nobody looking.
const COLUMN = {READ: 0, WRITE: 1, COLLECTED: 2, OTHER: 3, DOORBELL: 4, INTERRUPT: 5, REQUEST: 6};
const COLUMN_KINDS = 7;

// Where a shape's marks are counted: its lane and kind as one number
export function columnsOf(run) {
    return Uint32Array.from(run.shapes, (s) => s.lane * COLUMN_KINDS + columnOf(s));
}

function columnOf(shape) {
    switch (shape.kind) {
    case KIND.EXIT: return shape.write ? COLUMN.WRITE : COLUMN.READ;
    case KIND.COLLECTED: return COLUMN.COLLECTED;
    case KIND.DOORBELL: return COLUMN.DOORBELL;
    case KIND.INTERRUPT: return COLUMN.INTERRUPT;
    case KIND.REQUEST:
    case KIND.REQUEST_END: return COLUMN.REQUEST;
    default: return COLUMN.OTHER;
    }
}

// How many of each kind are in each pixel of each lane; exits that are wide are drawn at once,
// being few.
function countMarks(context, run, layout, x, list, colours) {
    const width = layout.right - layout.left + 1;
    const counts = new Uint32Array(layout.lanes.length * COLUMN_KINDS * width);
    const [from, to] = x.domain();
    const scale = (layout.right - layout.left) / (to - from);
    const begin = Math.max(0, firstAt(run, list, from) - LOOK_BACK);
    for (let i = begin; i < list.length && run.time[list[i]] <= to; i++) {
        const index = list[i];
        const at = Math.floor((run.time[index] - from) * scale);
        const wide = run.duration[index] * scale;
        if (wide >= WIDE)
            drawDuration(context, run, layout, index, layout.left + at, wide, colours);
        if (at >= 0 && at < width)
            counts[run.columns[run.shape[index]] * width + at]++;
    }
    return counts;
}

const DURATIONS = {[COLUMN.READ]: "--mark-read", [COLUMN.WRITE]: "--mark-write",
                   [COLUMN.OTHER]: "--mark-other"};

function drawDuration(context, run, layout, index, left, wide, colours) {
    const shape = run.shapes[run.shape[index]];
    const lane = layout.lanes[shape.lane];
    const from = Math.max(left, layout.left);
    const half = lane.marksHeight / 2;
    const column = columnOf(shape);
    if (column > COLUMN.WRITE && shape.kind !== KIND.OTHER_EXIT)
        return;
    if (left + wide <= layout.left || left >= layout.right)
        return; // a negative width would be drawn to the left, over the lanes' names
    context.globalAlpha = 0.4;
    context.fillStyle = colours[DURATIONS[column]];
    context.fillRect(from, lane.marksTop + (column === COLUMN.WRITE ? 0 : half),
                     Math.min(left + wide, layout.right) - from, half);
    context.globalAlpha = 1;
}

// Writes go up from the middle of the lane, reads down.
function drawColumns(context, layout, counts, colours) {
    const width = layout.right - layout.left + 1;
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    const heights = (half, count) => (count === 1 && most < 4
        ? half : LEAST + (half - LEAST) * Math.log1p(count) / Math.log1p(most));
    const draw = (lane, kind, colour, up) => {
        const start = (lane.lane * COLUMN_KINDS + kind) * width;
        const half = lane.marksHeight / 2;
        context.fillStyle = colours[colour];
        for (let at = 0; at < width; at++) {
            const count = counts[start + at];
            if (count === 0)
                continue;
            const height = heights(half, count);
            context.fillRect(layout.left + at, lane.marksTop + half - (up ? height : 0), 1, height);
        }
    };
    for (const lane of layout.lanes) {
        draw(lane, COLUMN.COLLECTED, "--mark-collected", true);
        draw(lane, COLUMN.WRITE, "--mark-write", true);
        draw(lane, COLUMN.READ, "--mark-read", false);
        draw(lane, COLUMN.OTHER, "--mark-other", false);
    }
}

// Doorbells point into the lane from above, interrupts out of it from below.
function drawArrows(context, layout, counts, colours) {
    const width = layout.right - layout.left + 1;
    const draw = (lane, kind, colour, tip, base) => {
        const start = (lane.lane * COLUMN_KINDS + kind) * width;
        let last = -4;
        context.fillStyle = colours[colour];
        for (let at = 0; at < width; at++) {
            if (counts[start + at] === 0 || at - last < 3)
                continue;
            const x = layout.left + at + 0.5;
            context.beginPath();
            context.moveTo(x, tip);
            context.lineTo(x - 4, base);
            context.lineTo(x + 4, base);
            context.fill();
            last = at;
        }
    };
    for (const lane of layout.lanes) {
        const bottom = lane.marksTop + lane.marksHeight;
        draw(lane, COLUMN.DOORBELL, "--doorbell", lane.marksTop + 7, lane.marksTop);
        draw(lane, COLUMN.INTERRUPT, "--interrupt", bottom - 7, bottom);
    }
}

export function longestSpan(run) {
    return run.spans.reduce((most, span) => Math.max(most, span.end - span.begin), 0);
}

function drawSpans(context, view, colours) {
    const {layout, x, longest} = view;
    const [from, to] = x.domain();
    for (const lane of layout.lanes) {
        const ends = [];
        for (let i = firstSpan(lane.spans, from, longest); i < lane.spans.length; i++) {
            const span = lane.spans[i];
            if (span.begin > to)
                break;
            const left = Math.max(layout.left, x(span.begin));
            const right = Math.max(left + 1.5, Math.min(layout.right, x(span.end)));
            // Nothing new where the row is filled already: many short requests may share a pixel.
            if (view.spans[span.number] === 0 || span.end < from || right <= (ends[span.row] || 0))
                continue;
            context.fillStyle = colours[span.open ? "--warning" : "--request"];
            context.fillRect(left, spanTop(lane, span), right - left, lane.spanHeight);
            ends[span.row] = right;
        }
    }
}

function drawLanes(context, layout, colours) {
    for (const lane of layout.lanes) {
        context.fillStyle = colours["--rule"];
        context.fillRect(0, Math.round(lane.top) - 1, layout.width, 1);
        context.globalAlpha = 0.6;
        context.fillRect(layout.left, Math.round(lane.marksTop + lane.marksHeight / 2),
                         layout.width, 0.5);
        context.globalAlpha = 1;
        context.fillStyle = colours["--ink"];
        context.fillText(lane.name, 4, layout.narrow ? lane.top + 12
            : lane.marksTop + lane.marksHeight / 2 + 4);
    }
}

function drawGaps(context, run, layout, x, colours) {
    context.fillStyle = colours["--warning"];
    for (const index of run.gaps) {
        const at = x(run.time[index]);
        if (at >= layout.left && at <= layout.right)
            fillUpright(context, layout, at - 1, 3);
    }
}

function drawSelected(context, run, layout, x, colours, selected) {
    const at = selected < 0 ? -1 : Math.floor(x(run.time[selected])) + 0.5;
    if (at < layout.left || at > layout.right)
        return;
    const lane = layout.lanes[run.shapes[run.shape[selected]].lane];
    context.strokeStyle = context.fillStyle = colours["--focus"];
    fillUpright(context, layout, at - 0.5, 1);
    const span = run.spanOf.get(selected);
    if (span !== undefined) {
        const left = Math.max(layout.left, x(span.begin));
        context.lineWidth = 2;
        context.strokeRect(left - 1, spanTop(lane, span) - 1,
                           Math.min(layout.right, x(span.end)) - left + 2, lane.spanHeight + 2);
        context.lineWidth = 1;
    } else if (lane) {
        context.lineWidth = 2;
        context.strokeRect(at - 4, lane.marksTop - 1, 8, lane.marksHeight + 2);
        context.lineWidth = 1;
    }
}

// view: {layout, x, list, spans, selected, longest}
export function drawTimeline(context, run, view, colours) {
    const {layout, x, list} = view;
    context.clearRect(0, 0, layout.width, layout.height);
    context.font = "12px system-ui, sans-serif";
    drawModes(context, run, layout, x, colours);
    drawLanes(context, layout, colours);
    drawRungEnds(context, run, layout, x, colours);
    const counts = countMarks(context, run, layout, x, list, colours);
    drawColumns(context, layout, counts, colours);
    drawSpans(context, view, colours);
    drawArrows(context, layout, counts, colours);
    drawGaps(context, run, layout, x, colours);
    drawSelected(context, run, layout, x, colours, view.selected);
}
