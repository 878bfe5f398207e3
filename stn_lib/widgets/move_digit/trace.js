// The probability of the correct class along the reader's path; a mark where the answer changes.
import { figure } from "../shared/controls.js";
import { s, setAttributes } from "../shared/dom.js";
import { interpolate } from "../shared/text.js";

const TRACE = { width: 340, height: 164, left: 40, right: 332, top: 24, bottom: 146 };

export function makeTrace(words) {
  const { left, right, top, bottom } = TRACE;
  let span = 0; // a short path fills the width as well as a long one
  const px = (k) => left + (k / span) * (right - left),
    py = (p) => bottom - p * (bottom - top);
  const line = s("path", { class: "stn-sure" }),
    wrong = s("path", { class: "stn-wrong-part" }),
    marks = s("g", {});
  const dot = s("circle", { r: 4.5, class: "stn-now" });
  const svg = s(
    "svg",
    { viewBox: `0 0 ${TRACE.width} ${TRACE.height}`, role: "img", "aria-label": words.trace, class: "stn-trace" },
    [0, 0.5, 1]
      .map((p) => [
        s("line", { x1: left, x2: right, y1: py(p), y2: py(p), class: "stn-level" }),
        s("text", { x: left - 6, y: py(p), class: "stn-percent" }, `${100 * p}%`),
      ])
      .flat(),
    wrong,
    line,
    marks,
    dot,
  );
  const draw = (path, truth) => {
    span = Math.max(path.length - 1, 24);
    let d = "",
      off = "";
    const flips = [];
    path.forEach((step, k) => {
      d += `${k ? "L" : "M"}${px(k).toFixed(1)} ${py(step.p).toFixed(1)}`;
      if (step.guess !== truth) off += `M${px(k - 0.5).toFixed(1)} ${bottom + 7}H${px(k + 0.5).toFixed(1)}`;
      if (k && path[k - 1].guess !== step.guess)
        flips.push(s("line", { x1: px(k - 0.5), x2: px(k - 0.5), y1: top - 4, y2: bottom, class: "stn-flip" }));
    });
    line.setAttribute("d", d);
    wrong.setAttribute("d", off);
    marks.replaceChildren(...flips, ...changeNames(path, px, words));
    const end = path[path.length - 1];
    setAttributes(dot, { cx: px(path.length - 1), cy: py(end.p) });
  };
  return { node: figure(words.trace, svg), draw };
}

// Labels "7 → 1" from the newest to the oldest, as long as they do not touch.
function changeNames(path, px, words) {
  const out = [];
  let free = Infinity;
  for (let k = path.length - 1; k > 0; k--) {
    if (path[k].guess === path[k - 1].guess) continue;
    const x = Math.min(Math.max(px(k - 0.5), TRACE.left + 16), TRACE.right - 16);
    if (x > free - 40) continue;
    out.push(
      s(
        "text",
        { x, y: TRACE.top - 9, class: "stn-change" },
        interpolate(words.changed, { from: path[k - 1].guess, to: path[k].guess }),
      ),
    );
    free = x;
  }
  return out;
}
