// SPDX-License-Identifier: MIT
// The page of a trace: reads the packed events and puts the timeline, filters and lists in the
// place of the static picture. Without this script the page is a summary that is complete by
// itself.
import {readRun} from "./trace/data.js";
import {createFilter} from "./trace/filter.js";
import {createStore} from "./trace/store.js";
import {createTimeline} from "./trace/timeline.js";
import {createFilterControls} from "./trace/filter_controls.js";
import {createDetails} from "./trace/details.js";
import {createAccessList} from "./trace/access_list.js";
import {createRegisterTable} from "./trace/register_table.js";
import {followMap} from "./trace/address_map.js";
import {followRungs} from "./trace/rung_list.js";

function start() {
    const run = readRun(document);
    // What all parts look at: what the filter lets through, and the mark that is selected (-1:
    // none).
    const store = createStore({filter: createFilter(run), selected: -1});
    const section = document.getElementById("timeline");
    section.append(createFilterControls(run, store));
    const timeline = createTimeline(run, store);
    section.append(timeline.element, createDetails(run, store));
    section.after(createAccessList(run, store));
    createRegisterTable(run, store, document.getElementById("registers"));
    followMap(run, store, document.getElementById("map"));
    followRungs(timeline, document.getElementById("rungs"));
    document.documentElement.classList.add("live");
    timeline.resize();
    document.documentElement.dataset.ready = "";
}

start();
