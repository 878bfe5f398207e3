// The frequencies of the dense maximum and of the blurred one; those that alias are in the red part.
import { h, s } from "../shared/dom.js";
import { response, spectrum } from "./model.js";

const BOX = { width: 320, height: 128, left: 8, right: 312, top: 6, bottom: 84 };

export function makeSpectrum(words, ontoggle) {
  const px = (f) => BOX.left + (f / 0.5) * (BOX.right - BOX.left),
    py = (v) => BOX.bottom - v * (BOX.bottom - BOX.top);
  const curve = s("path", { class: "stn-response" }),
    stems = s("g", {});
  const svg = s(
    "svg",
    { viewBox: `0 0 ${BOX.width} ${BOX.height}`, role: "img", "aria-label": words.frequencies },
    s("rect", { x: px(0.25), y: BOX.top, width: px(0.5) - px(0.25), height: BOX.bottom - BOX.top, class: "stn-folds" }),
    s("line", { x1: BOX.left, x2: BOX.right, y1: BOX.bottom, y2: BOX.bottom, class: "stn-base" }),
    s("line", { x1: px(0.25), x2: px(0.25), y1: BOX.top, y2: BOX.bottom + 5, class: "stn-fold" }),
    [
      [0, "0"],
      [0.25, "\u00bc"],
      [0.5, "\u00bd"],
    ].map(([f, text]) => s("text", { x: px(f), y: BOX.bottom + 18, class: "stn-axis" }, text)),
    s("text", { x: (px(0) + px(0.5)) / 2, y: BOX.bottom + 38, class: "stn-axis" }, words.frequency),
    curve,
    stems,
  );
  const draw = (dense, blurred, kernel) => {
    const points = Array.from({ length: 61 }, (_, k) => k / 120);
    curve.setAttribute(
      "d",
      "M" + points.map((f) => `${px(f).toFixed(1)} ${py(response(kernel, f)).toFixed(1)}`).join("L"),
    );
    const before = spectrum(dense),
      after = spectrum(blurred);
    stems.replaceChildren(
      ...before.flatMap((v, k) => {
        const x = px(k / dense.length),
          edge = k === 0 ? 3 : k === before.length - 1 ? -3 : 0;
        return [
          s("line", { x1: x + edge, x2: x + edge, y1: BOX.bottom, y2: py(v), class: "stn-stem" }),
          s("circle", { cx: x + edge, cy: py(v), r: 3.6, class: "stn-before" }),
          s("line", { x1: x + edge, x2: x + edge, y1: BOX.bottom, y2: py(after[k]), class: "stn-kept-stem" }),
          s("circle", { cx: x + edge, cy: py(after[k]), r: 3.6, class: "stn-after" }),
        ];
      }),
    );
  };
  const node = h(
    "details",
    { class: "stn-spectrum" },
    h("summary", {}, words.spectrum),
    h("div", {}, h("div", { class: "stn-panel" }, svg), h("p", {}, words.frequencies)),
  );
  node.addEventListener("toggle", () => ontoggle(node.open));
  return { node, draw };
}
