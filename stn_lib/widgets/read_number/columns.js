// What one network sees, and its answer for each place of the number.
import { best } from "../shared/answers.js";
import { h, setText } from "../shared/dom.js";
import { imageCanvas } from "../shared/image.js";
import { format, interpolate } from "../shared/text.js";

function makeColumn() {
  const [digit, sign, percent] = [h("b", {}), h("span", { class: "stn-sign" }), h("span", { class: "stn-percent" })];
  const bar = h("i", {});
  const name = h("span", { class: "stn-unseen" });
  const seen = [h("div", { class: "stn-digit" }, digit, sign), h("div", { class: "stn-share" }, bar), percent];
  const node = h("li", {}, name, h("div", { "aria-hidden": "true" }, seen));
  return { node, digit, sign, percent, bar, name };
}

/**
 * @param {Record<string, any>} words
 * @param {"cnn" | "st"} network
 * @param {{longest: number, none: number}} scene
 * @param {[height: number, width: number]} size of the image that it sees
 */
export function makeColumns(words, network, { longest, none }, [height, width]) {
  const name = words.names[network];
  const sees = imageCanvas(height, width, `${name} ${words.sees[network]}`);
  const verdict = h("output", {});
  const columns = Array.from({ length: longest }, makeColumn);
  const figure = h("figure", { class: "stn-panel stn-sees" }, h("figcaption", {}, words.sees[network]), sees.canvas);
  const head = h("p", {}, h("b", {}, name), verdict);
  const list = interpolate(words.answersOf, { name });
  const answers = h(
    "div",
    { class: "stn-columns" },
    head,
    h(
      "ol",
      { "aria-label": list },
      columns.map((c) => c.node),
    ),
  );
  const node = h("section", { class: `stn-network stn-${network}`, "aria-label": name }, figure, answers);
  /** @type {(image: import("../shared/types").Numbers, shares: number[][], truth: number[]) => void} */
  const draw = (image, shares, truth) => {
    sees.draw(image);
    const answer = shares.map(best);
    columns.forEach((column, k) => {
      const [share, state] = [100 * shares[k][answer[k]], answer[k] === truth[k] ? "right" : "wrong"];
      const percent = format(share, 0);
      const empty = answer[k] === none;
      column.node.dataset.state = state;
      column.node.dataset.empty = String(empty);
      setText(column.digit, empty ? words.noneSign : String(answer[k]));
      setText(column.sign, words.signs[state]);
      setText(column.percent, interpolate(words.percent, { percent }));
      column.bar.style.width = `${share.toFixed(1)}%`;
      const values = { place: k + 1, digit: empty ? words.none : answer[k], percent };
      setText(column.name, interpolate(words.place[state], values));
    });
    const state = answer.every((digit, k) => digit === truth[k]) ? "right" : "wrong";
    const text = answer.filter((digit) => digit !== none).join("") || words.none;
    node.dataset.state = state;
    setText(verdict, interpolate(state === "right" ? words.right : words.wrong, { answer: text }));
    verdict.setAttribute("aria-label", interpolate(words.said[state], { name, answer: text }));
  };
  return { node, draw, recolour: sees.recolour };
}
