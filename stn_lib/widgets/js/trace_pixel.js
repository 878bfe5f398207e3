// TracePixel: point at a pixel of the output, see where theta has it read, and the arithmetic with its numbers.
import { arrowPath, button, choice, controls, everyFrame, figure, format, fromAddress, h, house, s, say, setAttributes, slider, svgPoint } from "./ui.js";
import { toPixel } from "./twin.js";
import { MOST, arithmetic, askedState, clipSegment, readAll, traceOne } from "./tracing.js";

// --- view: a panel is 330 units wide, and as high as the input with its rim ---------------------------------------
const SIDE = 300, LEFT = 28, TOP = 22, LEAST = 252, RIM = 0.75, GAP = 1;
const shade = (share) => `--stn-shade:color-mix(in srgb, var(--stn-ink) ${Math.round(36 * Math.min(Math.max(share, 0), 1))}%, var(--stn-surface))`;

// Where pixel coordinates lie in a panel, for a picture of `size` with `rim` pixels of outside.
function place([height, width], rim, room) {
  const cell = Math.min(SIDE / (width + 2 * rim), room / (height + 2 * rim));
  const left = LEFT + (SIDE - cell * width) / 2, top = TOP + (room - cell * height) / 2;
  const at = (x, y) => [left + (x + 0.5) * cell, top + (y + 0.5) * cell];
  return { cell, at, box: [...at(-0.5 - rim, -0.5 - rim), ...at(width - 0.5 + rim, height - 0.5 + rim)] };
}

const roomOf = ([height, width]) => Math.max(LEAST, Math.min(SIDE, (SIDE * (height + 2 * RIM)) / (width + 2 * RIM)));

function makeCells([height, width], { at, cell }) {
  const cells = Array.from({ length: height * width }, (_, k) => {
    const [x, y] = at((k % width) - 0.5, Math.floor(k / width) - 0.5), side = cell - 2 * GAP;
    return { rect: s("rect", { x: x + GAP, y: y + GAP, width: side, height: side, rx: Math.min(4, side / 8), class: "stn-cell" }),
      text: s("text", { x: x + cell - 5, y: y + cell - 6, class: "stn-value" }) };
  });
  const draw = (values, span, show) => cells.forEach(({ rect, text }, k) => {
    for (const node of [rect, text]) node.setAttribute("style", shade(values[k] / span));
    text.textContent = show(values[k]);
  });
  return { pixels: cells.map(({ rect }) => rect), numbers: cells.map(({ text }) => text), draw };
}

const fits = (text, { cell }) => 7.2 * text.length < cell - 4;

// The ruler of a picture: where -1, 0 and 1 lie, at the edges of the first and last pixel or at their centres.
function makeRuler() {
  const frame = s("path", { class: "stn-frameline" }), lines = s("path", { class: "stn-ticks" });
  const ticks = [0, 1].flatMap((axis) => [-1, 0, 0.5, 1].map((value) => ({ axis, value, label: s("text", { class: `stn-axis stn-axis-${axis}` }, value === 0.5 ? "xy"[axis] : format(value, 0)) })));
  const draw = ({ at, box: [x0, y0] }, [height, width], corners) => {
    const place = (value) => at(toPixel(value, width, corners), toPixel(value, height, corners));
    const [left, top] = place(-1), [right, bottom] = place(1);
    frame.setAttribute("d", `M${left} ${top}H${right}V${bottom}H${left}Z`);
    let path = `M${left} ${y0 - 4}H${right}M${x0 - 4} ${top}V${bottom}`;
    for (const { axis, value, label } of ticks) {
      const [x, y] = place(value), length = axis ? bottom - top : right - left;
      if (value !== 0.5) path += axis ? `M${x0 - 8} ${y}h4` : `M${x} ${y0 - 8}v4`;
      setAttributes(label, { ...(axis ? { x: x0 - 11, y } : { x, y: y0 - 15 }), visibility: value === 0 || length > (value === 0.5 ? 80 : 24) ? "visible" : "hidden" });
    }
    lines.setAttribute("d", path);
  };
  return { node: s("g", {}, frame, lines, ticks.map(({ label }) => label)), draw };
}

