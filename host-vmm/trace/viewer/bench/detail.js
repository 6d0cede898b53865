// SPDX-License-Identifier: MIT
// The strip at the bottom that says the exact figures of what is pointed at or has the focus.
import {exact, exactTime} from "./data.js";

function figures(line) {
    const found = [];
    if (line.state !== "measured")
        return [line.note ? `${line.state}: ${line.note}` : line.state];
    if (line.ns_median !== null) {
        found.push(`min ${exactTime(line.ns_min)}`, `median ${exactTime(line.ns_median)}`);
        if (line.ns_p99 !== null)
            found.push(`p99 ${exactTime(line.ns_p99)}`);
        found.push(`${exact(line.cycles_median)} cycles (median)`,
            `${exact(line.samples)} samples`);
    }
    if (line.exits_per_op !== null)
        found.push(`exits ${exact(line.exits_per_op)}`, `irqs ${exact(line.interrupts_per_op)}`);
    if (line.kernel_exits_per_op !== null)
        found.push(`kernel ${exact(line.kernel_exits_per_op)}`);
    if (line.note)
        found.push(line.note);
    return found;
}

export function createDetail(lines) {
    const strip = document.createElement("aside");
    strip.id = "detail";
    strip.setAttribute("aria-live", "polite");
    strip.setAttribute("aria-label", "exact figures");
    document.body.append(strip);

    function show(name, texts) {
        const title = document.createElement("strong");
        title.textContent = name;
        strip.replaceChildren(title, ...texts.map((text) => {
            const span = document.createElement("span");
            span.textContent = text;
            return span;
        }));
    }

    const detail = {
        show,
        showLine: (name) => show(name, figures(lines.get(name))),
        hide: () => strip.replaceChildren(),
    };
    document.addEventListener("mouseover", (event) => {
        const row = event.target.closest("tr[data-line]");
        if (row && lines.has(row.dataset.line))
            detail.showLine(row.dataset.line);
    });
    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape")
            detail.hide();
    });
    // The last line of the page can be scrolled to above the strip.
    document.body.classList.add("has-detail");
    return detail;
}
