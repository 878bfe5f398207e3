// ReplayTraining: a recorded training run of a CNN and an ST-CNN; the reader moves through its steps and sees where the
// transformer looks, the image sampled there, both answers, and both curves.
import { followAddress, integer, oneOf } from "../shared/address_state.js";
import { choice } from "../shared/controls.js";
import { h } from "../shared/dom.js";
import { frame } from "../shared/frame.js";
import { drawOnChange, endAll, getTraits, mountRoot, setTraits } from "../shared/mount.js";
import { frameAt, makeTime } from "../shared/player.js";
import { format, interpolate } from "../shared/text.js";
import { makeCard } from "./card.js";
import { makeChart } from "./chart.js";
import { makeCloseUp } from "./close_up.js";
import { NETWORKS, apart, readRun, rightOnes, straighten, thetaAt, windowCorners } from "./replay.js";

const FARTHEST = 1.42; // half sides of the input: a window that reaches much further is cut
const RECORD = ["inputs", "thetas", "labels", "steps", "answers", "error", "loss"];

// The run, the frame and the digit that are shown, and the numbers about them.
function makeState(model) {
  const size = [model.get("height"), model.get("width")];
  const run = readRun({ ...getTraits(model, RECORD), size, outSize: model.get("out_size") });
  const { steps, last, count } = run;
  const tested = model.get("tested");
  const at = (name, most) => Math.min(Math.max(model.get(name), 0), most);
  const frameNow = () => at("frame", last);
  const facts = () => {
    const [cnn, st] = NETWORKS.map((network) => rightOnes(run, network, frameNow()));
    const errors = NETWORKS.map((network) => run.curves.error[network][frameNow()]);
    const [cnnError, stError] = errors.map((error) => format(error, 1));
    const whole = (value) => Math.round(value).toLocaleString("en");
    const [cnnWrong, stWrong, all] = [...errors, 100].map((percent) => whole((percent * tested) / 100));
    return { step: steps[frameNow()], steps: steps[last], count, cnn, st, cnnError, stError, cnnWrong, stWrong, all };
  };
  // The mean distance between the centres of window and digit.
  const centring = () => {
    const each = run.images.map((image, k) => apart(image, run.thetas[frameNow()][k], size));
    return format(each.reduce((sum, one) => sum + one, 0) / count, 1);
  };
  return {
    run,
    ...{ facts, centring, tested },
    frame: frameNow,
    digit: () => at("digit", count - 1),
    put: (values) => setTraits(model, values),
  };
}

// One view for all digits and steps, so that windows can be compared.
function reachOf({ thetas }) {
  const corners = thetas.flat().flatMap((theta) => windowCorners(theta, [2, 2]).flat());
  return Math.min(Math.max(1, ...corners.map((value) => Math.abs(value - 1))) + 0.03, FARTHEST);
}

function makeViews(model, words, state, ask) {
  const { run, put } = state;
  const reach = reachOf(run);
  const group = `stn-digit-${Math.random().toString(36).slice(2)}`;
  const cards = run.labels.map((_, k) => makeCard(words, run, k, group, reach, (digit) => put({ digit })));
  const time = makeTime(words, run, state.frame, put, ask);
  const pick = (name) =>
    choice({
      label: words[name],
      options: words[`${name}s`],
      value: model.get(name),
      onchange: (key) => put({ [name]: key }),
    });
  return {
    cards,
    time,
    chart: makeChart(words, run, time.go),
    closeUp: makeCloseUp(words, run),
    curve: pick("curve"),
    title: h("span", {}),
    told: h("output", { class: "stn-told" }),
    centred: h("span", {}),
  };
}

function layOut(words, { cards, time, chart, closeUp, curve, title, told, centred }) {
  const count = cards.length;
  const caption = h("figcaption", {}, title, curve.node);
  const nodes = cards.map(({ node }) => node);
  const section = frame(
    words,
    h("fieldset", { class: "stn-digits stn-view" }, h("legend", {}, told), h("div", {}, nodes)),
    h("p", { class: "stn-key" }, words.digits, " ", centred),
    h(
      "div",
      { class: "stn-below" },
      h(
        "figure",
        { class: "stn-panel stn-time" },
        caption,
        chart.svg,
        time.node,
        h("div", { class: "stn-buttons" }, time.buttons),
      ),
      closeUp.node,
    ),
  );
  const wide = count > 6 ? Math.ceil(count / 2) : count;
  const narrow = count === 4 ? 2 : Math.min(count, 3);
  section.setAttribute("style", `--stn-wide: ${wide}; --stn-narrow: ${narrow}`);
  return section;
}

// Lays the chart out again when its size or the curve has changed; `stop` stops observing its size.
function makeLayout(chart, ask) {
  let laid = "";
  const fit = ({ width, height }) => {
    if (width && height) Object.assign(chart.board, { width, height });
  };
  const observer = new ResizeObserver(([{ contentRect }]) => {
    fit(contentRect);
    ask();
  });
  fit(chart.svg.getBoundingClientRect());
  observer.observe(chart.svg);
  const lay = (curve) => {
    const size = `${curve} ${chart.board.width} ${chart.board.height}`;
    if (size !== laid) chart.lay(curve);
    laid = size;
  };
  return { lay, stop: () => observer.disconnect() };
}

function render({ model, el }) {
  const words = model.get("words");
  const state = makeState(model);
  const { run } = state;
  const ask = () => drawing.ask();
  const views = makeViews(model, words, state, ask);
  const { cards, chart, closeUp, time } = views;
  mountRoot(el, "replay-training", layOut(words, views));
  const layout = makeLayout(chart, ask);

  const draw = () => {
    const [now, chosen, curve] = [state.frame(), state.digit(), model.get("curve")];
    layout.lay(curve);
    chart.draw(now, curve);
    cards.forEach((card, k) => {
      const theta = thetaAt(run, now, time.rest(), k);
      const image = run.images[k];
      const output = straighten(image, run.size, theta, run.outSize);
      const seen = { theta, image, corners: windowCorners(theta, run.size), output };
      card.draw(now, seen);
      if (k === chosen) closeUp.draw(k, seen);
      card.input.checked = k === chosen;
    });
    time.set(now);
    views.curve.set(curve);
    views.title.textContent = words.charts[curve];
    views.told.textContent = interpolate(state.tested ? words.told : words.rates, state.facts());
    views.centred.textContent = interpolate(words.centred, { pixels: state.centring() });
  };
  const recolour = () => cards.forEach((card) => card.recolour());
  const drawing = drawOnChange(model, { traits: ["frame", "digit", "curve"], draw, recolour });
  const table = {
    step: integer(run.steps[0], run.steps[run.last]),
    digit: integer(0, run.count - 1),
    curve: oneOf(["error", "loss"]),
  };
  const offAddress = followAddress(el, "replay-training", table, ({ step, ...rest }) => {
    state.put(rest);
    if (step !== undefined) time.go(frameAt(run.steps, step));
  });
  return endAll(offAddress, drawing.stop, time.stop, layout.stop);
}

export default { render };
