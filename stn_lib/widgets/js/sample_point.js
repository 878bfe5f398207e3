// SamplePoint: drag a point between the pixels; the four weights as areas, the value and its two slopes.
import { arrowPath, choice, controls, draggable, everyFrame, figure, format, fromAddress, h, house, s, say, setAttributes, slider, svgPoint, button } from "./ui.js";
import { padded, taps } from "./twin.js";

// --- model: pixel coordinates count from 0 here -----------------------------------------------------

// How the coordinate that is read follows the coordinate that is asked for: 1, 0 (held at the border), -1.
export function paddingSlope(value, size, padding) {
  if (padding === "zeros") return 1;
  if (padding === "border") return value <= 0 || value >= size - 1 ? 0 : 1;
  const inside = padded(value, size, padding, false);
  if (inside <= 0 || inside >= size - 1) return 0;
  const turns = Math.floor((value + 0.5) / size);
  return turns % 2 === 0 ? 1 : -1;
}

export function readPoint({ image, height, width }, x, y, mode, padding) {
  const rx = padded(x, width, padding, false), ry = padded(y, height, padding, false);
  const x0 = Math.floor(rx), y0 = Math.floor(ry), fx = rx - x0, fy = ry - y0;
  const at = (row, column) =>
    row >= 0 && row < height && column >= 0 && column < width ? image[row * width + column] : 0;
  const near = mode === "nearest" ? { row: taps(ry, mode)[0][0], column: taps(rx, mode)[0][0] } : null;
  const corners = [[0, 0], [0, 1], [1, 0], [1, 1]].map(([down, right]) => {
    const row = y0 + down, column = x0 + right;
    const area = (right ? fx : 1 - fx) * (down ? fy : 1 - fy);
    const weight = near ? Number(near.row === row && near.column === column) : area;
    return { row, column, value: at(row, column), weight };
  });
  const [a, b, c, d] = corners.map((corner) => corner.value);
  const flat = mode === "nearest" ? 0 : 1;
  return {
    rx, ry, fx, fy, corners,
    value: corners.reduce((sum, corner) => sum + corner.weight * corner.value, 0),
    dx: flat * paddingSlope(x, width, padding) * ((1 - fy) * (b - a) + fy * (d - c)),
    dy: flat * paddingSlope(y, height, padding) * ((1 - fx) * (c - a) + fx * (d - b)),
  };
}

// --- view --------------------------------------------------------------------------------------
const CELL = 52, SIDE = 190, PAD = 66;
const LETTERS = ["A", "B", "C", "D"];

const shade = (t) => `color-mix(in srgb, var(--stn-ink) ${Math.round(t * 100)}%, var(--stn-surface))`;
const inkOn = (t) => (t > 0.5 ? "var(--stn-paper)" : "var(--stn-ink)");

function drawPixels(svg, picture, span, origin) {
  const { height, width } = picture;
  const layer = s("g", {});
  const ghosts = [];
  for (let row = -1; row <= height; row++) {
    for (let column = -1; column <= width; column++) {
      const x = (column + 1) * CELL, y = (row + 1) * CELL;
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      const rect = s("rect", { x: x + 1, y: y + 1, width: CELL - 2, height: CELL - 2, rx: 4, class: inside ? "stn-cell" : "stn-ghost" });
      const text = s("text", { x: x + CELL / 2, y: y + CELL / 2, class: "stn-value" });
      if (inside) {
        const value = picture.image[row * width + column];
        rect.setAttribute("style", `fill:${shade(value / span)}`);
        text.setAttribute("style", `fill:${inkOn(value / span)}`);
        text.textContent = value;
      } else {
        ghosts.push({ text, row, column });
      }
      layer.append(rect, text);
    }
  }
  for (let k = 0; k < width; k++) layer.append(s("text", { x: (k + 1.5) * CELL, y: -9, class: "stn-axis" }, String(k + origin)));
  for (let k = 0; k < height; k++) layer.append(s("text", { x: -12, y: (k + 1.5) * CELL, class: "stn-axis" }, String(k + origin)));
  svg.append(layer);
  return ghosts;
}

