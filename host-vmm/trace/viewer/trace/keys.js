// SPDX-License-Identifier: MIT
// The timeline by keyboard: stepping through the marks that the filter lets through, zoom and pan.
import {firstAccess, firstAt} from "./data.js";

const PAN = 0.2; // of what is in view

// The mark after (step 1) or before (step -1) the selected one; with no selection, the first access
// or the last mark in view.
function neighbour(run, view, step) {
    const {list, selected, x} = view;
    const [from, to] = x.domain();
    if (list.length === 0)
        return -1;
    if (selected < 0) {
        const at = step > 0 ? firstAccess(run, list, firstAt(run, list, from))
            : firstAt(run, list, to) - 1;
        return list[Math.min(Math.max(at, 0), list.length - 1)];
    }
    // By its place in the list, not by time: several marks may have the same.
    let at = firstAt(run, list, run.time[selected]);
    while (at < list.length && list[at] < selected)
        at++;
    const there = list[at] === selected;
    at += step > 0 && !there ? 0 : step;
    return list[Math.min(Math.max(at, 0), list.length - 1)];
}

// The mark of the next lane up or down that has any, nearest in time to the selected one.
function otherLane(run, view, step) {
    const {list, selected} = view;
    if (selected < 0)
        return neighbour(run, view, 1);
    const best = new Map();
    const distance = (index) => Math.abs(run.time[index] - run.time[selected]);
    for (const index of list) {
        const {lane} = run.shapes[run.shape[index]];
        const before = best.get(lane);
        if (before === undefined || distance(index) < distance(before))
            best.set(lane, index);
    }
    const from = run.shapes[run.shape[selected]].lane;
    for (let lane = from + step; lane >= 0 && lane < run.lanes.length; lane += step)
        if (best.has(lane))
            return best.get(lane);
    return selected;
}

// timeline: {view(), select(index), zoomBy(factor), panBy(share), reset(), zoomTo(index)}
export function pressKey(event, run, timeline) {
    const view = timeline.view();
    const shift = event.shiftKey;
    const actions = {
        ArrowRight: () => (shift ? timeline.panBy(PAN) : timeline.select(neighbour(run, view, 1))),
        ArrowLeft: () => (shift ? timeline.panBy(-PAN) : timeline.select(neighbour(run, view, -1))),
        ArrowDown: () => timeline.select(otherLane(run, view, 1)),
        ArrowUp: () => timeline.select(otherLane(run, view, -1)),
        Home: () => timeline.select(
            view.list.length > 0 ? view.list[firstAccess(run, view.list)] : -1),
        End: () => timeline.select(view.list.length > 0 ? view.list[view.list.length - 1] : -1),
        "+": () => timeline.zoomBy(2),
        "=": () => timeline.zoomBy(2),
        "-": () => timeline.zoomBy(0.5),
        "0": () => timeline.reset(),
        Enter: () => timeline.zoomTo(view.selected),
        Escape: () => timeline.select(-1),
    };
    const action = actions[event.key];
    if (action === undefined || event.ctrlKey || event.altKey || event.metaKey)
        return;
    event.preventDefault();
    action();
}
