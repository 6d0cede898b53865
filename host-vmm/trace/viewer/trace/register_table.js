// SPDX-License-Identifier: MIT
// The table of devices and registers, live: sums over what the filter lets through, sorted by any
// column; a row's button shows only its accesses.
import {KIND, isAccess} from "./data.js";
import {changeFilter} from "./filter.js";
import {button, element} from "./element.js";
import {formatCount, formatDuration, formatMany} from "./format.js";

const ROWS = 60; // shown at first
const MORE = 2000;
const PRINTED = 4096; // as many as the summary counts apart

const COLUMNS = [
    {name: "device", title: "Device", text: (r) => r.device},
    {name: "register", title: "Register", text: (r) => r.register},
    {name: "direction", title: "Direction", text: (r) => r.direction},
    {name: "exits", title: "Exits", number: true, text: (r) => formatCount(r.exits)},
    {name: "accesses", title: "Accesses", number: true, text: (r) => formatCount(r.accesses)},
    {name: "collected", title: "Collected", number: true, text: (r) => formatCount(r.collected)},
    {name: "total", title: "Total", number: true,
     text: (r) => (r.exits > 0 ? formatDuration(r.total) : "")},
    {name: "median", title: "Median", number: true,
     text: (r) => (r.exits > 0 ? formatDuration(r.median) : "")},
];

// The durations of each row's exits, one row after the other in one array: where each begins is in
// starts.
function medians(run, list, rows) {
    const exits = rows.reduce((sum, row) => sum + row.exits, 0);
    const durations = new Float32Array(exits);
    let start = 0;
    for (const row of rows) {
        row.start = row.next = start;
        start += row.exits;
    }
    for (const index of list) {
        const shape = run.shapes[run.shape[index]];
        if (shape.kind === KIND.EXIT)
            durations[rows[shape.row].next++] = run.duration[index];
    }
    for (const row of rows)
        if (row.exits > 0)
            row.median = durations.subarray(row.start, row.next).sort()[(row.exits - 1) >> 1];
}

function sumUp(run, list) {
    const rows = run.rows.map((row, number) => ({
        number, device: row.device, register: row.register, direction: row.write ? "write" : "read",
        exits: 0, accesses: 0, collected: 0, total: 0, median: 0,
    }));
    for (const index of list) {
        const shape = run.shapes[run.shape[index]];
        if (!isAccess(shape.kind))
            continue;
        const row = rows[shape.row];
        row.accesses += run.quantity[index];
        if (shape.kind === KIND.COLLECTED) {
            row.collected++;
        } else {
            row.exits++;
            row.total += run.duration[index];
        }
    }
    medians(run, list, rows);
    return rows.filter((row) => row.accesses > 0);
}

function compare(order) {
    const {column, down} = order;
    return (a, b) => {
        const difference = typeof a[column] === "number"
            ? a[column] - b[column] : a[column].localeCompare(b[column], "en", {numeric: true});
        return (down ? -difference : difference) || a.number - b.number;
    };
}

function createRow(run, store, row) {
    const chosen = store.get("filter").choices.row === row.number;
    const cells = COLUMNS.slice(2).map((column) =>
        element("td", {class: column.number ? "number" : false}, column.text(row)));
    const only = element("button", {
        type: "button", class: "link", "aria-pressed": chosen ? "true" : "false",
        title: chosen ? "Show all registers again" : "Show only these accesses",
        onclick: () => changeFilter(run, store, {row: chosen ? -1 : row.number}),
    }, row.register);
    return element("tr", {class: chosen ? "chosen" : false, "data-row": row.number},
        element("th", {scope: "row"}, row.device), element("td", {}, only), ...cells);
}

function createHead(order, sort) {
    return element("tr", {}, ...COLUMNS.map((column) => {
        const active = order.column === column.name;
        const arrow = !active ? "" : order.down ? " \u25be" : " \u25b4";
        return element("th", {scope: "col", class: column.number ? "number" : false,
                              "aria-sort": !active ? false
                                  : order.down ? "descending" : "ascending"},
            element("button", {type: "button", class: "sort", "data-column": column.name,
                               onclick: () => sort(column)}, `${column.title}${arrow}`));
    }));
}

export function createRegisterTable(run, store, section) {
    const order = {column: "exits", down: true};
    const table = section.querySelector("table");
    const more = element("p", {class: "rest"});
    let most = ROWS;
    let rows = [];
    let focus = null;
    let printing = false;
    const show = () => {
        const shown = printing ? Math.max(most, PRINTED) : most;
        rows.sort(compare(order));
        table.tHead.replaceChildren(createHead(order, sort));
        table.tBodies[0].replaceChildren(
            ...rows.slice(0, shown).map((row) => createRow(run, store, row)));
        const left = rows.length - shown;
        more.replaceChildren(...left > 0 ? [
            `${formatMany(left, "more row", "more rows")} can be shown on the screen. `, button(
            `Show ${formatMany(Math.min(left, MORE), "more row", "more rows")}`,
            "Show more rows", () => {
                most += MORE;
                show();
            })] : []);
        if (focus !== null)
            (table.querySelector(focus) || table.parentNode).focus();
        focus = null;
    };
    const sort = (column) => {
        order.down = order.column === column.name ? !order.down : column.number === true;
        order.column = column.name;
        focus = `[data-column="${column.name}"]`;
        show();
    };
    const take = (filter) => {
        const active = document.activeElement;
        const row = active && active.closest("#registers tr[data-row]");
        focus = row ? `tr[data-row="${row.dataset.row}"] button` : null;
        rows = sumUp(run, filter.anyRow);
        show();
    };
    section.querySelectorAll("p.rest").forEach((old) => old.remove());
    section.append(more);
    for (const name of ["beforeprint", "afterprint"])
        window.addEventListener(name, () => {
            printing = name === "beforeprint";
            show();
        });
    store.on("filter", take);
    take(store.get("filter"));
}
