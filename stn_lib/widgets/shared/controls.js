// Native form controls, and the figure around a drawing.
import { h } from "./dom.js";

let counter = 0;
/** An id that no other element of the page has. */
export const nextId = () => `stn-${Date.now().toString(36)}-${counter++}`;

/**
 * A labelled slider that shows its value.
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.min
 * @param {number} options.max
 * @param {number} options.step
 * @param {number} options.value
 * @param {(value: number) => string} options.show the value as text
 * @param {(value: number) => void} options.oninput
 * @param {string} [options.concept] whose colour it has: a name of the palette
 */
export function slider({ label, min, max, step, value, show, oninput, concept = "ink" }) {
  const id = nextId();
  const output = h("output", { for: id, class: "stn-number" });
  const input = h("input", { id, type: "range", min, max, step, value, oninput: () => oninput(Number(input.value)) });
  const style = `--stn-accent: var(--stn-${concept})`;
  const node = h("div", { class: "stn-slider", style }, h("label", { for: id }, label), input, output);
  /** @param {number} now */
  const set = (now) => {
    input.value = String(now);
    output.textContent = show(now);
    input.setAttribute("aria-valuetext", show(now));
  };
  set(value);
  return { node, input, set };
}

/**
 * One of several: native radio buttons that look like one bar.
 * @param {object} options
 * @param {string} options.label
 * @param {[key: string, text: string][]} options.options
 * @param {string} options.value
 * @param {(key: string) => void} options.onchange
 */
export function choice({ label, options, value, onchange }) {
  const name = nextId();
  /** @type {Map<string, HTMLInputElement>} */
  const inputs = new Map();
  const bar = options.map(([key, text]) => {
    const checked = key === value;
    const input = h("input", { type: "radio", name, value: key, checked, onchange: () => onchange(key) });
    inputs.set(key, input);
    return h("label", {}, input, h("span", {}, text));
  });
  const node = h("fieldset", { class: "stn-choice" }, h("legend", {}, label), h("div", {}, bar));
  /** @param {string} key */
  const set = (key) => {
    const input = inputs.get(key);
    if (input) input.checked = true;
  };
  return { node, set };
}

/**
 * @param {string} label
 * @param {() => void} act
 * @param {Record<string, any>} [attributes]
 */
export function button(label, act, attributes = {}) {
  const onclick = () => {
    if (node.getAttribute("aria-disabled") !== "true") act();
  };
  const node = h("button", { type: "button", class: "stn-button", onclick, ...attributes }, label);
  return node;
}

/**
 * Say that a button does nothing now. It keeps the focus, which one with the attribute `disabled` loses to the page.
 * @param {HTMLButtonElement} node
 * @param {boolean} enabled
 */
export const setEnabled = (node, enabled) => node.setAttribute("aria-disabled", String(!enabled));

/** @param {...any} nodes */
export const controls = (...nodes) => h("div", { class: "stn-controls" }, nodes);

/**
 * @param {any} caption a text, or nodes
 * @param {...any} children
 */
export function figure(caption, ...children) {
  return h("figure", { class: "stn-panel" }, h("figcaption", {}, caption), children);
}
