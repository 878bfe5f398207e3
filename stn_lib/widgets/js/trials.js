// The experiment of DrawDigit: one digit under many random distortions, each answer a mark at its turn and its size.
import { h, s, say, setAttributes, svgPoint } from "./ui.js";

const SLICE = 8;  // milliseconds of a frame that the experiment may take
const VIEW = { width: 310, height: 178, left: 38, right: 302, top: 12, bottom: 150 };
const NEAR = 16;

// Does one(k) for k = 0 … count − 1, as many a frame as fit, and calls after(done) with how many are done.
export function inSlices(count, one, after) {
  let next = 0, asked = 0;
  const work = () => {
    const until = performance.now() + SLICE;
    do one(next++); while (next < count && performance.now() < until);
    asked = next < count ? requestAnimationFrame(work) : 0;
    after(next);
  };
  asked = requestAnimationFrame(work);
  return () => cancelAnimationFrame(asked);
}

// [the answer given most often, how often]; of equals the smallest.
export function mostly(answers) {
  const counts = Array.from({ length: 10 }, (_, digit) => answers.filter((answer) => answer === digit).length);
  const most = Math.max(...counts);
  return [counts.indexOf(most), most];
}

// One network's marks. To come: a ring. Right: a dot. Wrong: the digit that it read instead.
export function makeTrialChart(words, name, { degrees, scale: [low, high] }, pick) {
  const { left, right, top, bottom } = VIEW;
  const px = (value) => left + ((value + degrees) / (2 * degrees)) * (right - left);
  const py = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
  const marks = s("g", {}), ring = s("circle", { class: "stn-ringed", r: 10 });
  const axis = [-degrees, 0, degrees].map((value, k) => s("text", { class: "stn-axis", x: px(value), y: bottom + 19, "text-anchor": ["start", "middle", "end"][k] }, say(words.turned, { v: String(value).replace("-", "\u2212") })));
  const sizes = [low, high].map((value, k) => s("text", { class: "stn-axis", x: left - 7, y: k ? top + 10 : bottom, "text-anchor": "end" }, say(words.sized, { v: value })));
  const names = [s("text", { class: "stn-axis", x: px(degrees / 2), y: bottom + 19, "text-anchor": "middle" }, words.sliders.degrees),
    s("text", { class: "stn-axis", x: left - 7, y: (top + bottom) / 2, "text-anchor": "end" }, words.sliders.scale)];
  const svg = s("svg", { viewBox: `0 0 ${VIEW.width} ${VIEW.height}`, role: "img", class: "stn-trials" },
    s("rect", { x: left, y: top, width: right - left, height: bottom - top, class: "stn-range" }),
    s("path", { class: "stn-zero", d: `M${px(0)} ${top}V${bottom}` }), axis, sizes, names, ring, marks);
  const result = h("b", {}), title = h("figcaption", {}, h("span", {}, name), result);
  let points = [], shown = "";
  svg.addEventListener("click", (event) => {
    const [x, y] = svgPoint(svg, event), away = points.map(([u, v]) => Math.hypot(u - x, v - y)), least = Math.min(...away);
    if (least < NEAR) pick(away.indexOf(least));
  });
  const mark = (answer, k, truth, expected) => {
    const [x, y] = points[k], state = truth === null ? "open" : answer === truth ? "right" : "wrong";
    if (answer === undefined) return s("circle", { cx: x, cy: y, r: 2.6, class: "stn-coming" });
    return answer === expected ? s("circle", { cx: x, cy: y, r: 2.8, "data-state": state }) : s("text", { x, y, "data-state": state }, String(answer));
  };
  const draw = (trials, answers, truth, chosen) => {
    points = trials.map((trial) => [px(trial.degrees), py(trial.scale)]);
    ring.style.display = chosen < 0 ? "none" : "";
    if (chosen >= 0) setAttributes(ring, { cx: points[chosen][0], cy: points[chosen][1] });
    const state = `${truth} ${trials[0].x} ${answers.length}`;
    if (state === shown) return;
    shown = state;
    const [most, times] = mostly(answers), expected = truth ?? most, wrong = answers.filter((answer) => answer !== expected).length;
    // Numbers last, so that no dot lies on one.
    const made = points.map((_, k) => mark(answers[k], k, truth, expected));
    marks.replaceChildren(...made.filter((one) => one.localName === "circle"), ...made.filter((one) => one.localName === "text"));
    const values = { wrong, count: answers.length, digit: most, times };
    result.textContent = !answers.length ? "" : say(truth === null ? words.mostly : words.wrongs, values);
    result.dataset.state = truth === null || !answers.length ? "open" : wrong ? "wrong" : "right";
    svg.setAttribute("aria-label", answers.length ? `${name}: ${result.textContent}` : name);
  };
  return { node: h("figure", { class: "stn-panel" }, title, svg), draw, result: () => `${name}: ${result.textContent}` };
}
