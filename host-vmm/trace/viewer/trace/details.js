// SPDX-License-Identifier: MIT
// One event in full: as a table in the panel below the timeline, and as lines for the tooltip.
import {KIND, isAccess, isRequest, lineOf} from "./data.js";
import {element} from "./element.js";
import {formatCount, formatDuration, formatExact} from "./format.js";

const KIND_NAMES = {
    [KIND.EXIT]: "exit to user space", [KIND.COLLECTED]: "collected by KVM without an exit",
    [KIND.OTHER_EXIT]: "exit to user space", [KIND.DOORBELL]: "doorbell",
    [KIND.REQUEST]: "request", [KIND.REQUEST_END]: "request", [KIND.INTERRUPT]: "interrupt", [KIND.REGION]: "region", [KIND.RESET]: "reset",
    [KIND.GAP]: "gap",
};

// Pairs of name and text.
export function factsOf(run, index) {
    const shape = run.shapes[run.shape[index]];
    const address = run.strings.get(run.address[index]);
    const where = run.strings.get(run.where[index]);
    const facts = [["Time", `${shape.approximate ? "~" : ""}${formatExact(run.time[index])}`],
                   ["Kind", KIND_NAMES[shape.kind]]];
    if (shape.mode !== "")
        facts.push(["Mode", shape.mode]);
    if (where !== "")
        facts.push(["Guest at", where]);
    if (isAccess(shape.kind)) {
        const count = run.quantity[index];
        const size = `${shape.size} ${shape.size === 1 ? "byte" : "bytes"}`;
        facts.push([shape.port ? "Port" : "Address", address],
                   ["Size", count > 1 ? `${formatCount(count)} \u00d7 ${size}` : size]);
    }
    if (shape.unanswered)
        facts.push(["Answered", "no register took it"]);
    if (shape.kind === KIND.EXIT || shape.kind === KIND.OTHER_EXIT)
        facts.push(["In user space", formatDuration(run.duration[index])]);
    if (isRequest(shape.kind)) {
        const span = run.spanOf.get(index);
        facts.push(["Doorbell", formatExact(span.begin)],
                   ["End", span.open ? "not ended" : formatExact(span.end)],
                   ["Took", formatDuration(span.end - span.begin)]);
    }
    if (run.backend[index] > 0)
        facts.push(["of it in files", formatDuration(run.backend[index])]);
    facts.push(["Thread", shape.thread]);
    return facts;
}

export function createDetails(run, store) {
    const panel = element("div", {id: "details", class: "details", "aria-live": "polite",
                                  role: "status"});
    const show = (index) => {
        panel.replaceChildren();
        if (index < 0) {
            panel.append(element("p", {class: "quiet"},
                "Nothing is selected. Click a mark or a request, or step through them with the arrow keys."));
            return;
        }
        panel.append(element("p", {class: "line"}, element("code", {}, lineOf(run, index))),
            element("dl", {}, ...factsOf(run, index).map(([name, text]) =>
                element("div", {}, element("dt", {}, name), element("dd", {}, text)))));
    };
    store.on("selected", show);
    show(store.get("selected"));
    return panel;
}
