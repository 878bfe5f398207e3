// The widget on its page: its root element, its traits, redraws, the theme, reduced motion.

import { announceAtRest } from "./announce.js";
import { keepFocusInSight } from "./focus.js";
import { lightTerms } from "./terms.js";

/** @typedef {import("./types").Model} Model */

/**
 * Fill the element that a widget lives in.
 * @param {HTMLElement} el
 * @param {string} name of the explorable, as in its CSS class
 * @param {...Node} children
 */
export function mountRoot(el, name, ...children) {
  el.classList.add("stn-widget", `stn-${name}`);
  // JupyterLab hears every key before the page does and would fold cells on an arrow key that belongs to a slider:
  // the attribute, on the element that has the focus, keeps its shortcuts out.
  el.addEventListener("focusin", ({ target }) => {
    if (target instanceof Element) target.setAttribute("data-lm-suppress-shortcuts", "");
  });
  el.replaceChildren(...children);
  announceAtRest(el);
  keepFocusInSight(el);
  lightTerms(el);
}

/**
 * Set traits and tell Python.
 * @param {Model} model
 * @param {Record<string, unknown>} values
 */
export function setTraits(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

/**
 * The values of some traits.
 * @param {Model} model
 * @param {string[]} names
 * @returns {Record<string, any>}
 */
export const getTraits = (model, names) => Object.fromEntries(names.map((name) => [name, model.get(name)]));

/**
 * Call back at each change of one of these traits; the returned function ends it.
 * @param {Model} model
 * @param {string[]} names
 * @param {() => void} callback
 */
export function onTraits(model, names, callback) {
  const events = names.map((name) => `change:${name}`).join(" ");
  model.on(events, callback);
  return () => model.off(events, callback);
}

/**
 * One function that ends all of these.
 * @param {...(() => void)} ends
 */
export const endAll =
  (...ends) =>
  () =>
    ends.forEach((end) => end());

/**
 * A function that calls `then` at most once a frame however often it is called.
 * @param {() => void} then
 */
export function everyFrame(then) {
  let frame = 0;
  const ask = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      then();
    });
  };
  ask.stop = () => cancelAnimationFrame(frame);
  return ask;
}

/**
 * Call back when the page or JupyterLab changes between light and dark; the returned function ends it.
 * @param {() => void} then
 */
export function onTheme(then) {
  const observer = new MutationObserver(then);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  return () => observer.disconnect();
}

/**
 * Draw now, and at most once a frame after a change of these traits or of the theme.
 * @param {Model} model
 * @param {object} drawing
 * @param {string[]} drawing.traits
 * @param {(ask: () => void) => void} drawing.draw is handed what asks for another drawing
 * @param {() => void} [drawing.recolour] reads the theme's colours again
 */
export function drawOnChange(model, { traits, draw, recolour }) {
  const ask = everyFrame(() => draw(ask));
  const offTraits = onTraits(model, traits, ask);
  const offTheme = onTheme(() => {
    recolour?.();
    draw(ask); // at once: a page that is being printed has no further frame
  });
  recolour?.();
  draw(ask);
  const stop = () => {
    offTraits();
    offTheme();
    ask.stop();
  };
  return { ask, stop };
}

export const prefersReducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
