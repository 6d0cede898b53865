// SPDX-License-Identifier: MIT
// The bars of the first table, drawn anew for another scale or for fewer lines.
import {axisBottom} from "d3-axis";
import {scaleLinear, scaleLog} from "d3-scale";
import {select} from "d3-selection";

import {isMeasured, shortTime} from "./data.js";

function timesOf(line) {
    return [line.ns_min, line.ns_median, line.ns_p99].filter((ns) => ns !== null);
}

// From nanoseconds to percent. A logarithm has no zero: what is there is at the left edge.
function makeScale(lines, linear) {
    const all = lines.flatMap(timesOf).filter((ns) => ns > 0);
    const most = Math.max(...all, 1);
    if (linear)
        return scaleLinear().domain([0, most]).range([0, 100]).nice();
    const scale = scaleLog().domain([Math.min(...all, most), most * 1.0001]).range([0, 100]).nice();
    const least = scale.domain()[0];
    return Object.assign((ns) => scale(Math.max(ns, least)), scale);
}

function ticksOf(scale, linear, count) {
    return linear ? scale.ticks(count)
        : scale.ticks(10).filter((ns) => {
            const power = Math.log10(ns);
            return Math.abs(power - Math.round(power)) < 1e-9;
        });
}

function drawBar(row, line, scale) {
    const from = scale(line.ns_min), median = scale(line.ns_median);
    const to = line.ns_p99 === null ? median : scale(line.ns_p99);
    const bar = select(row).select("td.bar svg");
    bar.select("rect.range").attr("x", `${from}%`).attr("width", `${Math.max(to - from, 0)}%`);
    bar.select("line.median").attr("x1", `${median}%`).attr("x2", `${median}%`);
}

function drawAxis(axis, scale, linear) {
    const width = axis.node().parentNode.clientWidth - 13; // less the cell's padding
    if (width <= 0)
        return; // on a phone there is none
    const pixels = scale.copy().range([0, width]);
    let ticks = ticksOf(scale, linear, width / 90);
    if (ticks.length > width / 70)
        ticks = ticks.filter((tick, i) => i % 2 === 0);
    axis.selectAll("*").remove();
    axis.call(axisBottom(pixels).tickValues(ticks).tickFormat(shortTime).tickSize(0));
    axis.select(".domain").remove();
    axis.selectAll("text").attr("y", 2).attr("font-family", null).attr("font-size", null)
        .attr("text-anchor", (tick) => pixels(tick) < 12 ? "start"
            : pixels(tick) > width - 12 ? "end" : "middle");
}

export function drawLatencies(lines, choice) {
    const axis = select("#latency svg.axis").attr("font-size", null);
    const rows = [...document.querySelectorAll("#latency tr[data-line]")];

    function draw() {
        const shown = rows.filter((row) => !row.hidden && isMeasured(lines.get(row.dataset.line)));
        const linear = choice.linear;
        const scale = makeScale(shown.map((row) => lines.get(row.dataset.line)), linear);
        shown.forEach((row) => drawBar(row, lines.get(row.dataset.line), scale));
        const grid = select("#time-grid").selectAll("line").data(ticksOf(scale, linear, 6));
        grid.exit().remove();
        grid.enter().append("line").attr("y1", "0").attr("y2", "100%").merge(grid)
            .attr("x1", (tick) => `${scale(tick)}%`).attr("x2", (tick) => `${scale(tick)}%`);
        drawAxis(axis, scale, linear);
    }

    choice.changed(draw);
    window.addEventListener("resize", draw);
}
