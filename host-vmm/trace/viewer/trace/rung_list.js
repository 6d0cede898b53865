// SPDX-License-Identifier: MIT
// Each rung of the list gets a button that shows it on the timeline.
import {element} from "./element.js";

export function followRungs(timeline, section) {
    if (section === null)
        return;
    for (const rung of section.querySelectorAll("li.rung")) {
        const number = rung.querySelector(".number").textContent;
        rung.querySelector(".times").append(" ", element("button", {
            type: "button", class: "link", "aria-label": `Show rung ${number} on the timeline`,
            onclick() {
                timeline.showRange(Number(rung.dataset.begin), Number(rung.dataset.end));
                timeline.element.scrollIntoView({block: "nearest"});
            },
        }, "show on the timeline"));
    }
}
