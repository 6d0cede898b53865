// SPDX-License-Identifier: MIT
// The page of `trapline bench`: the tables are there already; this adds choice, scales, a chart and
// exact figures.
import {createChart} from "./bench/chart.js";
import {createChoice} from "./bench/choice.js";
import {createDetail} from "./bench/detail.js";
import {readLines} from "./bench/data.js";
import {drawLatencies} from "./bench/latency.js";

const lines = readLines(document.getElementById("bench-data"));
const detail = createDetail(lines);
const choice = createChoice(lines, detail);
drawLatencies(lines, choice);
createChart(lines, choice, detail);
document.documentElement.dataset.ready = "";
