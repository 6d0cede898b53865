// SPDX-License-Identifier: MIT
// The address map at one moment: a slider over the run, and the moment of the mark that is
// selected. The tables are the page's own; what is not there at that moment is struck through.
import {element} from "./element.js";
import {formatTime} from "./format.js";

const STEPS = 1000;

function staysOf(row) {
    return row.dataset.stays.split(" ").map((stay) => stay.split("-").map(Number));
}

export function followMap(run, store, section) {
    const rows = Array.from(section.querySelectorAll("tr[data-stays]"))
        .map((row) => ({row, stays: staysOf(row)}));
    const label = element("output");
    const slider = element("input", {type: "range", min: 0, max: STEPS, step: 1, value: STEPS,
                                     "aria-label": "Moment of the address map"});
    const show = (time) => {
        let present = 0;
        for (const {row, stays} of rows) {
            const there = stays.some(([from, until]) => time >= from && (time < until ||
                                                                        until >= run.end));
            row.classList.toggle("gone", !there);
            present += there ? 1 : 0;
        }
        label.textContent = `at ${formatTime(time)}: ${present} of ${rows.length} regions there`;
        slider.setAttribute("aria-valuetext", label.textContent);
    };
    if (rows.length === 0)
        return;
    slider.addEventListener("input", () => show(run.end * slider.value / STEPS));
    store.on("selected", (index) => {
        if (index < 0)
            return;
        slider.value = run.end > 0 ? run.time[index] / run.end * STEPS : 0;
        show(run.time[index]);
    });
    section.querySelector("div.scroll").before(
        element("div", {class: "moment"}, element("label", {}, "Moment ", slider), label));
    show(run.end);
}
