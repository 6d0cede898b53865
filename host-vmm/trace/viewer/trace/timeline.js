// SPDX-License-Identifier: MIT
// The timeline: a canvas for the marks, an SVG above it for axis and rungs, tooltip, keys and
// buttons.
import {columnsOf, drawTimeline, longestSpan, readColours} from "./draw.js";
import {button, element} from "./element.js";
import {hitAt} from "./hits.js";
import {createLayout} from "./layout.js";
import {createLegend} from "./legend.js";
import {pressKey} from "./keys.js";
import {createOverlay} from "./overlay.js";
import {createTooltip} from "./tooltip.js";
import {createViewport} from "./viewport.js";

const CLOSE_UP = 50; // times a mark's duration that fills the width when it is zoomed to
const LEAST_CLOSE_UP = 20000; // ns

function createElements(tooltip) {
    const canvas = element("canvas", {"aria-hidden": "true"});
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const surface = element("div", {
        class: "surface", id: "surface", tabindex: 0, role: "application",
        "aria-label": "Timeline of the run", "aria-describedby": "timeline-help",
    }, canvas, svg, tooltip);
    const toolbar = element("div", {class: "toolbar", role: "group", "aria-label": "View"});
    const help = element("p", {class: "quiet", id: "timeline-help"},
        "Wheel, pinch or + and \u2212 zoom; dragging, or Shift with an arrow, pans; 0 shows all. " +
        "Arrow keys step through the marks and the lanes, Enter zooms to one, Escape lets it go.");
    return {canvas, svg, surface, toolbar, help};
}

// Draws at most once a frame. Returns {redraw(), resize(layout)}.
function createPainter(run, parts, view) {
    const context = parts.canvas.getContext("2d");
    const overlay = createOverlay(run, parts.svg);
    let colours = readColours();
    let pending = 0;
    const redraw = () => {
        pending = pending || requestAnimationFrame(() => {
            pending = 0;
            drawTimeline(context, run, view(), colours);
            overlay(view().layout, view().x);
        });
    };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
        colours = readColours();
        redraw();
    });
    return {
        redraw,
        resize(layout) {
            const ratio = window.devicePixelRatio || 1;
            parts.canvas.width = layout.width * ratio;
            parts.canvas.height = layout.height * ratio;
            parts.surface.style.height = `${layout.height}px`;
            context.setTransform(ratio, 0, 0, ratio, 0, 0);
        },
    };
}

function listen(parts, run, timeline, tooltip) {
    const {surface, toolbar} = parts;
    const at = (event) => {
        const box = surface.getBoundingClientRect();
        return [event.clientX - box.left - surface.clientLeft,
                event.clientY - box.top - surface.clientTop];
    };
    const point = (event) => {
        const [px, py] = at(event);
        const hit = hitAt(run, timeline.view(), px, py);
        tooltip.show(hit.lines, px, py, surface.clientWidth);
        return hit;
    };
    surface.addEventListener("pointermove", (event) => event.buttons === 0 && point(event));
    surface.addEventListener("pointerleave", () => tooltip.hide());
    surface.addEventListener("click", (event) => timeline.select(point(event).nearest));
    surface.addEventListener("keydown", (event) => pressKey(event, run, timeline));
    toolbar.append(button("\u2212", "Zoom out", () => timeline.zoomBy(0.5)),
        button("+", "Zoom in", () => timeline.zoomBy(2)),
        button("\u25c2", "Earlier", () => timeline.panBy(-0.5)),
        button("\u25b8", "Later", () => timeline.panBy(0.5)),
        button("Whole run", "Show the whole run", timeline.reset));
}

export function createTimeline(run, store) {
    const tooltip = createTooltip();
    const parts = createElements(tooltip.element);
    const layoutFor = createLayout(run);
    const longest = longestSpan(run);
    run.columns = columnsOf(run);
    let layout = layoutFor(0);
    const view = () => ({layout, longest, x: viewport.x(), list: store.get("filter").all,
                         spans: store.get("filter").spans, selected: store.get("selected")});
    const painter = createPainter(run, parts, view);
    const viewport = createViewport(Math.max(run.end, 1), parts.surface, () => {
        tooltip.hide();
        painter.redraw();
    });
    const selectedTime = () =>
        (store.get("selected") < 0 ? null : run.time[store.get("selected")]);
    const timeline = {
        element: element("div", {class: "timeline"}, parts.toolbar, parts.surface, parts.help,
                         createLegend(run)),
        view,
        select: (index) => store.set("selected", index),
        showRange: viewport.showRange,
        zoomBy: (factor) => viewport.zoomBy(factor, selectedTime()),
        panBy: viewport.panBy,
        reset: viewport.reset,
        zoomTo(index) {
            if (index < 0)
                return;
            const around = Math.max(run.duration[index] * CLOSE_UP, LEAST_CLOSE_UP) / 2;
            viewport.showRange(run.time[index] - around, run.time[index] + around);
        },
        // The element has got its width, or another one.
        resize() {
            const width = Math.floor(parts.surface.clientWidth);
            if (width <= 0 || width === layout.width)
                return;
            layout = layoutFor(width);
            painter.resize(layout);
            viewport.resize(layout.left, layout.right, layout.height);
        },
    };
    listen(parts, run, timeline, tooltip);
    store.on("filter", painter.redraw);
    store.on("selected", (index) => {
        if (index >= 0)
            viewport.reveal(run.time[index]);
        painter.redraw();
    });
    new ResizeObserver(timeline.resize).observe(timeline.element);
    return timeline;
}
