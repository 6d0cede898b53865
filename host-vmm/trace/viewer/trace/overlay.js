// SPDX-License-Identifier: MIT
// The timeline's SVG, above the canvas: the axis, and the rungs as bands with their numbers and
// lines.
import {axisTop} from "d3-axis";
import {select} from "d3-selection";
import {axisFormat} from "./format.js";
import {AXIS} from "./layout.js";

const TICK = 110; // pixels between two marks of the axis, about
const NUMBER_FITS = 8; // pixels of a band's width
const LINE_FITS = 90;
const COPY_FITS = 44;

// A copy has no number, and a short line.
function fits(rung) {
    return rung.number > 0 ? LINE_FITS : COPY_FITS;
}

function drawAxis(group, layout, x) {
    const ticks = Math.max(2, Math.floor((layout.right - layout.left) / TICK));
    const values = x.ticks(ticks);
    const step = values.length > 1 ? values[1] - values[0] : x.domain()[1] || 1;
    group.attr("transform", `translate(0,${AXIS})`)
        .call(axisTop(x).tickValues(values).tickFormat(axisFormat(step)).tickSizeOuter(0));
    // The marks at the ends keep inside.
    group.selectAll(".tick text").attr("text-anchor", (value) => {
        const at = x(value);
        return at < layout.left + 24 ? "start" : at > layout.right - 24 ? "end" : "middle";
    });
}

function bandsInView(run, layout, x) {
    return run.rungs.map((rung) => {
        const left = Math.max(layout.left, x(rung.begin));
        return {rung, left, width: Math.min(layout.right, x(rung.end)) - left};
    }).filter((band) => band.width >= 0.5);
}

// A nested SVG for each band clips its line.
function drawRungs(group, run, layout, x) {
    const {top, height} = layout.rungs;
    const bands = bandsInView(run, layout, x);
    const joined = group.selectAll("svg.band").data(bands, (b) => b.rung.begin);
    const made = joined.enter().append("svg").attr("class", "band");
    made.append("rect").attr("width", "100%").attr("height", height - 2);
    made.append("text").attr("class", "number").attr("y", 22);
    made.append("text").attr("class", "line").attr("y", 21);
    joined.exit().remove();
    const all = made.merge(joined);
    all.attr("x", (b) => b.left).attr("y", top)
        .attr("width", (b) => b.width).attr("height", height);
    all.select("text.number").attr("x", (b) => Math.min(8, b.width / 2 - 4))
        .text((b) => (b.width >= NUMBER_FITS && b.rung.number > 0 ? b.rung.number : ""));
    all.select("text.line").attr("x", (b) => (b.rung.number > 0 ? 26 : 8))
        .text((b) => (b.width > fits(b.rung) ? b.rung.line.replace(/^rung \d+ /, "") : ""));
}

// Returns a function that draws.
export function createOverlay(run, node) {
    const svg = select(node).attr("aria-hidden", "true");
    const rungs = svg.append("g").attr("class", "rungs");
    const axis = svg.append("g").attr("class", "axis");
    return (layout, x) => {
        drawAxis(axis, layout, x);
        drawRungs(rungs, run, layout, x);
    };
}
