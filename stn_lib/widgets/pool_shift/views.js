// The two views: the rows of a signal, and the images of a feature map.
import { figure } from "../shared/controls.js";
import { h, s, setText } from "../shared/dom.js";
import { imageCanvas } from "../shared/image.js";
import { keepLast } from "../shared/memo.js";
import { interpolate } from "../shared/text.js";

// A cell has room for two decimals.
const short = (value) => String(Number(value.toFixed(2)));

function makeRow(label, count, concept) {
  const cells = Array.from({ length: count }, () => h("span", { class: "stn-bit" }));
  const node = h(
    "div",
    { class: `stn-row stn-of-${concept}`, style: `--stn-accent: var(--stn-${concept})`, role: "img" },
    h("b", {}, label),
    h("div", { class: "stn-bits" }, cells),
  );
  const draw = (values, { off = [], faint = [] } = {}) => {
    cells.forEach((cell, i) => {
      const value = values[i];
      cell.hidden = value === null;
      setText(cell, value === null ? "" : short(value));
      cell.style.setProperty("--v", value ?? 0);
      cell.classList.toggle("stn-off", Boolean(off[i]));
      cell.classList.toggle("stn-faint", Boolean(faint[i]));
    });
    node.setAttribute(
      "aria-label",
      `${label}: ${values
        .filter((v) => v !== null)
        .map(short)
        .join(", ")}`,
    );
  };
  return { node, draw };
}

// Lines between two rows of n cells, as [from, to, weight]; lines that leave the row are left out.
function makeLinks(count) {
  const svg = s("svg", {
    viewBox: `0 0 ${count} 1`,
    preserveAspectRatio: "none",
    class: "stn-links",
    "aria-hidden": "true",
  });
  const draw = (links) =>
    svg.replaceChildren(
      ...links
        .filter(([from]) => from >= 0 && from < count)
        .map(([from, to, weight]) =>
          s("line", { x1: from + 0.5, x2: to + 0.5, y1: 0, y2: 1, style: `opacity:${weight}` }),
        ),
    );
  return { node: svg, draw };
}

function makeToggles(words, count, flip) {
  const toggles = Array.from({ length: count }, (_, i) =>
    h("button", { type: "button", class: "stn-bit stn-toggle", onclick: () => flip(i) }),
  );
  const node = h(
    "div",
    { class: "stn-row", style: "--stn-accent: var(--stn-source)" },
    h("b", {}, words.signal),
    h("div", { class: "stn-bits", role: "group", "aria-label": words.signal }, toggles),
  );
  const draw = (bits) =>
    toggles.forEach((toggle, i) => {
      setText(toggle, String(bits[i]));
      toggle.style.setProperty("--v", bits[i]);
      toggle.setAttribute("aria-pressed", String(bits[i] === 1));
      toggle.setAttribute("aria-label", interpolate(words.bit, { place: i + 1, value: bits[i] }));
    });
  return { node, draw };
}

export function makeSignal(words, count, flip) {
  const input = makeToggles(words, count, flip);
  const row = (name, concept) => makeRow(words[name], count, concept);
  const [shifted, dense, blurred] = [row("shifted", "source"), row("dense", "ink"), row("blurred", "ink")];
  const [kept, moved] = [row("kept", "target"), row("moved", "target")];
  const [windows, taps, picks] = [0, 1, 2].map(() => makeLinks(count));
  const parts = [shifted, windows, dense, taps, blurred, picks, kept, moved];
  const index = Array.from({ length: count }, (_, i) => i);
  const window = (i) => [
    [i, i, 1],
    [i + 1, i, 1],
  ];
  windows.draw(index.flatMap(window));
  const drawTaps = keepLast((kernel) => {
    const before = Math.floor((kernel.length - 1) / 2);
    const top = Math.max(...kernel);
    taps.draw(index.flatMap((i) => kernel.map((tap, k) => [i + k - before, i, tap / top])));
  });
  const drawPicks = keepLast((phase) => picks.draw(index.filter((i) => i % 2 === phase).map((i) => [i, i, 1])));
  const draw = (bits, found, kernel) => {
    input.draw(bits);
    const phase = found.phase[1];
    const place = (values) => index.map((i) => (i % 2 === phase ? values[(i - phase) / 2] : null));
    const [keptAt, movedAt] = [place(found.kept[0]), place(found.moved[0])];
    shifted.draw(found.shifted[0]);
    dense.draw(found.dense[0]);
    blurred.draw(found.blurred[0], { faint: index.map((i) => i % 2 !== phase) });
    kept.draw(keptAt, { off: keptAt.map((v, i) => v !== null && Math.abs(v - movedAt[i]) > 1e-9) });
    moved.draw(movedAt);
    drawTaps(kernel);
    drawPicks(phase);
  };
  const nodes = parts.map(({ node }) => node);
  return { toggles: input.node, node: h("div", { class: "stn-signal" }, nodes), draw, recolour: () => {} };
}

export function makeMaps(words, size) {
  const half = size / 2,
    names = ["shifted", "kept", "moved", "differs"];
  const images = names.map((name) =>
    imageCanvas(name === "shifted" ? size : half, name === "shifted" ? size : half, words.maps[name]),
  );
  const node = h(
    "div",
    { class: "stn-maps" },
    names.map((name, k) => figure(words.maps[name], images[k].canvas)),
  );
  const draw = (_, found) => {
    const flat = (rows) => rows.flat(),
      gap = found.kept.map((row, y) => row.map((v, x) => Math.abs(v - found.moved[y][x])));
    [found.shifted, found.kept, found.moved, gap].forEach((rows, k) => images[k].draw(flat(rows)));
  };
  return { node, draw, recolour: () => images.forEach((one) => one.recolour()) };
}
