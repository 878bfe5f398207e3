// SamplePoint: drag a point between the pixels; the four weights as areas, the value and its two slopes.
import { followAddress, number, oneOf } from "../shared/address_state.js";
import { button, choice, slider } from "../shared/controls.js";
import { h } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { drawOnChange, endAll, mountRoot, setTraits } from "../shared/mount.js";
import { format, interpolate } from "../shared/text.js";
import { makeClose } from "./close_up.js";
import { makeFormulas } from "./formulas.js";
import { OUTSIDE, samplePoint } from "./model.js";
import { makeOverview } from "./overview.js";

function makeControls(model, words, put) {
  const origin = model.get("origin");
  const axis = (name, size, term) => {
    const made = slider({
      label: interpolate(words.coordinate, { name }),
      min: origin - OUTSIDE,
      max: size - 1 + OUTSIDE + origin,
      step: 0.05,
      value: model.get(name),
      show: (value) => format(value, 2),
      concept: "source",
      oninput: (value) => put({ [name]: value }),
    });
    made.node.setAttribute("data-term", term);
    return made;
  };
  const pick = (name) =>
    choice({
      label: words[name],
      options: words[`${name}s`],
      value: model.get(name),
      onchange: (key) => put({ [name]: key }),
    });
  const made = { x: axis("x", model.get("width"), "alpha"), y: axis("y", model.get("height"), "beta") };
  return { ...made, mode: pick("mode"), padding: pick("padding") };
}

function render({ model, el }) {
  const words = model.get("words");
  const origin = model.get("origin");
  const image = { image: model.get("image"), height: model.get("height"), width: model.get("width") };
  const state = { span: model.get("span"), origin, x: () => model.get("x") - origin, y: () => model.get("y") - origin };
  const put = (values) => setTraits(model, values);
  const bound = (value, size) => Math.round(Math.min(Math.max(value, -OUTSIDE), size - 1 + OUTSIDE) * 20) / 20;
  const move = (x, y) => put({ x: bound(x, image.width) + origin, y: bound(y, image.height) + origin });

  const overview = makeOverview(image, state, words, move);
  const close = makeClose(state, words);
  const formulas = makeFormulas(words);
  const inputs = makeControls(model, words, put);
  const [homeX, homeY] = model.get("home");
  const home = button(words.home, () => put({ x: homeX, y: homeY, mode: "bilinear", padding: "zeros" }));
  const stage = h("div", { class: "stn-stage stn-view" }, overview.node, close.node);
  const { x, y, mode, padding } = inputs;
  const place = h("div", { class: "stn-row" }, x.node, y.node, home);
  const choices = h("div", { class: "stn-row" }, mode.node, padding.node);
  mountRoot(el, "sample-point", frame(words, stage, place, choices, formulas.node));

  const draw = () => {
    const [mode, padding] = [model.get("mode"), model.get("padding")];
    const seen = samplePoint(image, state.x(), state.y(), mode, padding);
    overview.draw(seen, state.x(), state.y(), padding);
    close.draw(seen, mode);
    formulas.draw(seen, mode);
    for (const [name, input] of Object.entries(inputs)) input.set(model.get(name));
  };
  const drawing = drawOnChange(model, { traits: Object.keys(inputs), draw });
  const table = {
    x: number(origin - OUTSIDE, image.width - 1 + OUTSIDE + origin),
    y: number(origin - OUTSIDE, image.height - 1 + OUTSIDE + origin),
    mode: oneOf(words.modes.map(([key]) => key)),
    padding: oneOf(words.paddings.map(([key]) => key)),
  };
  const offAddress = followAddress(el, "sample-point", table, put);
  return endAll(offAddress, drawing.stop);
}

export default { render };
