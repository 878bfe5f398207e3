// A field for a number, which shows the book's minus sign and its own decimals until the reader types.
import { h } from "./dom.js";

/**
 * The browser writes a hyphen for a minus, and as many decimals as were typed: while the field has no focus, a text
 * covers it instead.
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.most the largest magnitude
 * @param {string} options.term its name in data-term
 * @param {(value: number) => void} options.put called with every finite number that is typed
 * @param {() => void} [options.onblur]
 * @param {...any} before nodes in front of the number
 */
export function numberField({ label, most, term, put, onblur }, ...before) {
  const input = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "number",
      step: 0.05,
      min: -most,
      max: most,
      "aria-label": label,
      "data-term": term,
      onblur,
      oninput: () => {
        if (input.value !== "" && Number.isFinite(Number(input.value))) put(Number(input.value));
      },
    })
  );
  const seen = h("span", { "aria-hidden": "true" });
  /**
   * Show a number. What is typed stays as it is typed if it is that number.
   * @param {number} value
   * @param {string} [text] what covers the field; by default the number with up to three decimals
   */
  const draw = (value, text) => {
    const typed = Number(input.value);
    const shown = Number(value.toFixed(3));
    if (input.value === "" || (typed !== shown && Math.abs(typed - value) > 6e-5)) input.value = String(shown);
    seen.textContent = text ?? String(shown).replace("-", "\u2212");
  };
  return { node: h("span", { class: "stn-entry" }, before, input, seen), draw };
}
