// The pad of DrawDigit: a mouse, a finger or a pen writes on it, and so do arrow keys with a pen that space puts down.
import { say } from "../shared/announce.js";
import { figure } from "../shared/controls.js";
import { h, s, setAttributes } from "../shared/dom.js";
import { svgPoint } from "../shared/drag.js";
import { imageCanvas } from "../shared/image.js";
import { interpolate } from "../shared/text.js";
import { PAD, PEN, smooth } from "./ink.js";

const APART = 0.8; // of the pad between two points of a stroke: a hand's tremor below that is no shape
const STEP = 2,
  LEAP = 8;
const TOWARDS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const within = (value) => Math.round(10 * Math.min(Math.max(value, 0), PAD)) / 10;
// A stroke of one point is a dot: a line of no length with round ends.
const outline = (stroke) => {
  const line = smooth(stroke);
  let d = `M${line[0].toFixed(1)} ${line[1].toFixed(1)}`;
  for (let k = line.length > 2 ? 2 : 0; k < line.length; k += 2)
    d += `L${line[k].toFixed(1)} ${line[k + 1].toFixed(1)}`;
  return d;
};

// `live()` is called while a stroke grows, `commit(stroke)` when it ends.
function makeDrawing(words, small) {
  const below = imageCanvas(small, small, words.pad);
  setAttributes(below.canvas, { role: "presentation", "aria-hidden": "true" });
  const [done, growing] = [0, 1].map(() => s("path", { class: "stn-stroke" }));
  const pen = s("circle", { class: "stn-pen", r: PEN / 2 });
  const hint = s("text", { class: "stn-hint", x: PAD / 2, y: PAD / 2 }, words.hint);
  const role = { tabindex: 0, role: "application", "aria-label": words.padHelp };
  const svg = s("svg", { viewBox: `0 0 ${PAD} ${PAD}`, class: "stn-pad", ...role }, hint, done, growing, pen);
  return { below, done, growing, pen, hint, svg };
}

// The pen: where it is, and the stroke that it writes. `pointer` is the id of the pointer that holds it.
function makePen({ growing, pen, hint, below }, { live, commit }) {
  const state = { at: [PAD / 2, PAD / 2], stroke: null, pointer: null };
  const show = () => {
    growing.setAttribute("d", state.stroke ? outline(state.stroke) : "");
    setAttributes(pen, { cx: state.at[0], cy: state.at[1] });
    pen.dataset.down = String(state.stroke !== null && state.pointer === null);
    if (!state.stroke) return;
    hint.style.display = "none";
    below.canvas.style.visibility = "hidden";
  };
  const begin = () => {
    state.stroke = [...state.at];
    show();
    live();
  };
  const end = () => {
    if (!state.stroke) return;
    const finished = state.stroke;
    [state.stroke, state.pointer] = [null, null];
    show();
    commit(finished);
  };
  const reach = (x, y) => {
    const { at, stroke } = state;
    [at[0], at[1]] = [within(x), within(y)];
    if (stroke && Math.hypot(at[0] - stroke.at(-2), at[1] - stroke.at(-1)) >= APART) stroke.push(...at);
  };
  return { state, show, begin, end, reach };
}

function listenToPointer(svg, pen, live) {
  const { state } = pen;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button || state.pointer !== null) return;
    pen.end();
    state.pointer = event.pointerId;
    svg.dataset.keyboard = "false";
    svg.setPointerCapture(state.pointer);
    svg.focus({ preventScroll: true });
    pen.reach(...svgPoint(svg, event));
    pen.begin();
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => {
    if (event.pointerId !== state.pointer) return;
    // A frame may hold several reports of a fast hand; those made by a script hold none.
    const reports = event.getCoalescedEvents?.() ?? [];
    for (const report of reports.length ? reports : [event]) pen.reach(...svgPoint(svg, report));
    pen.show();
    live();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    svg.addEventListener(name, (event) => {
      if (event.pointerId === state.pointer) pen.end();
    });
  }
  // A browser may take a focus that a pointer brought for one of the keyboard's, which hears how to write.
  svg.addEventListener("focus", () => {
    svg.dataset.keyboard = String(state.pointer === null);
  });
}

// Arrow keys move the pen; space puts it down and lifts it. `told` says where it is.
function listenToKeys(svg, pen, words, told, { live, undo }) {
  const { state } = pen;
  const held = new Set();
  const tell = () => {
    const [x, y] = state.at.map(Math.round);
    say(told, interpolate(state.stroke ? words.penDown : words.penUp, { x, y }));
  };
  const lift = () => {
    if (state.stroke) pen.end();
    else pen.begin();
  };
  const move = (event) => {
    held.add(event.key); // two arrows together move diagonally
    const far = event.shiftKey ? LEAP : STEP;
    const ways = [...held].map((key) => TOWARDS[key]);
    const along = (axis) => far * Math.sign(ways.reduce((sum, way) => sum + way[axis], 0));
    pen.reach(state.at[0] + along(0), state.at[1] + along(1));
    pen.show();
    if (state.stroke) live();
  };
  svg.addEventListener("keydown", (event) => {
    svg.dataset.keyboard = "true";
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
      pen.end();
      undo();
      event.preventDefault();
    }
    if (event.altKey || event.ctrlKey || event.metaKey || state.pointer !== null) return;
    const lifts = event.key === " " || event.key === "Enter" || (event.key === "Escape" && state.stroke);
    if (!lifts && !(event.key in TOWARDS)) return;
    event.preventDefault();
    if (!lifts) move(event);
    else if (!event.repeat) lift();
    tell();
  });
  svg.addEventListener("keyup", (event) => held.delete(event.key));
  svg.addEventListener("blur", () => {
    held.clear();
    if (state.pointer === null) pen.end();
  });
}

export function makePad(words, small, act) {
  const drawing = makeDrawing(words, small);
  const { below, done, hint, svg } = drawing;
  const pen = makePen(drawing, act);
  listenToPointer(svg, pen, act.live);
  const told = h("output", { class: "stn-spoken" });
  listenToKeys(svg, pen, words, told, act);
  const draw = (strokes, example) => {
    const { stroke } = pen.state;
    done.setAttribute("d", strokes.map(outline).join(""));
    below.canvas.style.visibility = example && !stroke ? "visible" : "hidden";
    if (example) below.draw(example);
    hint.style.display = strokes.length || example || stroke ? "none" : "";
    pen.show();
  };
  const caption = [h("span", { class: "stn-idle" }, words.pad), h("span", { class: "stn-keys" }, words.padKeys)];
  const node = figure(caption, h("div", { class: "stn-over stn-paper-pad" }, below.canvas, svg), told);
  return { node, draw, recolour: below.recolour, growing: () => pen.state.stroke };
}
