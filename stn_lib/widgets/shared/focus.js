// What has the focus is in sight.

const GAP = 8; // pixels

/**
 * On a phone a view stays at the top of the window while its controls scroll by below it: scroll a control that gets
 * the focus out from behind it. The browser does not know that it is hidden there.
 * @param {HTMLElement} root
 */
export function keepFocusInSight(root) {
  root.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof HTMLElement) || !target.matches(":focus-visible")) return;
    for (const view of root.querySelectorAll(".stn-view")) {
      const { position, top } = getComputedStyle(view);
      const before = view.compareDocumentPosition(target) === Node.DOCUMENT_POSITION_FOLLOWING;
      if (position !== "sticky" || !before || view.closest("[inert]")) continue;
      const control = target.closest("fieldset") ?? target;
      control.style.scrollMarginTop = `${parseFloat(top) + view.clientHeight + GAP}px`;
      control.scrollIntoView({ block: "nearest", behavior: "instant" });
    }
  });
}
