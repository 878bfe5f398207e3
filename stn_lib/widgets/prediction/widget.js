// Prediction: the reader chooses an answer before anything runs; the chosen answer is explained.
import { button } from "../shared/controls.js";
import { h } from "../shared/dom.js";
import { mountRoot, onTraits, setTraits } from "../shared/mount.js";
import { loadText, storeText } from "../shared/storage.js";

const letter = (index) => String.fromCharCode(97 + index);

// The trait `choice` is kept in this browser alone.
const shelf = (key) => `stn-prediction:${key}`;

function recall(key, count) {
  const stored = Number.parseInt(loadText(shelf(key)) ?? "-1", 10);
  return stored >= 0 && stored < count ? stored : -1;
}

function render({ model, el }) {
  const words = model.get("words"),
    options = model.get("options"),
    key = model.get("key");
  const choose = (index) => setTraits(model, { choice: index });
  const buttons = options.map((option, index) => {
    const mark = h("span", { class: "stn-mark", "aria-hidden": "true" });
    const node = h(
      "button",
      { type: "button", class: "stn-option", "data-correct": String(option.correct), onclick: () => choose(index) },
      h("b", { "aria-hidden": "true" }, letter(index)),
      h("span", {}, option.text),
      mark,
    );
    return { node, mark };
  });
  const why = h("output", {});
  const again = button(words.again, () => {
    choose(-1);
    buttons[0].node.focus();
  });
  const question = h("p", { class: "stn-question" }, model.get("question"));
  mountRoot(
    el,
    "prediction",
    h(
      "section",
      { class: "stn-frame", "aria-label": words.eyebrow },
      h("p", { class: "stn-eyebrow" }, words.eyebrow),
      question,
      h(
        "ol",
        {},
        buttons.map(({ node }) => h("li", {}, node)),
      ),
      h("div", { class: "stn-why stn-view" }, why, again),
    ),
  );

  const draw = () => {
    const choice = model.get("choice");
    buttons.forEach(({ node, mark }, index) => {
      node.setAttribute("aria-pressed", String(index === choice));
      mark.textContent = index !== choice ? "" : options[index].correct ? words.correct : words.wrong;
    });
    const chosen = options[choice];
    why.textContent = chosen ? chosen.why : words.quiet;
    why.classList.toggle("stn-quiet", !chosen);
    again.hidden = !chosen;
    storeText(shelf(key), choice < 0 ? null : String(choice));
  };
  if (model.get("choice") < 0) model.set("choice", recall(key, options.length));
  const off = onTraits(model, ["choice"], draw);
  draw();
  return off;
}

export default { render };