function makeInput(words, state) {
  const size = state().size, room = roomOf(size), spot = place(size, RIM, room);
  const svg = s("svg", { viewBox: `0 0 ${LEFT + SIDE + 2} ${TOP + room + 2}`, role: "img", "aria-label": words.input });
  const [left, top, right, bottom] = spot.box, cells = makeCells(size, spot);
  const ruler = makeRuler(), lines = s("path", { class: "stn-lines" }), dots = s("path", { class: "stn-dots" });
  const arrow = s("path", { class: "stn-arrow" }), halo = s("path", { class: "stn-arrow-halo" });
  const target = s("circle", { r: 5, class: "stn-from" }), source = s("g", { class: "stn-read" }, s("circle", { r: 9, class: "stn-halo" }), s("circle", { r: 9 }));
  svg.append(s("rect", { x: left, y: top, width: right - left, height: bottom - top, rx: 6, class: "stn-rim" }), ...cells.pixels, ruler.node, lines, ...cells.numbers, dots, halo, arrow, target, source);
  cells.draw(state().image, state().span, (value) => (fits(String(value), spot) ? String(value) : ""));
  const draw = (all, seen) => {
    const { outSize: [rows, columns], samplerCorners } = state();
    const at = (k) => spot.at(all.pixels[2 * k], all.pixels[2 * k + 1]);
    const line = (a, b) => { const cut = clipSegment(a, b, spot.box); return cut ? `M${cut[0].join(" ")}L${cut[1].join(" ")}` : ""; };
    const inside = ([x, y]) => x >= left && x <= right && y >= top && y <= bottom;
    let net = "", marks = "";
    for (let row = 0; row < rows; row++) net += line(at(row * columns), at(row * columns + columns - 1));
    for (let column = 0; column < columns; column++) net += line(at(column), at((rows - 1) * columns + column));
    for (let k = 0; k < rows * columns; k++) if (inside(at(k))) marks += `M${at(k).join(" ")}h0`;
    lines.setAttribute("d", net);
    dots.setAttribute("d", marks);
    ruler.draw(spot, size, samplerCorners);
    // The arrow goes from ring to ring, or to the rim where the source lies beyond it.
    const from = spot.at(...seen.drawn), goal = spot.at(...seen.pixel), near = inside(goal);
    const [[x, y], [endX, endY]] = clipSegment(from, goal, spot.box) ?? [from, from];
    const length = Math.hypot(endX - x, endY - y) || 1, ux = (endX - x) / length, uy = (endY - y) / length;
    const free = Math.max(0, length - 6.5 - (near ? 11 : 1));
    const path = arrowPath(x + 6.5 * ux, y + 6.5 * uy, free * ux, free * uy, 10);
    for (const node of [halo, arrow]) node.setAttribute("d", path);
    setAttributes(target, { cx: from[0], cy: from[1] });
    setAttributes(source, { transform: `translate(${goal.join(" ")})`, visibility: near ? "visible" : "hidden" });
  };
  return { node: figure(words.input, svg), draw };
}

function makeOutput(words, state, act) {
  const room = roomOf(state().size);
  const svg = s("svg", { viewBox: `0 0 ${LEFT + SIDE + 2} ${TOP + room + 2}`, role: "group", "aria-label": words.output, class: "stn-output" });
  const ruler = makeRuler(), pixels = s("g", {}), numbers = s("g", {}), dots = s("path", { class: "stn-dots stn-of-target" });
  const ring = s("rect", { class: "stn-ring" }), traced = s("rect", { class: "stn-traced" });
  const marker = s("g", { class: "stn-marker", tabindex: 0, role: "slider", "aria-label": words.marker, "aria-valuemin": 1 }, ring, traced);
  svg.append(pixels, ruler.node, numbers, dots, marker);
  let spot = null, cells = null, places = null, made = "";
  const pixelAt = (event) => {
    const [x, y] = svgPoint(svg, event), [left, top] = spot.box, [rows, columns] = state().outSize;
    const column = Math.floor((x - left) / spot.cell), row = Math.floor((y - top) / spot.cell);
    return row >= 0 && row < rows && column >= 0 && column < columns ? row * columns + column : null;
  };
  svg.addEventListener("pointermove", (event) => { if (event.pointerType !== "touch") act.hover(pixelAt(event)); });
  svg.addEventListener("pointerleave", () => act.hover(null));
  svg.addEventListener("click", (event) => {
    const index = pixelAt(event);
    if (index === null) return;
    marker.focus({ preventScroll: true });
    act.keep(index);
  });
  marker.addEventListener("keydown", (event) => {
    const [rows, columns] = state().outSize, index = act.shown(), row = Math.floor(index / columns), column = index % columns;
    const next = { ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], Home: [row, 0], End: [row, columns - 1] }[event.key];
    if (!next || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const bound = (value, sides) => Math.min(Math.max(value, 0), sides - 1);
    act.keep(bound(next[0], rows) * columns + bound(next[1], columns));
  });
  const draw = (all, seen, index, told) => {
    const { outSize, gridCorners, span } = state(), [rows, columns] = outSize;
    if (made !== String(outSize)) {
      made = String(outSize);
      spot = place(outSize, 0, room);
      cells = makeCells(outSize, spot);
      places = Math.max(rows, columns) > 6 ? undefined : [2, 1].find((count) => fits(format(span, count), spot));
      pixels.replaceChildren(...cells.pixels);
      numbers.replaceChildren(...cells.numbers);
      let marks = "";
      for (let k = 0; k < rows * columns; k++) marks += `M${spot.at(k % columns, Math.floor(k / columns)).join(" ")}h0`;
      dots.setAttribute("d", marks);
    }
    cells.draw(all.values, span, (value) => (places ? format(value, places) : ""));
    ruler.draw(spot, outSize, gridCorners);
    const [x, y] = spot.at((index % columns) - 0.5, Math.floor(index / columns) - 0.5);
    setAttributes(traced, { x: x + 1, y: y + 1, width: spot.cell - 2, height: spot.cell - 2, rx: 4 });
    setAttributes(ring, { x: x - 3, y: y - 3, width: spot.cell + 6, height: spot.cell + 6, rx: 6 });
    setAttributes(marker, { "aria-valuemax": rows * columns, "aria-valuenow": index + 1, "aria-valuetext": told });
  };
  return { node: figure(words.output, svg), draw };
}

