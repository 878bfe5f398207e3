// Prediction: the reader chooses an answer before anything runs; the chosen answer is explained.
import { button, nextId } from "../shared/controls.js";
import { h } from "../shared/dom.js";
import { imageCanvas } from "../shared/image.js";
import { endAll, mountRoot, onTheme, onTraits, setTraits } from "../shared/mount.js";
import { loadText, storeText } from "../shared/storage.js";

const letter = (index) => String.fromCharCode(97 + index);

// The trait `choice` is kept in this browser alone.
const shelf = (key) => `stn-prediction:${key}`;

function recall(key, count) {
  const stored = Number.parseInt(loadText(shelf(key)) ?? "-1", 10);
  return stored >= 0 && stored < count ? stored : -1;
}

// The images of a question and of its options, for the eye only: the text beside each says what it is. `of` gives the
// canvas of some pixels, or nothing where there are none; `paint` draws all in the theme's colours.
function makeImages([height, width]) {
  const painted = [];
  const of = (pixels) => {
    if (!pixels?.length) return [];
    const { canvas, draw, recolour } = imageCanvas(height, width, "");
    canvas.setAttribute("aria-hidden", "true");
    painted.push(() => {
      recolour();
      draw(pixels, 0, 255);
    });
    return canvas;
  };
  return { of, paint: () => painted.forEach((paint) => paint()) };
}

function makeOption({ text, correct }, index, image, choose) {
  const mark = h("span", { class: "stn-mark", "aria-hidden": "true" });
  const attributes = { type: "button", class: "stn-option", "data-correct": String(correct), onclick: choose };
  const label = h("b", { "aria-hidden": "true" }, letter(index));
  return { node: h("button", attributes, image, label, h("span", {}, text), mark), mark };
}

function render({ model, el }) {
  const [words, options, key, shown] = ["words", "options", "key", "images"].map((name) => model.get(name));
  const choose = (index) => setTraits(model, { choice: index });
  const images = makeImages(model.get("size"));
  const buttons = options.map((option, k) => makeOption(option, k, images.of(shown[k]), () => choose(k)));
  const why = h("output", {});
  const again = button(words.again, () => {
    choose(-1);
    buttons[0].node.focus();
  });
  const rows = buttons.map(({ node }) => h("li", {}, node));
  const id = nextId();
  mountRoot(
    el,
    "prediction",
    h(
      "div", // a group, no landmark: a page may have several, and who tabs to an answer hears the question
      { class: "stn-frame", role: "group", "aria-labelledby": id },
      h("p", { class: "stn-eyebrow" }, words.eyebrow),
      images.of(model.get("image")),
      h("p", { id, class: "stn-question" }, model.get("question")),
      h("ol", shown.length ? { class: "stn-thumbnails" } : {}, rows),
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
    const said = chosen ? `${chosen.correct ? words.correct : words.wrong}: ${chosen.why}` : words.quiet;
    why.setAttribute("aria-label", said);
    why.classList.toggle("stn-quiet", !chosen);
    again.hidden = !chosen;
    storeText(shelf(key), choice < 0 ? null : String(choice));
  };
  if (model.get("choice") < 0) model.set("choice", recall(key, options.length));
  const end = endAll(onTraits(model, ["choice"], draw), onTheme(images.paint));
  draw();
  images.paint();
  return end;
}

export default { render };
