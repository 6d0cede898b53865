// SPDX-License-Identifier: MIT
// The events that the filter lets through as a list, a page at a time.
import {KIND, firstAccess, isRequest, lineOf} from "./data.js";
import {button, element} from "./element.js";
import {formatCount, formatDuration, formatExact} from "./format.js";

const PAGE = 50;

function createRow(run, store, index) {
    const shape = run.shapes[run.shape[index]];
    const lasts = shape.kind === KIND.EXIT || shape.kind === KIND.OTHER_EXIT ||
        isRequest(shape.kind);
    const took = lasts ? formatDuration(run.duration[index]) : "";
    const time = `${shape.approximate ? "~" : ""}${formatExact(run.time[index])}`;
    // Its place tells it from another one that says the same at the same time.
    const name = `${time}: show ${lineOf(run, index)} on the timeline, event ${index + 1}`;
    const select = button(time, name, () => store.set("selected", index));
    select.className = "link";
    return element("tr", {"data-index": index},
        element("td", {class: "number"}, select),
        element("td", {}, shape.mode),
        element("td", {class: "access"}, element("code", {}, lineOf(run, index))),
        element("td", {class: "where"}, element("code", {}, run.strings.get(run.where[index]))),
        element("td", {class: "number"}, took));
}

// What the list shows: it begins with the first access. The regions that are there at reset come before
// that; who chooses a kind gets all of it.
function listed(run, filter) {
    return filter.choices.kind === ""
        ? filter.all.subarray(firstAccess(run, filter.all)) : filter.all;
}

// The place of index in the ascending list, or -1.
function placeOf(list, index) {
    let low = 0;
    let high = list.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (list[middle] < index)
            low = middle + 1;
        else
            high = middle;
    }
    return list[low] === index ? low : -1;
}

function createTable(body) {
    const head = (text, number) =>
        element("th", {scope: "col", class: number ? "number" : false}, text);
    return element("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "Accesses"},
        element("table", {class: "accesses"}, element("thead", {}, element("tr", {},
            head("Time", true), head("Mode"), head("Access"), head("Guest at"),
            head("Took", true))), body));
}

export function createAccessList(run, store) {
    let list = listed(run, store.get("filter"));
    let first = 0;
    const body = element("tbody");
    const place = element("span", {id: "list-place", role: "status"});
    const mark = () => {
        for (const row of body.children)
            row.setAttribute("aria-current", Number(row.dataset.index) === store.get("selected"));
    };
    const show = (from) => {
        const last = Math.max(0, Math.floor((list.length - 1) / PAGE) * PAGE);
        first = Math.min(Math.max(0, from), last);
        const page = Array.from(list.subarray(first, first + PAGE));
        body.replaceChildren(...page.map((index) => createRow(run, store, index)));
        place.textContent = list.length === 0 ? "nothing passes the filter"
            : `${formatCount(first + 1)} to ${formatCount(first + page.length)} of ` +
              formatCount(list.length);
        mark();
    };
    store.on("filter", (filter) => {
        list = listed(run, filter);
        show(0);
    });
    store.on("selected", (index) => {
        const at = placeOf(list, index);
        if (at >= 0 && (at < first || at >= first + PAGE))
            show(Math.floor(at / PAGE) * PAGE);
        mark();
    });
    const pager = element("div", {class: "pager"},
        button("\u00ab", "First page", () => show(0)),
        button("\u2039", "Page before", () => show(first - PAGE)), place,
        button("\u203a", "Next page", () => show(first + PAGE)),
        button("\u00bb", "Last page", () => show(list.length)));
    show(0);
    return element("section", {id: "accesses"}, element("h2", {}, "Accesses"), pager,
                   createTable(body));
}
