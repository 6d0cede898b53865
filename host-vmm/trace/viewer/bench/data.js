// SPDX-License-Identifier: MIT
// The figures behind the page, and how they are written.

export const HOST = "host pread/pwrite";

// A map from a line's name to the line, as in the JSON that `bench --json` writes.
export function readLines(element) {
    const data = JSON.parse(element.textContent);
    return new Map(data.lines.map((line) => [line.name, line]));
}

export function isMeasured(line) {
    return line.state === "measured" && line.ns_median !== null;
}

const UNITS = [[1e9, "s"], [1e6, "ms"], [1e3, "\u00b5s"], [1, "ns"]];

// A short time: "12.3 µs"
export function shortTime(ns) {
    const [size, unit] = UNITS.find(([least]) => ns >= least) || UNITS[3];
    return `${Number((ns / size).toPrecision(3))}\u00a0${unit}`;
}

// All digits that mean something
export function exact(value) {
    return value.toLocaleString("en", {maximumFractionDigits: value < 1 ? 4 : value < 100 ? 2 : 0});
}

export function exactTime(ns) {
    return ns > 0 ? `${exact(ns)} ns` : "not above the cost of measuring";
}

export function sizeName(bytes) {
    return bytes >= 1 << 20 ? `${bytes / (1 << 20)} MiB`
        : bytes >= 1024 ? `${bytes / 1024} KiB` : `${bytes} B`;
}

// [[bytes, MiB/s], ...] of a line, in order of size; direction is "read" or "write".
export function ratesOf(line, direction, depth) {
    const sizes = line.mib_per_s && line.mib_per_s[direction] || {};
    return Object.entries(sizes).filter(([, depths]) => depths[depth] > 0)
        .map(([bytes, depths]) => [Number(bytes), depths[depth]]).sort((a, b) => a[0] - b[0]);
}

// How many are in flight where a mechanism takes many: "32", or null where none does.
export function manyDepth(lines) {
    for (const line of lines.values()) {
        for (const sizes of Object.values(line.mib_per_s || {})) {
            const many = Object.values(sizes).flatMap(Object.keys).find((depth) => depth !== "1");
            if (many)
                return many;
        }
    }
    return null;
}