function makeLegend(words) {
  const glyphs = {
    target: s("circle", { cx: 11, cy: 11, r: 5.5, class: "stn-from" }),
    theta: s("path", { d: arrowPath(1, 11, 20, 0, 9), class: "stn-arrow" }),
    source: s("circle", { cx: 11, cy: 11, r: 8.5, class: "stn-read" }),
    grid: s("g", {}, s("path", { d: "M1 11H21", class: "stn-lines" }), s("path", { d: "M11 11h0", class: "stn-dots" })),
  };
  return h("ul", { class: "stn-legend" }, Object.entries(glyphs).map(([key, glyph]) =>
    h("li", {}, s("svg", { viewBox: "0 0 22 22", "aria-hidden": "true" }, glyph), words.legend[key])));
}

function makeSteps(words) {
  // In this order whatever the table's is: a page keeps its widgets' state with sorted keys.
  const parts = ["units", "theta", "pixel", "value"].map((key) => ({ key, label: h("dt", {}, words.steps[key]), sums: h("dd", { "data-step": key }) }));
  const headline = h("p", { class: "stn-headline" });
  const piece = (text) => {
    if (typeof text === "string") return text;
    const [concept, value, below] = text;
    return h("span", { class: `stn-${concept}` }, value, below ? [h("sub", {}, below)] : []);
  };
  const together = (phrases) => phrases.flatMap((phrase) => [h("span", { class: "stn-phrase" }, phrase.map(piece)), " "]);
  const isAside = (phrase) => phrase[0][0] === "aside";
  const sum = (phrases) => h("p", {}, h("span", { class: "stn-formula" }, together(phrases.filter((phrase) => !isAside(phrase)))), together(phrases.filter(isAside)));
  const draw = (lines, told) => {
    headline.textContent = told;
    for (const { key, sums } of parts) sums.replaceChildren(...lines[key].map(sum));
  };
  return { node: h("div", { class: "stn-steps" }, headline, h("dl", {}, parts.flatMap(({ label, sums }) => [label, sums]))), draw };
}

function makeTheta(words, put, redraw) {
  const inputs = words.entries.map((label, k) => h("input", { type: "number", step: 0.05, min: -MOST, max: MOST, "aria-label": label, onblur: redraw, oninput: ({ target: { value } }) => {
    if (value !== "" && Math.abs(Number(value)) <= MOST) put(k, Number(value));
  } }));
  const draw = (theta) => theta.forEach((value, k) => {
    const shown = Number(value.toFixed(3));
    if (inputs[k].value === "" || Math.abs(Number(inputs[k].value) - shown) > 6e-4) inputs[k].value = shown;
  });
  return { node: h("div", { class: "stn-numbers" }, h("p", { class: "stn-head" }, words.theta), h("div", { class: "stn-matrix" }, inputs)), draw };
}

