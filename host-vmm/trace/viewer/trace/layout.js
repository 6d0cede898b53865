// SPDX-License-Identifier: MIT
// Where everything of the timeline is, for a given width: the rows from top to bottom.

export const AXIS = 22;
const MODES = 20;
const RUNGS = 34;
const LANE = {wide: 34, narrow: 48}; // narrow: the name is above the marks
const NAME = {wide: 0, narrow: 17};
const SPAN = 8; // one of the rows that requests of a device take
const SPAN_ROWS = 4;
const NARROW = 640;

// Requests that overlap are in rows below each other; where there are more at once, they share the
// last one.
function placeSpans(run) {
    const ends = run.lanes.map(() => []);
    for (const span of run.spans) {
        const rows = ends[span.lane];
        let row = rows.findIndex((end) => end <= span.begin);
        if (row < 0)
            row = rows.length < SPAN_ROWS ? rows.length : SPAN_ROWS - 1;
        rows[row] = Math.max(rows[row] || 0, span.end);
        span.row = row;
    }
    return ends.map((rows) => rows.length);
}

export function createLayout(run) {
    const spanRows = placeSpans(run);
    const spansOf = run.lanes.map((_, lane) => run.spans.filter((span) => span.lane === lane));
    return (width) => {
        const size = width < NARROW ? "narrow" : "wide";
        const layout = {
            width, narrow: size === "narrow", left: size === "narrow" ? 0 : 116, right: width - 1,
            modes: {top: AXIS, height: MODES},
            rungs: {top: AXIS + MODES, height: run.rungs.length > 0 ? RUNGS : 0},
        };
        let top = layout.rungs.top + layout.rungs.height + 4;
        layout.lanesTop = top;
        layout.lanes = run.lanes.map((name, lane) => {
            const marksTop = top + NAME[size];
            const marksHeight = LANE[size] - NAME[size] - 4;
            const spansTop = marksTop + marksHeight + 1;
            const height = LANE[size] + (spanRows[lane] > 0 ? spanRows[lane] * SPAN + 4 : 0);
            const made = {name, lane, top, height, marksTop, marksHeight, spansTop,
                          spans: spansOf[lane], spanHeight: SPAN - 1};
            top += height;
            return made;
        });
        layout.height = top + 2;
        return layout;
    };
}

export function laneAt(layout, y) {
    return layout.lanes.find((lane) => y >= lane.top && y < lane.top + lane.height);
}

export function spanTop(lane, span) {
    return lane.spansTop + span.row * SPAN;
}

// The first of spans (in order of their begin) that may reach beyond time: those before it have
// ended, because longest is the longest of them.
export function firstSpan(spans, time, longest) {
    let low = 0;
    let high = spans.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (spans[middle].begin < time - longest)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
