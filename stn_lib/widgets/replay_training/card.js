// One digit: a native radio button that looks like a card.
import { h, s, setAttributes } from "../shared/dom.js";
import { imageCanvas } from "../shared/image.js";
import { interpolate } from "../shared/text.js";
import { joined, makePane } from "./pane.js";
import { NETWORKS, digitCentre, isRight, windowCentre } from "./replay.js";

// The digit's centre, a cross, and the way of the window's centre so far, which ends in a dot.
function makeCentres(run, digit) {
  const [x, y] = digitCentre(run.images[digit], run.size);
  const d = `M${x - 4} ${y}h8M${x} ${y - 4}v8`;
  const [under, cross] = ["halo", "cross"].map((name) => s("path", { class: `stn-${name}`, d }));
  const [halo, walked] = ["halo", "walked"].map((name) => s("path", { class: `stn-way stn-${name}` }));
  const now = s("circle", { class: "stn-now", r: 2 });
  const draw = (frame, theta) => {
    const before = run.thetas.slice(0, frame + 1).map((one) => windowCentre(one[digit], run.size));
    const here = windowCentre(theta, run.size);
    for (const path of [halo, walked]) path.setAttribute("d", `M${joined([...before, here])}`);
    setAttributes(now, { cx: here[0], cy: here[1] });
  };
  return { nodes: [halo, walked, under, cross, now], draw };
}

export function makeCard(words, run, digit, group, reach, pick) {
  const centres = makeCentres(run, digit);
  const pane = makePane(run.size, reach, "", ...centres.nodes),
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
    // One side of V is as long as one side of U, of which the pane shows `reach` times as much.
    h("span", { class: "stn-pair", style: `--stn-reach: ${reach}` }, pane.node, seen.canvas),
    h("span", { class: "stn-verdicts" }, lines),
  );
  const name = (frame) => {
    const [cnn, st] = NETWORKS.map((network) =>
      interpolate(words.reads[isRight(run, network, frame, digit) ? "right" : "wrong"], {
        name: words.names[network],
        digit: run.answers[network][frame][digit],
      }),
    );
    return interpolate(words.pick, { place: digit + 1, label: run.labels[digit], cnn, st });
  };
  const draw = (frame, { theta, image, corners, output }) => {
    pane.draw(image, corners);
    centres.draw(frame, theta);
    seen.draw(output);
    input.setAttribute("aria-label", name(frame));
    NETWORKS.forEach((network, k) => {
      const right = isRight(run, network, frame, digit);
      verdicts[k].textContent = interpolate(right ? words.right : words.wrong, {
        digit: run.answers[network][frame][digit],
      });
      verdicts[k].dataset.right = String(right);
    });
  };
  const recolour = () => {
    pane.recolour();
    seen.recolour();
  };
  return { node, input, draw, recolour };
}
