// The experiment: one digit under many random distortions, each answer a mark at its rotation and its scale.
import { h, s, setAttributes } from "../shared/dom.js";
import { svgPoint } from "../shared/drag.js";
import { interpolate } from "../shared/text.js";

const SLICE = 8; // milliseconds of a frame that the experiment may take
const VIEW = { width: 310, height: 148, left: 38, right: 302, top: 12, bottom: 120 };
const NEAR = 16;

// Does one(k) for k = 0 … count − 1, as many a frame as fit, and calls after(done) with how many are done.
export function inSlices(count, one, after) {
  let next = 0,
    asked = 0;
  const work = () => {
    const until = performance.now() + SLICE;
    do one(next++);
    while (next < count && performance.now() < until);
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

function makeAxes(words, { degrees, scale: [low, high] }, px) {
  const { left, top, bottom } = VIEW;
  const text = (x, y, anchor, content) => s("text", { class: "stn-axis", x, y, "text-anchor": anchor }, content);
  const anchors = ["start", "middle", "end"];
  const across = [-degrees, 0, degrees].map((value, k) => {
    const shown = String(value).replace("-", "\u2212");
    return text(px(value), bottom + 19, anchors[k], interpolate(words.turned, { v: shown }));
  });
  const up = [low, high].map((value, k) =>
    text(left - 7, k ? top + 10 : bottom, "end", interpolate(words.sized, { v: value })),
  );
  const names = [
    text(px(degrees / 2), bottom + 19, "middle", words.sliders.degrees),
    text(left - 7, (top + bottom) / 2, "end", words.sliders.scale),
  ];
  return [...across, ...up, ...names];
}

// Not tried yet: a ring. Correct: a dot. Wrong: the digit that the network answered.
function makeMark([x, y], answer, truth, expected) {
  if (answer === undefined) return s("circle", { cx: x, cy: y, r: 2.6, class: "stn-coming" });
  const state = truth === null ? "open" : answer === truth ? "right" : "wrong";
  if (answer === expected) return s("circle", { cx: x, cy: y, r: 2.8, "data-state": state });
  return s("text", { x, y, "data-state": state }, String(answer));
}

function makeBoard(words, recipe, pick) {
  const { degrees, scale } = recipe;
  const { left, right, top, bottom } = VIEW;
  const px = (value) => left + ((value + degrees) / (2 * degrees)) * (right - left);
  const py = (value) => bottom - ((value - scale[0]) / (scale[1] - scale[0])) * (bottom - top);
  const marks = s("g", {});
  const ring = s("circle", { class: "stn-ringed", r: 10 });
  const svg = s(
    "svg",
    { viewBox: `0 0 ${VIEW.width} ${VIEW.height}`, role: "img", class: "stn-trials" },
    s("rect", { x: left, y: top, width: right - left, height: bottom - top, class: "stn-range" }),
    s("path", { class: "stn-zero", d: `M${px(0)} ${top}V${bottom}` }),
    makeAxes(words, recipe, px),
    ring,
    marks,
  );
  let points = [];
  svg.addEventListener("click", (event) => {
    const [x, y] = svgPoint(svg, event);
    const away = points.map(([u, v]) => Math.hypot(u - x, v - y));
    const least = Math.min(...away);
    if (least < NEAR) pick(away.indexOf(least));
  });
  const place = (trials, chosen) => {
    points = trials.map((trial) => [px(trial.degrees), py(trial.scale)]);
    ring.style.display = chosen < 0 ? "none" : "";
    if (chosen >= 0) setAttributes(ring, { cx: points[chosen][0], cy: points[chosen][1] });
  };
  const fill = (answers, truth, expected) => {
    const made = points.map((point, k) => makeMark(point, answers[k], truth, expected));
    const of = (name) => made.filter((one) => one.localName === name);
    marks.replaceChildren(...of("circle"), ...of("text")); // numbers last, so that no dot covers one
  };
  return { svg, place, fill };
}

// One network's marks.
export function makeTrialChart(words, name, recipe, pick) {
  const board = makeBoard(words, recipe, pick);
  const result = h("output", {});
  const title = h("figcaption", {}, h("span", {}, name), result);
  let shown = "";
  const draw = (trials, answers, truth, chosen) => {
    board.place(trials, chosen);
    const state = `${truth} ${trials[0].x} ${answers.length}`;
    if (state === shown) return;
    shown = state;
    const [most, times] = mostly(answers);
    const expected = truth ?? most;
    const wrong = answers.filter((answer) => answer !== expected).length;
    board.fill(answers, truth, expected);
    const values = { wrong, count: answers.length, digit: most, times };
    result.textContent = !answers.length ? "" : interpolate(truth === null ? words.mostly : words.wrongs, values);
    result.dataset.state = truth === null || !answers.length ? "open" : wrong ? "wrong" : "right";
    const said = answers.length ? `${name}: ${result.textContent}` : name;
    board.svg.setAttribute("aria-label", said);
    result.setAttribute("aria-label", answers.length ? said : "");
  };
  const node = h("figure", { class: "stn-panel" }, title, board.svg);
  return { node, draw };
}