function makeOverview(picture, state, words, move) {
  const { height, width } = picture;
  const svg = s("svg", { viewBox: `-22 -24 ${(width + 2) * CELL + 24} ${(height + 2) * CELL + 26}`, role: "group", "aria-label": words.overview, class: "stn-drag" });
  const ghosts = drawPixels(svg, picture, state.span, state.origin);
  const centre = (value) => (value + 1.5) * CELL;
  const rings = LETTERS.map(() => s("rect", { class: "stn-neighbour", width: CELL - 2, height: CELL - 2, rx: 4 }));
  const square = s("rect", { class: "stn-square", width: CELL, height: CELL });
  const tether = s("line", { class: "stn-tether" });
  const read = s("circle", { class: "stn-read", r: 5 });
  const handle = s("g", { class: "stn-handle", tabindex: 0, role: "slider", "aria-label": words.handle, "aria-valuemin": -1 + state.origin, "aria-valuemax": width + state.origin },
    s("circle", { r: 20, class: "stn-ring" }), s("circle", { r: 16, class: "stn-knob" }), s("circle", { r: 3, class: "stn-dot" }));
  svg.append(square, ...rings, tether, read, handle);
  draggable(handle, {
    surface: svg,
    locate: (event) => svgPoint(svg, event).map((value) => value / CELL - 1.5),
    at: () => [state.x(), state.y()],
    move, step: 0.1,
  });
  const draw = (seen, x, y, padding) => {
    for (const { text, row, column } of ghosts) {
      const r = padded(row, height, padding, false), c = padded(column, width, padding, false);
      text.textContent = padding === "zeros" ? "0" : picture.image[r * width + c];
    }
    seen.corners.forEach((corner, k) => setAttributes(rings[k], {
      x: (corner.column + 1) * CELL + 1, y: (corner.row + 1) * CELL + 1, "stroke-opacity": 0.25 + 0.75 * corner.weight,
    }));
    setAttributes(square, { x: centre(seen.rx - seen.fx), y: centre(seen.ry - seen.fy) });
    setAttributes(tether, { x1: centre(x), y1: centre(y), x2: centre(seen.rx), y2: centre(seen.ry) });
    setAttributes(read, { cx: centre(seen.rx), cy: centre(seen.ry), visibility: seen.rx !== x || seen.ry !== y ? "visible" : "hidden" });
    handle.setAttribute("transform", `translate(${centre(x)} ${centre(y)})`);
    setAttributes(handle, {
      "aria-valuenow": (x + state.origin).toFixed(2),
      "aria-valuetext": `x ${format(x + state.origin)}, y ${format(y + state.origin)}`,
    });
  };
  return { node: figure(words.overview, svg), draw };
}

function makeClose(picture, state, words) {
  const size = SIDE + 2 * PAD;
  const svg = s("svg", { viewBox: `0 0 ${size} ${size - 8}`, role: "img", "aria-label": words.close });
  const areas = LETTERS.map((letter) => ({ rect: s("rect", { class: "stn-area" }), text: s("text", { class: "stn-weight" }), letter }));
  const corners = LETTERS.map((letter, k) => {
    const x = PAD + (k % 2) * SIDE, y = PAD + (k >> 1) * SIDE, out = k >> 1 ? 42 : -34;
    const disc = s("circle", { cx: x, cy: y, r: 25, class: "stn-corner" });
    const value = s("text", { x, y, class: "stn-value" }), name = s("text", { x, y: y + out, class: "stn-name" });
    svg.append(s("g", { "data-corner": letter }));
    return { disc, value, name };
  });
  const arrowX = s("path", { class: "stn-arrow" }), arrowY = s("path", { class: "stn-arrow" });
  svg.append(s("rect", { x: PAD, y: PAD, width: SIDE, height: SIDE, class: "stn-square" }),
    ...areas.flatMap(({ rect, text }) => [rect, text]), ...corners.flatMap(({ disc, value, name }) => [disc, value, name]),
    arrowX, arrowY);
  const point = s("circle", { r: 6, class: "stn-dotbig" });
  svg.append(point);
  const draw = (seen, mode) => {
    const px = PAD + seen.fx * SIDE, py = PAD + seen.fy * SIDE;
    // The rectangle of a neighbour lies opposite to it: the nearer the point, the larger it grows.
    seen.corners.forEach((corner, k) => {
      const right = k % 2 === 0, below = k < 2;
      const x = right ? px : PAD, y = below ? py : PAD;
      const width = right ? PAD + SIDE - px : px - PAD, height = below ? PAD + SIDE - py : py - PAD;
      setAttributes(areas[k].rect, { x, y, width, height, class: `stn-area stn-area-${k}` });
      areas[k].text.textContent = width > 52 && height > 24 && mode === "bilinear" ? `${LETTERS[k]} ${format(corner.weight)}` : "";
      setAttributes(areas[k].text, { x: x + width / 2, y: y + height / 2 });
      const t = corner.value / state.span;
      corners[k].disc.setAttribute("style", `fill:${shade(t)};stroke-opacity:${0.3 + 0.7 * corner.weight};stroke-width:${2 + 4 * corner.weight}`);
      corners[k].value.setAttribute("style", `fill:${inkOn(t)}`);
      corners[k].value.textContent = corner.value;
      corners[k].name.textContent = `${LETTERS[k]} (${corner.column + state.origin}, ${corner.row + state.origin})`;
    });
    setAttributes(point, { cx: px, cy: py });
    const scale = 100 / state.span * 2.2, limit = (v) => Math.max(-95, Math.min(95, v * scale));
    arrowX.setAttribute("d", arrowPath(px, py, limit(seen.dx), 0));
    arrowY.setAttribute("d", arrowPath(px, py, 0, limit(seen.dy)));
    svg.classList.toggle("stn-flat", mode === "nearest");
  };
  return { node: figure(words.close, svg), draw };
}

