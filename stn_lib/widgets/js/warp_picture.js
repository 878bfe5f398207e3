// WarpPicture: drag the frame that theta reads, or type its numbers; the same theta as a pull and as a push.
import { button, choice, controls, draggable, everyFrame, figure, format, fromAddress, h, house, onTheme, picture, s, say, setAttributes, slider, svgPoint } from "./ui.js";
import { controlPoints, gridSample, homography, toNormalized, toPixel, tpsWeights } from "./twin.js";

// --- model: theta is 6 numbers (affine), 8 (projective) or 32 (the sources of 4 x 4 control points) ---------------

const CORNERS = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
const CONTROLS = controlPoints();
const LEAST_W = 0.05;  // nearer to the horizon a pixel of the output is as wide as the whole input

// A function from (family, theta, smoothing) to the sources of fixed target points, flat; the spline's weights are kept.
export function makeMap(points) {
  let weights = null, made = null;
  return (family, theta, smoothing = 0) => {
    const out = new Float64Array(2 * points.length);
    if (family === "tps" && made !== smoothing) [weights, made] = [tpsWeights(points, CONTROLS, smoothing), smoothing];
    points.forEach(([x, y], m) => {
      if (family === "tps") {
        for (let k = 0; k < 32; k++) out[2 * m + (k % 2)] += weights[16 * m + (k >> 1)] * theta[k];
        return;
      }
      const w = family === "projective" ? theta[6] * x + theta[7] * y + 1 : 1;
      out[2 * m] = (theta[0] * x + theta[1] * y + theta[2]) / w;
      out[2 * m + 1] = (theta[3] * x + theta[4] * y + theta[5]) / w;
    });
    return out;
  };
}

export const smallestW = (theta) => 1 - Math.abs(theta[6]) - Math.abs(theta[7]);
const pairs = (flat) => Array.from({ length: flat.length / 2 }, (_, k) => [flat[2 * k], flat[2 * k + 1]]);
const atCorners = makeMap(CORNERS), atControls = makeMap(CONTROLS);

// theta after corner or control point `k` was moved to (x, y); null where no theta of this family does that.
export function dragPoint(family, theta, k, x, y) {
  if (family === "tps") return theta.map((value, i) => (i >> 1 === k ? [x, y][i % 2] : value));
  const corners = pairs(atCorners(family, theta));
  if (family === "affine") {  // the opposite corner stays, the two between move half as far
    const [sx, sy] = CORNERS[k], dx = (x - corners[k][0]) / 4, dy = (y - corners[k][1]) / 4;
    return [theta[0] + sx * dx, theta[1] + sy * dx, theta[2] + 2 * dx, theta[3] + sx * dy, theta[4] + sy * dy, theta[5] + 2 * dy];
  }
  corners[k] = [x, y];
  const found = homography(CORNERS, corners)?.slice(0, 8);
  return found && found.every(Number.isFinite) && smallestW(found) >= LEAST_W ? found : null;
}

export function movePoints(family, theta, dx, dy) {
  if (family === "tps") return theta.map((value, i) => value + [dx, dy][i % 2]);
  if (family === "affine") return theta.map((value, i) => value + (i === 2 ? dx : i === 5 ? dy : 0));
  const [g, h8] = theta.slice(6), last = [g, h8, 1];
  return theta.map((value, i) => (i < 3 ? value + dx * last[i] : i < 6 ? value + dy * last[i - 3] : value));
}

// The nearest theta of another family: what it cannot say is left out.
export function convert(theta, from, to) {
  if (from === to) return theta;
  if (to === "tps") return Array.from(atControls(from, theta));
  const six = from === "tps" ? closestAffine(theta) : theta.slice(0, 6);
  return to === "affine" ? six : [...six, 0, 0];
}

