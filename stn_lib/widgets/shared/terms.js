// A term of a formula and the thing that it names light up together: elements of one explorable that share a name in
// their `data-term` attributes (names with spaces between them).

/** @param {Element} node */
const namesOf = (node) => node.getAttribute("data-term")?.split(" ") ?? [];

/**
 * Light the terms under the pointer, or those of the control that has the focus.
 * @param {HTMLElement} root
 */
export function lightTerms(root) {
  /** @param {EventTarget | null} target */
  const light = (target) => {
    const found = target instanceof Element && root.contains(target) ? target.closest("[data-term]") : null;
    const names = found ? namesOf(found) : [];
    for (const node of root.querySelectorAll("[data-term]"))
      node.classList.toggle(
        "stn-lit",
        namesOf(node).some((name) => names.includes(name)),
      );
  };
  for (const event of ["focusin", "pointerover", "pointerdown"])
    root.addEventListener(event, ({ target }) => light(target));
  root.addEventListener("focusout", ({ relatedTarget }) => light(relatedTarget));
  root.addEventListener("pointerleave", () => light(document.activeElement));
}
