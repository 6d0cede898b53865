// SPDX-License-Identifier: MIT
// Lines of text beside the pointer.
import {element} from "./element.js";

export function createTooltip() {
    const box = element("div", {class: "tooltip", hidden: true});
    return {
        element: box,
        hide() {
            box.hidden = true;
        },
        // At (px, py) of what it is in, which is that wide
        show(lines, px, py, width) {
            box.replaceChildren(...lines.map((line) => element("div", {}, line)));
            box.hidden = lines.length === 0;
            box.style.left = `${Math.max(0, Math.min(px + 12, width - box.offsetWidth - 4))}px`;
            box.style.top = `${py + 18}px`;
        },
    };
}
