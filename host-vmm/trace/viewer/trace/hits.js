// SPDX-License-Identifier: MIT
// What is under a point of the timeline, as lines of text, and which mark is nearest.
import {firstAt, isRequest, lineOf} from "./data.js";
import {firstSpan, laneAt, spanTop} from "./layout.js";
import {formatDuration, formatMany, formatTime} from "./format.js";

const REACH = 3; // pixels to either side
const LISTED = 6;
const LOOK_BACK = 64;

function stayAt(run, time) {
    let found = null;
    for (const stay of run.stays)
        if (stay.begin <= time)
            found = stay;
    return found === null ? [] : [`CPU mode: ${found.mode}`];
}

function spanAt(run, view, lane, px, y) {
    const from = view.x.invert(px - REACH);
    const to = view.x.invert(px + REACH);
    for (let i = firstSpan(lane.spans, from, view.longest); i < lane.spans.length; i++) {
        const span = lane.spans[i];
        const top = spanTop(lane, span);
        if (span.begin > to)
            break;
        if (view.spans[span.number] === 1 && span.end >= from &&
            y >= top - 1 && y <= top + lane.spanHeight + 1)
            return {lines: [lineOf(run, span.index),
                            `${formatTime(span.begin)}, ${span.open ? "not ended" : "took " +
                             formatDuration(span.end - span.begin)}, ${span.thread}`],
                    nearest: span.index};
    }
    return {lines: [], nearest: -1};
}

// {count, nearest, indices: the first few}
function marksNear(run, view, lane, px) {
    const from = view.x.invert(px - REACH);
    const to = view.x.invert(px + REACH);
    const middle = view.x.invert(px);
    const found = {count: 0, nearest: -1, indices: []};
    let distance = Infinity;
    for (let i = firstAt(run, view.list, from); i < view.list.length; i++) {
        const index = view.list[i];
        if (run.time[index] > to)
            break;
        const shape = run.shapes[run.shape[index]];
        if (shape.lane !== lane || isRequest(shape.kind))
            continue;
        found.count++;
        if (found.indices.length < LISTED)
            found.indices.push(index);
        const off = Math.abs(run.time[index] - middle);
        if (off < distance) {
            distance = off;
            found.nearest = index;
        }
    }
    return found;
}

// An exit that takes long enough to be seen as long is under all of its length.
function markOver(run, view, lane, time) {
    const last = firstAt(run, view.list, time) - 1;
    for (let i = last; i >= 0 && i > last - LOOK_BACK; i--) {
        const index = view.list[i];
        const shape = run.shapes[run.shape[index]];
        if (run.time[index] + run.duration[index] >= time && shape.lane === lane &&
            !isRequest(shape.kind))
            return {count: 1, nearest: index, indices: [index]};
    }
    return {count: 0, nearest: -1, indices: []};
}

function describeMarks(run, view, found) {
    if (found.count === 0)
        return [];
    const lines = found.indices.map((index) => lineOf(run, index));
    if (found.count === 1) {
        const shape = run.shapes[run.shape[found.nearest]];
        const mode = shape.mode === "" ? "" : `, ${shape.mode}`;
        const where = run.strings.get(run.where[found.nearest]);
        const time = `${shape.approximate ? "~" : ""}${formatTime(run.time[found.nearest])}`;
        return [...lines, `${time}${mode}${where === "" ? "" : `, ${where}`}`];
    }
    const width = formatDuration(view.x.invert(2 * REACH + 1) - view.x.invert(0));
    if (found.count > lines.length)
        lines.push(`and ${formatMany(found.count - lines.length, "more", "more")}`);
    return [`${formatMany(found.count, "mark", "marks")} within ${width}:`, ...lines];
}

// {lines, nearest}: what is at pixel (px, py).
export function hitAt(run, view, px, py) {
    const {layout, x} = view;
    const nothing = {lines: [], nearest: -1};
    const time = x.invert(px);
    if (px < layout.left || px > layout.right || time < 0 || time > run.end)
        return nothing;
    if (py >= layout.modes.top && py < layout.modes.top + layout.modes.height)
        return {lines: stayAt(run, time), nearest: -1};
    if (py >= layout.rungs.top && py < layout.rungs.top + layout.rungs.height) {
        const rung = run.rungs.find((r) => time >= r.begin && time < r.end);
        return rung ? {lines: [rung.line, `took ${formatDuration(rung.end - rung.begin)}`],
                       nearest: -1} : nothing;
    }
    const lane = laneAt(layout, py);
    if (lane === undefined)
        return nothing;
    if (py >= lane.spansTop && lane.spans.length > 0)
        return spanAt(run, view, lane, px, py);
    let found = marksNear(run, view, lane.lane, px);
    if (found.count === 0)
        found = markOver(run, view, lane.lane, time);
    return {lines: describeMarks(run, view, found), nearest: found.nearest};
}
