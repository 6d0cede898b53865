// SPDX-License-Identifier: MIT
// How fast bytes move against the size of a request: the chosen mechanisms, and the host itself to
// compare them with.
import {axisBottom, axisLeft} from "d3-axis";
import {scaleLinear, scaleLog} from "d3-scale";
import {event, mouse, select} from "d3-selection";
import {line as lineOf} from "d3-shape";

import {HOST, exact, manyDepth, ratesOf, sizeName} from "./data.js";

const COLORS = 8;
const INSET = 12; // of the first and last points
const MARGIN = {top: 12, right: 28, bottom: 44, left: 64};
// Shown as long as nothing has been chosen: one of each kind
const FIRST = ["ata pio", "ata dma", "chunk trap", "chunk ring",
    "virtio-blk split, indirect, event_idx", "virtio-blk packed"];

function makeTools(many) {
    const tools = document.createElement("div");
    tools.className = "chart-tools";
    tools.innerHTML = `<label>Direction <select id="direction"><option value="read">reading</option>
        <option value="write">writing</option></select></label>
        <label>In flight <select id="depth"><option value="1">one</option></select></label>`;
    const depth = tools.querySelector("#depth");
    if (many)
        depth.add(new Option(many, many));
    return tools;
}

function seriesOf(lines, choice, direction, depth) {
    const has = (name) => lines.has(name) && ratesOf(lines.get(name), direction, depth).length > 0;
    let names = [...choice.chosen].filter((name) => name !== HOST && has(name));
    if (names.length === 0)
        names = FIRST.filter(has);
    if (names.length === 0)
        names = [...lines.keys()].filter((name) => name !== HOST && has(name)).slice(0, COLORS);
    const series = names.map((name, i) => ({
        name,
        color: `var(--series-${i % COLORS})`,
        points: ratesOf(lines.get(name), direction, depth),
    }));
    // The host's pread has one at a time: the same to compare with, however many are in flight.
    const host = lines.has(HOST) ? ratesOf(lines.get(HOST), direction, "1") : [];
    if (host.length > 0)
        series.push({name: HOST, color: "var(--quiet)", points: host, isHost: true});
    return series;
}

function makeScales(series, linear, width, height) {
    const points = series.flatMap((s) => s.points);
    const sizes = points.map((p) => p[0]), rates = points.map((p) => p[1]);
    const x = scaleLog().base(2).domain([Math.min(...sizes), Math.max(...sizes) * 1.0001])
        .range([MARGIN.left + INSET, width - MARGIN.right - INSET]);
    const y = linear ? scaleLinear().domain([0, Math.max(...rates)])
        : scaleLog().domain([Math.min(...rates), Math.max(...rates) * 1.0001]);
    return {x, y: y.range([height - MARGIN.bottom, MARGIN.top]).nice(), sizes: [...new Set(sizes)]};
}

function drawAxes(svg, scales, linear, width, height) {
    const ticks = linear ? scales.y.ticks(6)
        : scales.y.ticks(10).filter((rate) => Math.abs(Math.log10(rate) % 1) < 1e-9);
    svg.append("g").attr("class", "axis")
        .attr("transform", `translate(0,${height - MARGIN.bottom})`)
        .call(axisBottom(scales.x).tickValues(scales.sizes).tickFormat(sizeName));
    svg.append("g").attr("class", "axis").attr("transform", `translate(${MARGIN.left},0)`)
        .call(axisLeft(scales.y).tickValues(ticks).tickFormat(exact)
            .tickSize(-(width - MARGIN.left - MARGIN.right)))
        .select(".domain").remove();
    const labels = svg.append("g").attr("class", "axis");
    labels.append("text").attr("x", (MARGIN.left + width) / 2).attr("y", height - 6)
        .attr("text-anchor", "middle").text("size of a request");
    labels.append("text").attr("transform", `translate(14,${height / 2}) rotate(-90)`)
        .attr("text-anchor", "middle").text("MiB/s");
}

