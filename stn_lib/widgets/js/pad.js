// The pad of DrawDigit: a mouse, a finger or a pen writes on it, and so do arrow keys with a pen that space puts down.
import { figure, h, picture, s, say, setAttributes, svgPoint } from "./ui.js";
import { PAD, PEN, smooth } from "./ink.js";

const APART = 0.8;  // pad units between two points of a stroke: a hand's tremor below that is no shape
const STEP = 2, LEAP = 8;
const TOWARDS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const within = (value) => Math.round(10 * Math.min(Math.max(value, 0), PAD)) / 10;
// A stroke of one point is a dot: a line of no length with round ends.
const outline = (stroke) => {
  const line = smooth(stroke);
  let d = `M${line[0].toFixed(1)} ${line[1].toFixed(1)}`;
  for (let k = line.length > 2 ? 2 : 0; k < line.length; k += 2) d += `L${line[k].toFixed(1)} ${line[k + 1].toFixed(1)}`;
  return d;
};

// `live()` is called while a stroke grows, `commit(stroke)` when it ends, `announce(text)` where the pen is not seen.
export function makePad(words, small, { live, commit, undo, announce }) {
  const below = picture(small, small, words.pad);
  setAttributes(below.canvas, { role: "presentation", "aria-hidden": "true" });
  const done = s("path", { class: "stn-stroke" }), growing = s("path", { class: "stn-stroke" });
  const pen = s("circle", { class: "stn-pen", r: PEN / 2 });
  const hint = s("text", { class: "stn-hint", x: PAD / 2, y: PAD / 2 }, words.hint);
  const svg = s("svg", { viewBox: `0 0 ${PAD} ${PAD}`, class: "stn-pad", tabindex: 0, role: "application", "aria-label": words.padHelp }, hint, done, growing, pen);
  const at = [PAD / 2, PAD / 2], held = new Set();
  let stroke = null, pointer = null;

  const show = () => {
    growing.setAttribute("d", stroke ? outline(stroke) : "");
    setAttributes(pen, { cx: at[0], cy: at[1] });
    pen.dataset.down = String(stroke !== null && pointer === null);
    if (stroke) { hint.style.display = "none"; below.canvas.style.visibility = "hidden"; }
  };
  const begin = () => { stroke = [...at]; show(); live(); };
  const end = () => {
    if (!stroke) return;
    const finished = stroke;
    [stroke, pointer] = [null, null];
    show();
    commit(finished);
  };
  const reach = (x, y) => {
    [at[0], at[1]] = [within(x), within(y)];
    if (stroke && Math.hypot(at[0] - stroke.at(-2), at[1] - stroke.at(-1)) >= APART) stroke.push(...at);
  };

  svg.addEventListener("pointerdown", (event) => {
    if (event.button || pointer !== null) return;
    end();
    pointer = event.pointerId;
    svg.dataset.keyboard = "false";
    svg.setPointerCapture(pointer);
    svg.focus({ preventScroll: true });
    reach(...svgPoint(svg, event));
    begin();
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    // A frame may hold several reports of a fast hand; those made by a script hold none.
    const reports = event.getCoalescedEvents?.() ?? [];
    for (const report of reports.length ? reports : [event]) reach(...svgPoint(svg, report));
    show();
    live();
  });
  for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, (event) => { if (event.pointerId === pointer) end(); });

  const where = () => ({ x: Math.round(at[0]), y: Math.round(at[1]) });
  // A browser may take a focus that a pointer brought for one of the keyboard's, which is told how to write.
  svg.addEventListener("focus", () => { svg.dataset.keyboard = String(pointer === null); });
  svg.addEventListener("keydown", (event) => {
    svg.dataset.keyboard = "true";
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") { end(); undo(); event.preventDefault(); }
    if (event.altKey || event.ctrlKey || event.metaKey || pointer !== null) return;
    if (event.key === " " || event.key === "Enter" || (event.key === "Escape" && stroke)) {
      if (event.repeat) { event.preventDefault(); return; }
      announce(say(stroke ? words.penUp : words.penDown, where()));
      if (stroke) end();
      else begin();
    } else if (event.key in TOWARDS) {
      held.add(event.key);  // two arrows at once go aslant
      const far = event.shiftKey ? LEAP : STEP, ways = [...held].map((key) => TOWARDS[key]);
      reach(at[0] + far * Math.sign(ways.reduce((sum, [x]) => sum + x, 0)), at[1] + far * Math.sign(ways.reduce((sum, [, y]) => sum + y, 0)));
      show();
      if (stroke) live();
      else announce(say(words.penAt, where()));
    } else return;
    event.preventDefault();
  });
  svg.addEventListener("keyup", (event) => held.delete(event.key));
  svg.addEventListener("blur", () => { held.clear(); if (pointer === null) end(); });

  const draw = (strokes, example) => {
    done.setAttribute("d", strokes.map(outline).join(""));
    below.canvas.style.visibility = example && !stroke ? "visible" : "hidden";
    if (example) below.draw(example);
    hint.style.display = strokes.length || example || stroke ? "none" : "";
    show();
  };
  const caption = [h("span", { class: "stn-idle" }, words.pad), h("span", { class: "stn-keys" }, words.padKeys)];
  return { node: figure(caption, h("div", { class: "stn-over stn-paper-pad" }, below.canvas, svg)), draw, recolour: below.recolour, growing: () => stroke };
}