// Least squares on the lattice, whose columns x, y and 1 are at right angles to each other.
function closestAffine(theta) {
  const along = (axis, weight) => CONTROLS.reduce((sum, point, k) => sum + weight(point) * theta[2 * k + axis], 0);
  const size = CONTROLS.reduce((sum, [x]) => sum + x * x, 0);
  return [0, 1].flatMap((axis) => [along(axis, ([x]) => x) / size, along(axis, ([, y]) => y) / size, along(axis, () => 1) / 16]);
}

// What stays as it is under theta, and what theta is made of.
export function describe(family, theta) {
  let six = theta, kind = family;
  if (family === "tps") {
    six = closestAffine(theta);
    const bent = Math.max(...atControls("affine", six).map((value, i) => Math.abs(value - theta[i])));
    kind = bent < 1e-6 ? "affine" : "tps";
  } else if (family === "projective" && Math.abs(theta[6]) + Math.abs(theta[7]) < 1e-9) {
    kind = "affine";
  }
  const [a, b, tx, c, d, ty] = six, determinant = a * d - b * c;
  const xx = a * a + c * c, yy = b * b + d * d, xy = a * b + c * d, near = 2e-3 * (xx + yy);
  const angles = kind === "affine" && Math.abs(xx - yy) < near && Math.abs(xy) < near && xx + yy > 1e-6;
  const scaleX = Math.sqrt(xx), scaleY = determinant / scaleX;
  return {
    kind, determinant, shift: [tx, ty],
    keeps: { lengths: angles && Math.abs(xx - 1) < 4e-3, angles, parallels: kind === "affine", lines: kind !== "tps" },
    parts: Math.abs(determinant) < 1e-6 ? null
      : { turn: (Math.atan2(c, a) * 180) / Math.PI, shear: xy / scaleX / scaleY, scale: [scaleX, scaleY] },
  };
}

// Each pixel sent to theta of its place, rounded: NaN where nobody arrives. The later one wins.
export function push(image, height, width, sources) {
  const out = new Float64Array(height * width).fill(NaN);
  for (let p = 0; p < height * width; p++) {
    const column = Math.round(toPixel(sources[2 * p], width, false)), row = Math.round(toPixel(sources[2 * p + 1], height, false));
    if (column >= 0 && column < width && row >= 0 && row < height) out[row * width + column] = image[p];
  }
  return out;
}

// --- view --------------------------------------------------------------------------------------------------------
const LETTERS = ["A", "B", "C", "D"];
const LINES = [-1, -0.5, 0, 0.5, 1], FINE = 16;
const LATTICE = [0, 1].flatMap((axis) => LINES.flatMap((at) =>
  Array.from({ length: FINE + 1 }, (_, k) => [at, (2 * k) / FINE - 1]).map(([u, v]) => (axis ? [v, u] : [u, v]))));

function latticePath(points) {
  let d = "";
  for (let k = 0; k < points.length / 2; k++) d += `${k % (FINE + 1) ? "L" : "M"}${(100 * points[2 * k]).toFixed(1)} ${(100 * points[2 * k + 1]).toFixed(1)}`;
  return d;
}

