// SPDX-License-Identifier: MIT
// What is shown: the choices, and the events that they let through.
import {KIND} from "./data.js";

// What the choice of a kind says, and which kinds of events it means.
export const KINDS = [
    {name: "exit", text: "exits", kinds: [KIND.EXIT, KIND.OTHER_EXIT]},
    {name: "collected", text: "collected writes", kinds: [KIND.COLLECTED]},
    {name: "doorbell", text: "doorbells", kinds: [KIND.DOORBELL]},
    {name: "request", text: "requests", kinds: [KIND.REQUEST, KIND.REQUEST_END]},
    {name: "interrupt", text: "interrupts", kinds: [KIND.INTERRUPT]},
    {name: "region", text: "regions", kinds: [KIND.REGION]},
    {name: "other", text: "resets and gaps", kinds: [KIND.RESET, KIND.GAP]},
];

export const NO_CHOICES = {device: "", direction: "", kind: "", mode: "", text: "", row: -1};

function createTerms(run, text) {
    const terms = text.toLowerCase().split(/\s+/).filter((term) => term !== "");
    return terms.filter((term) => term !== "<-" && term !== "->").map((term) => {
        const strings = run.strings.with(term);
        const shapes = run.shapes.map((s) =>
            `${s.device} ${s.register}`.toLowerCase().includes(term));
        return (i) => shapes[run.shape[i]] || strings[run.words[i]] === 1 ||
            strings[run.where[i]] === 1 || strings[run.address[i]] === 1;
    });
}

function shapePasses(run, shape, choices) {
    const kind = KINDS.find((k) => k.name === choices.kind);
    const arrow = / (<-|->) /.exec(` ${choices.text} `);
    const access = shape.kind === KIND.EXIT || shape.kind === KIND.COLLECTED;
    if (choices.device !== "" && run.lanes[shape.lane] !== choices.device)
        return false;
    if (choices.direction !== "" && !(access && shape.write === (choices.direction === "write")))
        return false;
    if (arrow !== null && !(access && shape.write === (arrow[1] === "<-")))
        return false;
    if (kind !== undefined && !kind.kinds.includes(shape.kind))
        return false;
    return choices.mode === "" || shape.mode === choices.mode;
}

// Which requests are shown, as 0 and 1 by their places in run.spans
function passingSpans(run, all) {
    const passing = new Uint8Array(run.spans.length);
    for (const index of run.spans.length > 0 ? all : []) {
        const span = run.spanOf.get(index);
        if (span !== undefined)
            passing[span.number] = 1;
    }
    return passing;
}

// choices; spans: see above; all: indices of the events that pass; anyRow: those that would without
// the choice of a row.
export function createFilter(run, choices = NO_CHOICES) {
    const passes = run.shapes.map((shape) => shapePasses(run, shape, choices));
    const terms = createTerms(run, choices.text);
    const anyRow = new Uint32Array(run.count);
    let count = 0;
    for (let i = 0; i < run.count; i++)
        if (passes[run.shape[i]] && terms.every((term) => term(i)))
            anyRow[count++] = i;
    const kept = anyRow.slice(0, count);
    const all = choices.row < 0
        ? kept
        : kept.filter((i) => run.shapes[run.shape[i]].row === choices.row);
    return {choices, all, anyRow: kept, spans: passingSpans(run, all)};
}

// The same with some choices changed.
export function changeFilter(run, store, changes) {
    store.set("filter", createFilter(run, {...store.get("filter").choices, ...changes}));
}
