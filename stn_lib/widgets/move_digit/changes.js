// The six changes: a slider for each, with the accuracy on all test digits drawn above its track.
import { slider } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { format, interpolate } from "../shared/text.js";

const PLACES = { size: 2 };
const STEPS = { size: 0.01, shadow: 0.01 };

// The value of a change as the reader sees it.
export const shown = (words, name, value) =>
  interpolate(words.units[name], { v: format(name === "shadow" ? 100 * value : value, PLACES[name] ?? 0) });

function makeCurve(curve, low, high) {
  const last = curve.length - 1;
  const points = curve.map((percent, k) => `${((100 * k) / last).toFixed(2)} ${(26 - 0.24 * percent).toFixed(2)}`);
  const here = s("line", { y1: 0, y2: 28, class: "stn-here" });
  const node = s(
    "svg",
    { viewBox: "0 0 100 28", preserveAspectRatio: "none", "aria-hidden": "true", class: "stn-curve" },
    s("path", { d: `M0 28L${points.join("L")}L100 28Z`, class: "stn-area" }),
    s("path", { d: `M${points.join("L")}`, class: "stn-line" }),
    here,
  );
  const at = (value) => {
    const where = ((value - low) / (high - low)) * last,
      k = Math.min(Math.floor(where), last - 1);
    return curve[k] + (where - k) * (curve[k + 1] - curve[k]);
  };
  const set = (value) => {
    const x = (100 * (value - low)) / (high - low);
    setAttributes(here, { x1: x, x2: x });
  };
  return { node, at, set };
}

function makeControl(words, name, [, low, high], curve, value, oninput) {
  const control = slider({
    label: words.sliders[name],
    min: low,
    max: high,
    step: STEPS[name] ?? 1,
    value,
    show: (v) => shown(words, name, v),
    oninput,
    concept: name === "shadow" ? "ink" : "source",
  });
  if (!curve) return { ...control, at: () => null };
  const drawn = makeCurve(curve, low, high);
  control.node.classList.add("stn-with-curve");
  control.node.append(drawn.node);
  const set = (v) => {
    control.set(v);
    drawn.set(v);
  };
  return { node: control.node, set, at: drawn.at };
}

// What was measured of the changes that are made: of none, of one, or of several, each of them alone.
function describe(words, made, rest) {
  if (made.length === 0) return rest === null ? "" : interpolate(words.rest, { percent: format(rest, 0) });
  const known = made.filter(({ percent }) => percent !== null);
  const values = known.map(({ label, change, percent }) => ({ label, change, percent: format(percent, 0) }));
  if (made.length === 1) return values.map((one) => interpolate(words.alone, one)).join("");
  const each = values.map((one) => interpolate(words.one, one)).join(", ");
  return each && interpolate(words.together, { each });
}

// `put(values)` sets some of the changes; `draw(now)` shows all, and what is known of them.
export function makeChanges(words, { ranges, curves, now, put }) {
  const names = Object.keys(now);
  const controls = new Map(
    names.map((name) => [
      name,
      makeControl(words, name, ranges[name], curves[name], now[name], (value) => put({ [name]: value })),
    ]),
  );
  const alone = h("p", { class: "stn-alone" });
  const measured = names.find((name) => curves[name]);
  const rest = measured ? controls.get(measured).at(ranges[measured][0]) : null;
  const draw = (values) => {
    for (const [name, control] of controls) control.set(values[name]);
    const made = names.filter((name) => values[name] !== ranges[name][0]);
    const known = made.map((name) => ({
      label: words.sliders[name],
      change: `${words.sliders[name]} ${shown(words, name, values[name])}`,
      percent: controls.get(name).at(values[name]),
    }));
    alone.textContent = describe(words, known, rest);
  };
  const caption = Object.keys(curves).length ? h("p", { class: "stn-key" }, words.curve) : "";
  const nodes = names.map((name) => controls.get(name).node);
  return { node: h("div", {}, caption, h("div", { class: "stn-changes" }, nodes), alone), draw };
}
