// Views of one explorable in one place: the page does not jump when the reader changes between them.
import { choice } from "./controls.js";
import { h, setText } from "./dom.js";

/**
 * @typedef {object} Page
 * @property {HTMLElement} node
 * @property {() => void} draw
 * @property {() => void} recolour
 * @property {() => void} [stop] called when another one is shown
 */

/**
 * @param {Record<string, any>} words with "view", "views", and what to "try" in each
 * @param {Record<string, Page>} pages by the keys of the views
 * @param {(values: {view: string}) => void} put
 */
export function makePages(words, pages, put) {
  const view = choice({
    ...{ label: words.view, options: words.views, value: "" },
    onchange: (key) => put({ view: key }),
  });
  view.node.classList.add("stn-switch");
  const hint = h("span", {});
  const all = Object.entries(pages);
  for (const [, page] of all) page.node.classList.add("stn-page");
  const together = h(
    "div",
    { class: "stn-pages" },
    all.map(([, page]) => page.node),
  );
  // What a view still computes it does not finish while another one is shown.
  const leave = (/** @type {Page} */ page) => {
    page.stop?.();
    for (const part of page.node.querySelectorAll("[aria-busy=true]")) part.setAttribute("aria-busy", "false");
  };
  /** @param {string} now */
  const draw = (now) => {
    for (const [name, page] of all) {
      if (name !== now && !page.node.inert) leave(page);
      page.node.inert = name !== now;
    }
    pages[now].draw();
    view.set(now);
    setText(hint, words.try[now]);
  };
  const recolour = () => all.forEach(([, page]) => page.recolour());
  const stop = () => all.forEach(([, page]) => page.stop?.());
  return { nodes: [view.node, together], hint, draw, recolour, stop };
}