function drawLegend(list, series) {
    const items = list.selectAll("li").data(series, (s) => s.name);
    items.exit().remove();
    const added = items.enter().append("li");
    added.append("svg").attr("viewBox", "0 0 24 8").attr("aria-hidden", "true").append("line")
        .attr("x1", 0).attr("x2", 24).attr("y1", 4).attr("y2", 4);
    added.append("span").text((s) => s.name);
    added.merge(items).order().select("line").style("stroke", (s) => s.color)
        .attr("stroke-dasharray", (s) => s.isHost ? "5 4" : null);
}

export function createChart(lines, choice, detail) {
    const tables = document.querySelector("#rates .tables");
    if (!tables)
        return; // nothing was measured that moves bytes
    const tools = makeTools(manyDepth(lines));
    tables.before(tools);
    const svg = select(tables.parentNode).insert("svg", ".tables").attr("id", "chart")
        .attr("tabindex", 0).attr("role", "application").attr("aria-label",
            "MiB a second against the size of a request. Arrow keys go from point to point.");
    const legend = select(tables.parentNode).insert("ul", ".tables").attr("id", "legend");
    const state = {series: [], at: null};
    const valueOf = (id) => tools.querySelector(id).value;

    // at: which series, and which of its points
    function mark(at) {
        state.at = at;
        svg.selectAll("circle").classed("marked",
            (p) => at && p.series === at[0] && p.index === at[1]);
        if (!at)
            return;
        const series = state.series[at[0]], [size, rate] = series.points[at[1]];
        detail.show(series.name, [`${sizeName(size)}: ${exact(rate)} MiB/s`,
            `${exact(rate * 1048576 / size)} requests/s`]);
    }

    function draw() {
        const width = svg.node().clientWidth, height = svg.node().clientHeight;
        state.series = seriesOf(lines, choice, valueOf("#direction"), valueOf("#depth"));
        state.at = null;
        svg.selectAll("*").remove();
        drawLegend(legend, state.series);
        if (state.series.length === 0)
            return;
        const scales = state.scales = makeScales(state.series, choice.linear, width, height);
        drawAxes(svg, scales, choice.linear, width, height);
        const path = lineOf().x((p) => scales.x(p[0])).y((p) => scales.y(p[1]));
        svg.selectAll("path.line").data(state.series).enter().append("path")
            .attr("class", (s) => s.isHost ? "line host" : "line").attr("d", (s) => path(s.points))
            .style("stroke", (s) => s.color);
        svg.selectAll("circle").data(state.series.flatMap((s, series) => s.points.map(
            (point, index) => ({series, index, point, color: s.color})))).enter().append("circle")
            .attr("r", 4.5).attr("cx", (p) => scales.x(p.point[0]))
            .attr("cy", (p) => scales.y(p.point[1]))
            .style("fill", (p) => p.color);
    }

    function markNearest() {
        const [x, y] = mouse(svg.node());
        let best = null, least = 40 * 40; // pixels, squared
        svg.selectAll("circle").each(function (p) {
            const dx = x - this.getAttribute("cx"), dy = y - this.getAttribute("cy");
            if (dx * dx + dy * dy < least) {
                least = dx * dx + dy * dy;
                best = [p.series, p.index];
            }
        });
        mark(best);
    }

    function step() {
        const moves = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]};
        const move = moves[event.key];
        if (!move || state.series.length === 0)
            return;
        event.preventDefault();
        const at = state.at || [0, 0];
        const count = state.series.length;
        const series = (at[0] + (state.at ? move[0] : 0) + count) % count;
        const last = state.series[series].points.length - 1;
        mark([series, Math.min(Math.max(at[1] + (state.at ? move[1] : 0), 0), last)]);
    }

    svg.on("mousemove", markNearest).on("keydown", step);
    tools.addEventListener("change", draw);
    choice.changed(draw);
    window.addEventListener("resize", draw);
}
