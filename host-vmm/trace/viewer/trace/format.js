// SPDX-License-Identifier: MIT
// Numbers as text, the same way as page_html.c.

const UNITS = [[1e9, "s"], [1e6, "ms"], [1e3, "\u00b5s"]];

export function formatDuration(ns) {
    for (const [unit, name] of UNITS) {
        const value = ns / unit;
        if (value >= 1)
            return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${name}`;
    }
    return `${Math.round(ns)} ns`;
}

export function formatTime(ns) {
    return `${(Math.floor(ns / 1000) / 1000).toFixed(3)} ms`;
}

// To the nanosecond, which tells marks apart that are near each other
export function formatExact(ns) {
    return `${(ns / 1e6).toFixed(6)} ms`;
}

export function formatCount(count) {
    return Math.round(count).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

// "1 access", "2,000 accesses"
export function formatMany(count, one, many) {
    return `${formatCount(count)} ${count === 1 ? one : many}`;
}

// For the marks of an axis that are step ns apart.
export function axisFormat(step) {
    const [unit, name] = UNITS.find(([size]) => step * 10 >= size) || [1, "ns"];
    const digits = Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9));
    return (ns) => `${(ns / unit).toFixed(digits)} ${name}`;
}
