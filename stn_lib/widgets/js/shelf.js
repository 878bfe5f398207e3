// What a reader answered, kept in this browser alone. One that forbids storage forgets, no more.

export function keep(name, text) {  // null takes it away
  try {
    if (text === null) localStorage.removeItem(name);
    else localStorage.setItem(name, text);
  } catch { /* forgotten */ }
}

export function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