function render({ model, el }) {
  const words = model.get("words"), examples = model.get("examples"), origin = model.get("origin");
  const image = Float64Array.from(model.get("image")), size = [model.get("height"), model.get("width")], span = model.get("span");
  const state = () => ({ image, size, span, theta: model.get("theta"), outSize: model.get("out_size"), gridCorners: model.get("grid_corners"), samplerCorners: model.get("sampler_corners") });
  const put = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const asked = fromAddress("trace-pixel");
  if (Object.keys(asked).length) put(askedState(asked, state()));
  let hovered = null;  // the mouse shows a pixel without keeping it
  const kept = () => { const [rows, columns] = state().outSize; return Math.min(model.get("row"), rows - 1) * columns + Math.min(model.get("column"), columns - 1); };
  const shown = () => hovered ?? kept();
  const keep = (index) => { const columns = state().outSize[1]; hovered = null; put({ row: Math.floor(index / columns), column: index % columns }); ask(); };
  const hover = (index) => { if (index !== hovered) { hovered = index; ask(); } };

  const input = makeInput(words, state), output = makeOutput(words, state, { hover, keep, shown }), steps = makeSteps(words);
  const numbers = makeTheta(words, (k, value) => put({ theta: state().theta.map((old, i) => (i === k ? value : old)) }), () => ask());
  const note = h("p", {}), agreement = h("p", {}), told = h("div", { class: "stn-told", role: "status" }, note, agreement);
  const names = h("select", { onchange: () => { const { theta, grid, sampler } = examples[names.value]; put({ theta, grid_corners: grid, sampler_corners: sampler, out_size: size }); } },
    h("option", { value: "", disabled: true }, words.own), examples.map(({ name }, k) => h("option", { value: k }, name)));
  const chooser = h("label", { class: "stn-select" }, h("span", {}, words.example), names);
  const ruler = (label, trait) => choice({ label, options: [["false", words.corners.edges], ["true", words.corners.centres]], value: String(model.get(trait)), onchange: (key) => put({ [trait]: key === "true" }) });
  const rulers = { grid_corners: ruler(words.grid, "grid_corners"), sampler_corners: ruler(words.sampler, "sampler_corners") };
  const side = (label, k) => slider({ label, min: 1, max: 8, step: 1, value: state().outSize[k], show: String, concept: "target", oninput: (value) => put({ out_size: state().outSize.map((old, i) => (i === k ? value : old)) }) });
  const sides = [side(words.height, 0), side(words.width, 1)];
  const reset = button(words.reset, () => put(model.get("home")));

  house(el, "trace-pixel");
  el.replaceChildren(h("section", { class: "stn-frame", "aria-label": words.title },
    h("p", { class: "stn-title" }, words.title), h("div", { class: "stn-stage" }, input.node, output.node), makeLegend(words),
    steps.node, told, controls(chooser, reset),
    h("div", { class: "stn-settings" }, Object.values(rulers).map(({ node }) => node), numbers.node, sides.map(({ node }) => node)),
    h("p", { class: "stn-try" }, words.try)));

  const draw = () => {
    const now = state(), { theta, outSize, gridCorners, samplerCorners } = now, all = readAll(now);
    if (hovered >= all.values.length) hovered = null;
    const index = shown(), spot = [Math.floor(index / outSize[1]), index % outSize[1]], seen = traceOne(all, index);
    const [x, y] = seen.pixel.map((value) => format(value + origin));
    const sentence = say(words.reads, { column: spot[1] + origin, row: spot[0] + origin, x, y, value: format(seen.value) });
    input.draw(all, seen);
    output.draw(all, seen, index, sentence);
    steps.draw(arithmetic(seen, now, spot, origin, words), sentence);
    numbers.draw(theta);
    sides.forEach((one, k) => one.set(outSize[k]));
    for (const [trait, one] of Object.entries(rulers)) one.set(String(model.get(trait)));
    const same = examples.findIndex((one) => one.grid === gridCorners && one.sampler === samplerCorners && one.theta.every((value, i) => Math.abs(value - theta[i]) < 1e-6));
    names.value = same < 0 ? "" : String(same);
    note.textContent = same < 0 ? "" : examples[same].note;
    const alike = gridCorners === samplerCorners;
    agreement.className = alike ? "stn-alike" : "stn-unlike";
    agreement.textContent = alike ? words.agree : say(words.differ, { x: format(seen.beside[0]), y: format(seen.beside[1]) });
  };
  const ask = everyFrame(draw);
  const events = "change:theta change:out_size change:row change:column change:grid_corners change:sampler_corners";
  model.on(events, ask);
  draw();
  return () => { model.off(events, ask); ask.stop(); };
}

export default { render };
