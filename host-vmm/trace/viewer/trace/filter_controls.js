// SPDX-License-Identifier: MIT
// The controls of the filter, and what it lets through in a line that says so.
import {changeFilter, KINDS, NO_CHOICES} from "./filter.js";
import {element} from "./element.js";
import {formatCount} from "./format.js";

const TYPING_PAUSE = 150; // ms: a long trace is not searched again for every letter

function createChoice(name, label, options) {
    const all = [{value: "", text: "any"}, ...options];
    return element("label", {}, label, element("select", {name},
        ...all.map(({value, text}) => element("option", {value}, text))));
}

function createSearch(run, store) {
    let timer = 0;
    const input = element("input", {
        type: "search", name: "text", placeholder: "e.g. DRQ", autocomplete: "off",
        oninput() {
            clearTimeout(timer);
            timer = setTimeout(() => changeFilter(run, store, {text: input.value}), TYPING_PAUSE);
        },
    });
    return element("label", {class: "search"}, "Words", input);
}

function say(run, filter) {
    const {row} = filter.choices;
    const only = row < 0 ? "" : `, only ${run.rows[row].device} ${run.rows[row].register}`;
    const shown = filter.all.length;
    const filtered = shown === run.count ? "All" : `${formatCount(shown)} of`;
    return `${filtered} ${formatCount(run.count)} events are shown${only}.`;
}

export function createFilterControls(run, store) {
    const modes = Array.from(new Set(run.shapes.map((s) => s.mode))).filter((m) => m !== "");
    const present = new Set(run.shapes.map((s) => s.kind));
    const kinds = KINDS.filter((k) => k.kinds.some((kind) => present.has(kind)));
    const count = element("output", {id: "filter-count"});
    const reset = element("button", {type: "reset"}, "Reset filter");
    const form = element("form", {id: "filters", class: "filters", "aria-label": "Filter"},
        createChoice("device", "Device", run.lanes.map((l) => ({value: l, text: l}))),
        createChoice("direction", "Direction",
                     [{value: "read", text: "read"}, {value: "write", text: "write"}]),
        createChoice("kind", "Kind", kinds.map((k) => ({value: k.name, text: k.text}))),
        createChoice("mode", "Mode", modes.map((m) => ({value: m, text: m}))),
        createSearch(run, store), reset, count);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", (event) => {
        if (event.target.tagName === "SELECT")
            changeFilter(run, store, {[event.target.name]: event.target.value});
    });
    form.addEventListener("reset", () => changeFilter(run, store, NO_CHOICES));
    const show = (filter) => {
        for (const control of form.querySelectorAll("select"))
            control.value = filter.choices[control.name];
        form.classList.toggle("active", filter.all.length !== run.count);
        count.textContent = say(run, filter);
    };
    store.on("filter", show);
    show(store.get("filter"));
    return form;
}
