// SPDX-License-Identifier: MIT
// Which part of the run is in view: zoom and pan by wheel, pinch and drag, and the same as
// functions.
import {scaleLinear} from "d3-scale";
import {event as d3event, select} from "d3-selection";
import {zoom, zoomIdentity} from "d3-zoom";

const CLOSEST = 1000; // ns: the least that fills the whole width
const MARGIN = 0.02; // around a range that is shown, of its length

// moved() is called after every change.
export function createViewport(end, surface, moved) {
    const base = scaleLinear().domain([0, end]).range([0, 1]);
    const most = Math.max(1, end / CLOSEST);
    let transform = zoomIdentity;
    let x = base.copy();
    const behaviour = zoom().scaleExtent([1, most]).on("zoom", () => {
        transform = d3event.transform;
        x = transform.rescaleX(base);
        moved();
    });
    const node = select(surface).call(behaviour).on("dblclick.zoom", null);
    // A finger that moves up or down scrolls the page.
    surface.style.touchAction = "pan-y";
    // The part from low on that has 1/k of the whole
    const show = (low, k) => {
        const [left, right] = base.range();
        node.call(behaviour.transform, zoomIdentity.translate(left, 0).scale(k)
            .translate(-low / end * (right - left) - left, 0));
    };
    return {
        x: () => x,
        // From left to right, in pixels; what is in view stays.
        resize(left, right, height) {
            const [low, high] = x.domain();
            const extent = [[left, 0], [right, height]];
            base.range([left, right]);
            behaviour.extent(extent).translateExtent(extent);
            show(low, Math.min(most, Math.max(1, end / (high - low))));
        },
        showRange(from, to) {
            const margin = Math.max((to - from) * MARGIN, CLOSEST / 2);
            const low = Math.max(0, from - margin);
            show(low, Math.min(most, end / Math.max(Math.min(end, to + margin) - low, 1)));
        },
        // Around a time that is in view, else around the middle
        zoomBy(factor, time) {
            const [left, right] = base.range();
            const at = time === null ? NaN : x(time);
            node.call(behaviour.scaleBy, factor,
                      [at >= left && at <= right ? at : (left + right) / 2, 0]);
        },
        panBy(share) {
            const [left, right] = base.range();
            node.call(behaviour.translateBy, -share * (right - left) / transform.k, 0);
        },
        // To the middle, unless it is in view
        reveal(time) {
            const [low, high] = x.domain();
            if (time < low || time > high)
                node.call(behaviour.translateTo, base(time), 0);
        },
        reset() {
            node.call(behaviour.transform, zoomIdentity);
        },
    };
}
