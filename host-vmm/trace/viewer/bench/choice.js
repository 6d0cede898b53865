// SPDX-License-Identifier: MIT
// Which mechanisms are compared: a box in each row of the first table, and the tools above it.

function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
}

// One tab stop for all boxes; the arrow keys go from one to the next.
function moveByArrows(boxes, detail) {
    const shown = () => boxes.filter((box) => !box.closest("tr").hidden);
    for (const box of boxes) {
        box.addEventListener("focus", () => {
            boxes.forEach((other) => other.tabIndex = other === box ? 0 : -1);
            detail.showLine(box.value);
        });
        box.addEventListener("keydown", (event) => {
            const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
            if (!step)
                return;
            event.preventDefault();
            const all = shown(), next = all[all.indexOf(box) + step];
            if (next)
                next.focus();
        });
    }
}

function addBox(row) {
    const name = row.dataset.line;
    const box = element("input", {type: "checkbox", value: name, tabIndex: -1});
    const heading = row.querySelector("th");
    const label = element("label", {}, box, ...heading.childNodes);
    box.setAttribute("aria-label", `compare ${name}`);
    heading.replaceChildren(label);
    return box;
}

// A group whose lines are all hidden is hidden as well.
function hideRows(chosen, only) {
    for (const row of document.querySelectorAll("tr[data-line]"))
        row.hidden = only && !chosen.has(row.dataset.line);
    for (const body of document.querySelectorAll("table.lines tbody, table.rates tbody"))
        body.hidden = body.querySelector("tr[data-line]:not([hidden])") === null;
    for (const table of document.querySelectorAll("table.rates"))
        table.hidden = table.querySelector("tbody:not([hidden])") === null;
}

// {chosen: Set of names, only, linear, changed(function): called now and after every change}
export function createChoice(lines, detail) {
    const choice = {chosen: new Set(), only: false, linear: false};
    const listeners = [];
    const section = document.getElementById("latency");
    const boxes = [...section.querySelectorAll("tr[data-line]")].map(addBox);
    const count = element("output", {});
    const only = element("input", {type: "checkbox", id: "only-chosen"});
    const linear = element("input", {type: "checkbox", id: "linear"});
    const clear = element("button", {type: "button", id: "choose-none"}, "Choose none");

    function tell() {
        count.textContent = choice.chosen.size === 0 ? "Tick lines to compare them."
            : `${choice.chosen.size} of ${lines.size} chosen`;
        only.disabled = clear.disabled = choice.chosen.size === 0;
        choice.only = only.checked && choice.chosen.size > 0;
        choice.linear = linear.checked;
        hideRows(choice.chosen, choice.only);
        listeners.forEach((listener) => listener());
    }

    boxes.forEach((box) => box.addEventListener("change", () => {
        choice.chosen[box.checked ? "add" : "delete"](box.value);
        tell();
    }));
    only.addEventListener("change", tell);
    linear.addEventListener("change", tell);
    clear.addEventListener("click", () => {
        choice.chosen.clear();
        only.checked = false;
        boxes.forEach((box) => box.checked = false);
        tell();
    });
    boxes[0].tabIndex = 0;
    moveByArrows(boxes, detail);
    document.querySelector("main").prepend(element("div", {className: "tools"}, count,
        element("label", {}, only, " only these"),
        element("label", {}, linear, " linear scales"), clear));
    choice.changed = (listener) => {
        listeners.push(listener);
        listener();
    };
    tell();
    return choice;
}
