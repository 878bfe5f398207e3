// The probability of the correct class along the reader's path; a mark where the answer changes.
import { figure } from "../shared/controls.js";
import { h, s } from "../shared/dom.js";
import { interpolate } from "../shared/text.js";

const SHORTEST = 12; // steps that the width holds at least; a longer path fills it
const LABEL = 40; // pixels that a label takes
const TWO_ROWS = 200; // pixels of the width from which on labels may take two rows

// The drawing is stretched to the size of its box; labels and the last point are HTML, which is not.
const stretched = (height, ...children) =>
  s("svg", { viewBox: `0 0 100 ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" }, children);

export function makeTrace(words) {
  const line = s("path", { class: "stn-sure" }),
    wrong = s("path", { class: "stn-wrong-part" }),
    flips = s("path", { class: "stn-flip" });
  const now = h("i", { class: "stn-now" });
  const short = h("span", { class: "stn-narrow" }); // the caption on a phone
  const labels = h("div", {});
  const levels = [100, 50, 0].map((percent) => h("span", { style: `top: ${100 - percent}%` }, `${percent} %`));
  const area = h(
    "div",
    { class: "stn-area-of-plot" },
    stretched(100, s("path", { d: "M0 0H100M0 50H100M0 100H100", class: "stn-level" }), flips, line),
    labels,
    now,
  );
  const plot = h(
    "div",
    { class: "stn-plot", role: "img", "aria-label": words.trace },
    h("div", { class: "stn-percents" }, levels),
    area,
    h("span", { class: "stn-strip-name" }, words.strip),
    h("div", { class: "stn-strip" }, stretched(1, wrong)),
  );
  const draw = (path, truth) => {
    short.textContent = interpolate(words.traceShort, { digit: truth });
    const span = Math.max(path.length - 1, SHORTEST);
    const x = (k) => Math.min(Math.max((100 * k) / span, 0), 100);
    const y = (p) => 100 * (1 - p);
    const at = (k) => x(k).toFixed(2);
    const changes = markChanges(path, (k) => (x(k - 0.5) / 100) * area.clientWidth, area.clientWidth);
    line.setAttribute("d", `M${path.map((step, k) => `${at(k)} ${y(step.p).toFixed(2)}`).join("L")}`);
    flips.setAttribute("d", changes.map(({ k }) => `M${at(k - 0.5)} -5V100`).join(""));
    const off = path.map((step, k) =>
      step.guess === truth ? "" : `M${at(k - 0.5)} 0H${at(k + 0.5)}V1H${at(k - 0.5)}Z`,
    );
    wrong.setAttribute("d", off.join(""));
    now.style.left = `${x(path.length - 1)}%`;
    now.style.top = `${y(path[path.length - 1].p)}%`;
    labels.replaceChildren(
      ...changes.map(({ k, row }) => {
        const text = interpolate(words.changed, { from: path[k - 1].guess, to: path[k].guess });
        const style = `left: clamp(1.1em, ${x(k - 0.5)}%, 100% - 1.1em); --row: ${row}`;
        return h("span", { class: "stn-change", style }, text);
      }),
    );
  };
  return { node: figure([h("span", { class: "stn-wide" }, words.trace), short], plot), draw };
}

// The changes of the answer that have a label, as far as labels do not touch: the newest first, in the first row where
// it has room. A change without a label has no line either.
export function markChanges(path, place, width) {
  const free = Array(width < TWO_ROWS ? 1 : 2).fill(Infinity);
  const marked = [];
  for (let k = path.length - 1; k > 0; k--) {
    if (path[k].guess === path[k - 1].guess) continue;
    const row = free.findIndex((end) => place(k) <= end - LABEL);
    if (row < 0) continue;
    marked.push({ k, row });
    free[row] = place(k);
  }
  return marked;
}