function makeInput(words, height, width, state, act) {
  const canvas = picture(height, width, words.input);
  const lines = s("path", { class: "stn-lines" }), frame = s("path", { class: "stn-framepath", tabindex: 0, role: "slider", "aria-label": words.frame, "aria-valuemin": -3, "aria-valuemax": 3 });
  const handle = (name) => s("g", { class: "stn-handle", tabindex: 0, role: "slider", "aria-label": say(words.handle, { name }), "aria-valuemin": -3, "aria-valuemax": 3 },
    s("circle", { r: 17, class: "stn-ring" }), s("circle", { r: 13.5, class: "stn-knob" }), s("text", { class: "stn-letter" }, name));
  const corners = LETTERS.map(handle), points = CONTROLS.map((_, k) => handle(String(k + 1)));
  const svg = s("svg", { role: "group", "aria-label": words.input });
  const box = h("div", { class: "stn-window" }, canvas.canvas, svg);
  let view = 1.6, held = false;
  const locate = (event) => svgPoint(svg, event).map((value) => value / 100);
  const bound = (value) => Math.min(Math.max(value, -0.97 * view), 0.97 * view);
  const sources = () => pairs(state().family === "tps" ? state().theta : atCorners(state().family, state().theta));
  [corners, points].forEach((group) => group.forEach((node, k) => draggable(node, {
    locate, at: () => sources()[k], step: 0.05, move: (x, y) => act.drag(k, bound(x), bound(y)),
  })));
  draggable(frame, { locate, at: () => act.middle(), step: 0.05, move: (x, y) => act.move(bound(x), bound(y)) });
  svg.addEventListener("pointerdown", () => { held = true; });
  const release = () => { held = false; act.redraw(); };
  svg.addEventListener("pointerup", release);
  svg.addEventListener("pointercancel", release);
  const draw = (lattice) => {
    const { family } = state(), at = sources();
    if (!held) {
      view = Math.max(1.6, 1.12 * lattice.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
      svg.setAttribute("viewBox", `${-100 * view} ${-100 * view} ${200 * view} ${200 * view}`);
      box.style.setProperty("--stn-share", `${50 / view}%`);
    }
    lines.setAttribute("d", latticePath(lattice));
    const [x, y] = act.middle();
    setAttributes(frame, { d: outline(lattice), "aria-valuenow": x.toFixed(2), "aria-valuetext": say(words.reads, { x: format(x), y: format(y) }) });
    (family === "tps" ? points : corners).forEach((node, k) => {
      const [x, y] = at[k];
      // As large on the screen whatever the window shows.
      node.setAttribute("transform", `translate(${100 * x} ${100 * y}) scale(${view / 1.6})`);
      setAttributes(node, { "aria-valuenow": x.toFixed(2), "aria-valuetext": say(words.reads, { x: format(x), y: format(y) }) });
    });
  };
  const arrange = (family) => svg.replaceChildren(lines, frame, ...(family === "tps" ? points : corners));
  return { node: figure(words.input, box), draw, arrange, canvas };
}

// The border of the frame: the first and the last line of each direction of the lattice.
function outline(points) {
  const at = (line, k) => { const p = 2 * (line * (FINE + 1) + k); return `${(100 * points[p]).toFixed(1)} ${(100 * points[p + 1]).toFixed(1)}`; };
  const run = Array.from({ length: FINE + 1 }, (_, k) => k), back = [...run].reverse();
  return "M" + [...run.map((k) => at(5, k)), ...run.map((k) => at(4, k)), ...back.map((k) => at(9, k)), ...back.map((k) => at(0, k))].join("L") + "Z";
}

function makeOutput(caption, height, width, drawn) {
  const canvas = picture(height, width, caption);
  const plain = latticePath(LATTICE.flat());
  const overlay = s("svg", { viewBox: "-100 -100 200 200", "aria-hidden": "true" });
  const lines = s("path", { class: "stn-lines", d: drawn === "lattice" ? plain : "" });
  overlay.append(lines);
  if (drawn === "lattice") CORNERS.forEach(([x, y], k) => overlay.append(s("text", { x: 91 * x, y: 91 * y, class: "stn-corner-name" }, LETTERS[k])));
  return { node: figure(caption, h("div", { class: `stn-over stn-out ${drawn === "lattice" ? "" : "stn-push"}` }, canvas.canvas, overlay)), canvas, lines };
}

function makeNumbers(words, put) {
  const cell = (k) => h("input", { type: "number", step: 0.05, min: -9, max: 9, "aria-label": words.entries[k], oninput: (event) => {
    if (event.target.value !== "" && Number.isFinite(Number(event.target.value))) put(k, Number(event.target.value));
  } });
  const inputs = Array.from({ length: 8 }, (_, k) => cell(k)), one = h("span", { class: "stn-one" }, "1");
  const matrix = h("div", { class: "stn-matrix" });
  const arrange = (family) => {
    if (family === "tps") matrix.replaceChildren(h("p", {}, words.thirty));
    else matrix.replaceChildren(...inputs.slice(0, family === "affine" ? 6 : 8), ...(family === "affine" ? [] : [one]));
  };
  const rows = Object.fromEntries(["determinant", "turn", "shear", "scale", "shift"].map((name) => [name, h("dd", {})]));
  const list = h("dl", {}, Object.entries(rows).flatMap(([name, node]) => [h("dt", {}, words.parts[name]), node]));
  const keeps = Object.fromEntries(["lengths", "angles", "parallels", "lines"].map((name) => [name, h("li", {}, words.keeps[name])]));
  const about = h("p", { class: "stn-about" });
  const node = h("div", { class: "stn-numbers" }, h("p", { class: "stn-head" }, words.theta), matrix, about, list,
    h("p", { class: "stn-head" }, words.kept), h("ul", { class: "stn-keeps" }, Object.values(keeps)));
  const draw = (family, theta, told) => {
    if (family !== "tps") {
      theta.forEach((value, k) => {
        const input = inputs[k], shown = Number(value.toFixed(3));
        if (input.value === "" || Math.abs(Number(input.value) - shown) > 4e-4) input.value = shown;
      });
    }
    const parts = told.parts;
    rows.determinant.textContent = say(told.determinant < -1e-6 ? words.mirrored : words.area, { value: format(told.determinant), percent: format(100 * Math.abs(told.determinant), 0) });
    rows.turn.textContent = parts ? `${format(parts.turn, 1)}\u00b0` : words.flat;
    rows.shear.textContent = parts ? format(parts.shear) : words.flat;
    rows.scale.textContent = parts ? `${format(parts.scale[0])} \u00d7 ${format(parts.scale[1])}` : words.flat;
    rows.shift.textContent = `(${format(told.shift[0])}, ${format(told.shift[1])})`;
    about.textContent = { affine: "", tps: words.closest, projective: say(words.horizon, { w: format(smallestW(theta)) }) }[family];
    list.style.display = family === "projective" ? "none" : "";
    for (const [name, item] of Object.entries(keeps)) {
      item.dataset.kept = String(told.keeps[name]);
      item.textContent = `${told.keeps[name] ? "\u2713" : "\u2717"} ${words.keeps[name]}`;
    }
  };
  return { node, draw, arrange };
}

const COUNT = { affine: 6, projective: 8, tps: 32 };

function readAddress(model) {
  const asked = fromAddress("warp-picture"), family = asked.family ?? "affine";
  const theta = (asked.theta ?? "").split(",").map(Number);
  if (theta.length === COUNT[family] && theta.every(Number.isFinite) && (family !== "projective" || smallestW(theta) >= LEAST_W)) {
    model.set("family", family);
    model.set("theta", theta);
  }
}

function render({ model, el }) {
  const words = model.get("words"), height = model.get("height"), width = model.get("width"), presets = model.get("presets");
  const image = Float64Array.from(model.get("image"));
  readAddress(model);
  const state = () => ({ family: model.get("family"), theta: model.get("theta"), smoothing: model.get("smoothing") });
  let refused = false;
  const put = (values) => {
    refused = false;
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const tidy = (theta) => theta.map((value) => Math.round(value * 1e4) / 1e4);
  const offer = (theta) => { if (theta) put({ theta: tidy(theta) }); else { refused = true; ask(); } };
  const middle = () => { const { family, theta } = state(); return pairs(family === "tps" ? closestAffine(theta).filter((_, i) => i % 3 === 2) : [theta[2], theta[5]])[0]; };
  const input = makeInput(words, height, width, state, {
    drag: (k, x, y) => offer(dragPoint(state().family, state().theta, k, x, y)),
    middle, move: (x, y) => { const [mx, my] = middle(); offer(movePoints(state().family, state().theta, x - mx, y - my)); },
    redraw: () => ask(),
  });
  const pulled = makeOutput(words.pulled, height, width, "lattice"), pushed = makeOutput(words.pushed, height, width, "frame");
  const numbers = makeNumbers(words, (k, value) => {
    const theta = state().theta.map((old, i) => (i === k ? value : old));
    offer(state().family === "projective" && smallestW(theta) < LEAST_W ? null : theta);
  });
  const families = choice({ label: words.family, options: words.families, value: state().family,
    onchange: (family) => put({ family, theta: tidy(convert(state().theta, state().family, family)) }) });
  const names = h("select", { "aria-label": words.preset, onchange: () => { const chosen = presets[names.value]; if (chosen) put({ family: chosen.family, theta: chosen.theta, smoothing: 0 }); } },
    h("option", { value: "", disabled: true }, words.own), presets.map((one, k) => h("option", { value: k }, one.name)));
  const smoothing = slider({ label: words.smoothing, min: 0, max: 2, step: 0.02, value: state().smoothing, show: (v) => format(v), concept: "theta", oninput: (value) => put({ smoothing: value }) });
  const reset = button(words.reset, () => put({ family: "affine", theta: [1, 0, 0, 0, 1, 0], smoothing: 0 }));
  const told = h("output", { class: "stn-told" });
  const chooser = h("label", { class: "stn-select" }, h("span", {}, words.preset), names), row = controls();

  house(el, "warp-picture");
  el.replaceChildren(h("section", { class: "stn-frame", "aria-label": words.title },
    h("p", { class: "stn-title" }, words.title),
    h("div", { class: "stn-stage" }, input.node, pulled.node, pushed.node, numbers.node),
    told,
    row,
    h("p", { class: "stn-try" }, words.try)));

  const pixels = [];
  for (let row = 0; row < height; row++) for (let column = 0; column < width; column++) pixels.push([toNormalized(column, width, false), toNormalized(row, height, false)]);
  const atPixels = makeMap(pixels), atLattice = makeMap(LATTICE), out = new Float32Array(height * width);
  let arranged = "";
  const arrange = (family) => {
    if (family === arranged) return;
    arranged = family;
    input.arrange(family);
    numbers.arrange(family);
    row.replaceChildren(chooser, families.node, ...(family === "tps" ? [smoothing.node] : []), reset);
  };
  const draw = () => {
    const { family, theta, smoothing: soft } = state();
    arrange(family);
    const sources = atPixels(family, theta, soft), lattice = atLattice(family, theta, soft);
    input.canvas.draw(image);
    input.draw(lattice);
    pulled.canvas.draw(gridSample(image, [1, height, width], sources, { out }));
    const sent = push(image, height, width, sources), empty = sent.reduce((sum, value) => sum + Number.isNaN(value), 0);
    pushed.canvas.draw(sent);
    pushed.lines.setAttribute("d", outline(lattice));
    numbers.draw(family, theta, describe(family, theta));
    families.set(family);
    smoothing.set(soft);
    const same = presets.findIndex((one) => one.family === family && soft === 0 && one.theta.every((value, i) => Math.abs(value - theta[i]) < 1e-3));
    names.value = same < 0 ? "" : String(same);
    told.textContent = refused ? words.refused : `${say(words.empty, { count: empty, all: height * width })} ${same < 0 ? "" : presets[same].note}`;
  };
  const ask = everyFrame(draw);
  const recolour = () => { for (const panel of [input, pulled, pushed]) panel.canvas.recolour(); };
  const offTheme = onTheme(() => { recolour(); ask(); });
  const events = "change:family change:theta change:smoothing";
  model.on(events, ask);
  recolour();
  draw();
  return () => { model.off(events, ask); ask.stop(); offTheme(); };
}

export default { render };
