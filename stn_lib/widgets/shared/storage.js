// What a reader answered, kept in this browser alone. A browser that forbids storage keeps nothing.

/**
 * Keep a text under a name; null removes it.
 * @param {string} name
 * @param {string | null} text
 */
export function storeText(name, text) {
  try {
    if (text === null) localStorage.removeItem(name);
    else localStorage.setItem(name, text);
  } catch {
    /* The browser forbids storage. */
  }
}

/** @param {string} name */
export function loadText(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
