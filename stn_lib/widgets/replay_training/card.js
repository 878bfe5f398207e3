// One digit: a native radio button that looks like a card.
import { h, setAttributes } from "../shared/dom.js";
import { imageCanvas } from "../shared/image.js";
import { interpolate } from "../shared/text.js";
import { makePane } from "./pane.js";
import { NETWORKS, isRight } from "./replay.js";
export function makeCard(words, run, digit, group, reach, pick) {
  const pane = makePane(run.size, reach, ""),
    seen = imageCanvas(...run.outSize, "");
  for (const canvas of [pane.canvas, seen.canvas])
    setAttributes(canvas, { role: "presentation", "aria-hidden": "true" });
  const input = h("input", { type: "radio", name: group, value: digit, onchange: () => pick(digit) });
  const verdicts = NETWORKS.map(() => h("b", {}));
  const lines = NETWORKS.map((network, k) =>
    h("span", { class: "stn-verdict" }, h("span", {}, words.names[network]), verdicts[k]),
  );
  const node = h(
    "label",
    { class: "stn-card" },
    input,
    h("span", { class: "stn-truth" }, interpolate(words.truth, { label: run.labels[digit] })),
    pane.node,
    seen.canvas,
    lines,
  );
  const draw = (frame, { image, corners, output }) => {
    pane.draw(image, corners);
    seen.draw(output);
    NETWORKS.forEach((network, k) => {
      const right = isRight(run, network, frame, digit);
      verdicts[k].textContent = interpolate(right ? words.right : words.wrong, {
        digit: run.answers[network][frame][digit],
      });
      verdicts[k].dataset.right = String(right);
    });
  };
  const tell = (frame) => {
    const [cnn, st] = NETWORKS.map((network) =>
      interpolate(words.reads[isRight(run, network, frame, digit) ? "right" : "wrong"], {
        name: words.names[network],
        digit: run.answers[network][frame][digit],
      }),
    );
    input.setAttribute("aria-label", interpolate(words.pick, { place: digit + 1, label: run.labels[digit], cnn, st }));
  };
  const recolour = () => {
    pane.recolour();
    seen.recolour();
  };
  return { node, input, draw, tell, recolour };
}
