// SPDX-License-Identifier: MIT
// Making elements. Text becomes text, never markup: what a guest prints is shown as it is.

export function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (key.startsWith("on"))
            made.addEventListener(key.slice(2), value);
        else if (value !== false && value !== null)
            made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null));
    return made;
}

export function button(text, label, onclick) {
    return element("button", {type: "button", "aria-label": label, title: label, onclick}, text);
}