function makeSum(words, origin) {
  const rows = LETTERS.map((letter) => {
    const cells = [h("td", {}), h("td", {}), h("td", {})];
    return { node: h("tr", {}, h("th", { scope: "row" }, letter), cells), cells };
  });
  const total = h("td", { class: "stn-target" }), slopes = [h("output", {}), h("output", {})];
  const node = h("div", { class: "stn-stage stn-sum" },
    h("table", {}, h("thead", {}, h("tr", {}, [words.neighbour, words.weight, words.pixel, words.product].map((t) => h("th", { scope: "col" }, t)))),
      h("tbody", {}, rows.map((row) => row.node)),
      h("tfoot", {}, h("tr", {}, h("th", { scope: "row", colspan: 3 }, "V"), total))),
    h("div", { class: "stn-slopes" }, slopes.map((output, k) => h("p", {}, h("b", { class: "stn-gradient" }, `\u2202V/\u2202${"xy"[k]}`), output))));
  const draw = (seen, mode) => {
    seen.corners.forEach((corner, k) => {
      [format(corner.weight), String(corner.value), format(corner.weight * corner.value)].forEach((text, i) => { rows[k].cells[i].textContent = text; });
    });
    total.textContent = format(seen.value);
    const [a, b, c, d] = seen.corners.map((corner) => corner.value);
    const steps = [[1 - seen.fy, b, a, seen.fy, d, c, seen.dx], [1 - seen.fx, c, a, seen.fx, d, b, seen.dy]];
    steps.forEach(([w, p, q, v, r, t, sum], k) => {
      const plain = w * (p - q) + v * (r - t);
      const held = mode !== "nearest" && Math.abs(plain - sum) > 1e-9 ? ` ${words.held}` : "";
      slopes[k].textContent = mode === "nearest" ? say(words.flat, { zero: "0" })
        : `= ${format(w)}\u00b7(${p} \u2212 ${q}) + ${format(v)}\u00b7(${r} \u2212 ${t}) = ${format(sum)}${held}`;
    });
  };
  return { node, draw };
}

function render({ model, el }) {
  const words = model.get("words"), origin = model.get("origin");
  const picture = { image: model.get("image"), height: model.get("height"), width: model.get("width") };
  const state = { span: model.get("span"), origin, x: () => model.get("x") - origin, y: () => model.get("y") - origin };
  const asked = fromAddress("sample-point");
  for (const name of ["x", "y"]) if (Number.isFinite(Number(asked[name])) && asked[name]) model.set(name, Number(asked[name]));
  const put = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const bound = (value, size) => Math.round(Math.min(Math.max(value, -1), size) * 20) / 20;
  const move = (x, y) => put({ x: bound(x, picture.width) + origin, y: bound(y, picture.height) + origin });

  const overview = makeOverview(picture, state, words, move);
  const close = makeClose(picture, state, words), sum = makeSum(words, origin);
  const show = (value) => format(value, 2);
  const axis = (name, size) => slider({ label: say(words.coordinate, { name }), min: origin - 1, max: size + origin, step: 0.05,
    value: model.get(name), show, concept: "source", oninput: (value) => put({ [name]: value }) });
  const sliders = { x: axis("x", picture.width), y: axis("y", picture.height) };
  const pick = (name) => choice({ label: words[name], options: words[`${name}s`], value: model.get(name), onchange: (key) => put({ [name]: key }) });
  const modes = pick("mode"), paddings = pick("padding");
  const home = button(words.home, () => put({ x: model.get("home")[0], y: model.get("home")[1], mode: "bilinear", padding: "zeros" }));

  house(el, "sample-point");
  el.replaceChildren(h("section", { class: "stn-frame", "aria-label": words.title },
    h("p", { class: "stn-title" }, words.title), h("div", { class: "stn-stage" }, overview.node, close.node), sum.node,
    controls(sliders.x.node, sliders.y.node, modes.node, paddings.node, home), h("p", { class: "stn-try" }, words.try)));

  const draw = () => {
    const mode = model.get("mode"), padding = model.get("padding"), x = state.x(), y = state.y();
    const seen = readPoint(picture, x, y, mode, padding);
    overview.draw(seen, x, y, padding);
    close.draw(seen, mode);
    sum.draw(seen, mode);
    for (const name of ["x", "y"]) sliders[name].set(model.get(name));
    modes.set(mode);
    paddings.set(padding);
  };
  const ask = everyFrame(draw);
  const events = "change:x change:y change:mode change:padding";
  model.on(events, ask);
  draw();
  return () => { model.off(events, ask); ask.stop(); };
}

export default { render };
