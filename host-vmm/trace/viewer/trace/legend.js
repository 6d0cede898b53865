// SPDX-License-Identifier: MIT
// What the timeline's colours and marks mean: only those that this run has.
import {KIND} from "./data.js";
import {element} from "./element.js";

const MARKS = [
    {name: "write", text: "write, an exit (above the line)", kind: KIND.EXIT, write: true},
    {name: "read", text: "read, an exit (below the line)", kind: KIND.EXIT, write: false},
    {name: "collected", text: "write that KVM collected", kind: KIND.COLLECTED},
    {name: "other", text: "region, or exit that is no access", kind: KIND.REGION},
    {name: "doorbell", text: "\u25bc doorbell", kind: KIND.DOORBELL},
    {name: "interrupt", text: "\u25b2 interrupt", kind: KIND.INTERRUPT},
];

function entry(className, text) {
    return element("li", {}, element("span", {class: `swatch ${className}`}), text);
}

export function createLegend(run) {
    const modes = Array.from(new Set(run.stays.map((stay) => stay.mode)));
    const marks = MARKS.filter((mark) => run.shapes.some((shape) =>
        shape.kind === mark.kind && (mark.write === undefined || shape.write === mark.write)));
    const items = [...modes.map((mode) => entry(`mode-${mode}`, mode)),
                   ...marks.map((mark) => entry(`mark-${mark.name}`, mark.text))];
    if (run.spans.length > 0)
        items.push(entry("request", "request, from its doorbell to its end"));
    return element("ul", {class: "legend", "aria-label": "Legend"}, ...items);
}
