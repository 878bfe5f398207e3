// What the frame of a page does: theme, search field, sidebars, menus, contents, copy buttons. It replaces the theme's
// own scripts, which bring Bootstrap; the explorables have stn-host.js.
(() => {
  "use strict";

  const root = document.documentElement;
  const find = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];

  // ---- theme: light, dark, or the system's; a browser may refuse to remember it ----

  const dark = matchMedia("(prefers-color-scheme: dark)");

  function setMode(mode) {
    root.dataset.mode = mode;
    root.dataset.theme = mode === "auto" ? (dark.matches ? "dark" : "light") : mode;
    try {
      localStorage.setItem("mode", mode);
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // Storage is blocked: the choice holds for this page.
    }
  }

  // After "auto" comes the theme that differs from the system's.
  function nextMode() {
    const modes = dark.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    return modes[(modes.indexOf(root.dataset.mode) + 1) % modes.length];
  }

  function startTheme() {
    dark.addEventListener("change", () => root.dataset.mode === "auto" && setMode("auto"));
    for (const button of all(".theme-switch-button")) button.addEventListener("click", () => setMode(nextMode()));
    // A printed page is white: a dark one gets the colours of the light theme.
    let shown;
    addEventListener("beforeprint", () => {
      shown = root.dataset.theme;
      root.dataset.theme = "light";
    });
    addEventListener("afterprint", () => {
      root.dataset.theme = shown;
    });
  }

  // ---- dialogs: the search field, and the sidebars on a narrow page ----

  function closeOnBackdrop(dialog) {
    dialog.addEventListener("click", (event) => {
      const box = dialog.getBoundingClientRect();
      const inside =
        event.clientX >= box.left &&
        event.clientX <= box.right &&
        event.clientY >= box.top &&
        event.clientY <= box.bottom;
      if (event.target === dialog && !inside) dialog.close();
    });
  }

  function startSearch() {
    const dialog = find("#pst-search-dialog");
    const own = find(":not(#pst-search-dialog) > form.bd-search input"); // of the page of search results
    const toggle = () => {
      if (own) own.focus();
      else if (dialog.open) dialog.close();
      else dialog.showModal();
    };
    const mac = /^(Mac|iPhone|iPad)/.test(navigator.platform);
    if (mac) for (const keys of all(".search-button__kbd-shortcut")) keys.querySelector("kbd").textContent = "⌘";
    for (const button of all(".search-button__button")) button.addEventListener("click", toggle);
    closeOnBackdrop(dialog);
    document.addEventListener("keydown", (event) => {
      const command = mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
      if (command && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        toggle();
      }
    });
  }

  // The words of the search that led here are marked; Escape takes the marks away.
  function startMarks() {
    let words = "";
    try {
      words = localStorage.getItem("sphinx_highlight_terms") ?? ""; // set by Sphinx's page of search results
      if (!find("#search-results")) localStorage.removeItem("sphinx_highlight_terms");
    } catch {
      return;
    }
    if (!words || !window.Highlight || !find(".bd-article")) return;
    const ranges = [];
    const walker = document.createTreeWalker(find(".bd-article"), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.data.toLowerCase();
      for (const word of words.toLowerCase().split(" ").filter(Boolean)) {
        for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
          const range = new Range();
          range.setStart(walker.currentNode, at);
          range.setEnd(walker.currentNode, at + word.length);
          ranges.push(range);
        }
      }
    }
    CSS.highlights.set("stn-search", new window.Highlight(...ranges));
    addEventListener("keydown", (event) => event.key === "Escape" && CSS.highlights.delete("stn-search"));
  }

  // On a narrow page a sidebar's content and classes move into its dialog while that is open.
  function move(from, to) {
    to.append(...from.childNodes);
    to.classList.add(...from.classList);
    from.className = "";
  }

  function startSidebars() {
    for (const name of ["primary", "secondary"]) {
      const button = find(`.${name}-toggle`);
      const sidebar = find(`#pst-${name}-sidebar`);
      const dialog = find(`#pst-${name}-sidebar-modal`);
      if (!button || !sidebar || !dialog) continue;
      button.addEventListener("click", () => {
        if (name === "primary" && matchMedia("(min-width: 992px)").matches) {
          sidebar.classList.toggle("pst-sidebar-hidden");
          return;
        }
        move(sidebar, dialog);
        dialog.showModal();
      });
      closeOnBackdrop(dialog);
      dialog.addEventListener("click", (event) => event.target.closest("a") && dialog.close());
      dialog.addEventListener("close", () => {
        move(dialog, sidebar);
        button.focus();
      });
    }
    find(".bd-sidebar-primary .current > a")?.scrollIntoView({ block: "nearest" });
  }

  function startMenus() {
    const menus = all(".stn-menu");
    document.addEventListener("click", (event) => {
      for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
    });
    for (const menu of menus) {
      menu.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !menu.open) return;
        menu.open = false;
        menu.querySelector("summary").focus();
      });
      menu.addEventListener("focusout", (event) => {
        if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
      });
    }
  }

  // ---- the page's contents: the section in view is marked ----

  function startContents() {
    const links = all("#pst-page-toc-nav a[href^='#']");
    const sections = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
    if (!links.length) return;
    const mark = (current) => {
      for (const link of links) {
        link.classList.toggle("active", link === current);
        if (link === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
      for (const entry of all("#pst-page-toc-nav .toc-entry")) {
        entry.classList.toggle("active", entry.contains(current));
      }
    };
    const headings = sections.map((section) => section?.querySelector("h2, h3, h4") ?? section);
    let due = false;
    const look = () => {
      due = false;
      const passed = headings.filter((heading) => heading && heading.getBoundingClientRect().top < innerHeight * 0.3);
      const end = innerHeight + scrollY >= root.scrollHeight - 2;
      mark(end ? links.at(-1) : links[headings.indexOf(passed.at(-1))]);
    };
    addEventListener(
      "scroll",
      () => {
        if (!due) requestAnimationFrame(look);
        due = true;
      },
      { passive: true },
    );
    look();
  }

  function startBackToTop() {
    const button = find("#pst-back-to-top");
    let last = scrollY;
    button?.addEventListener("click", () => scrollTo({ top: 0 }));
    addEventListener(
      "scroll",
      () => {
        if (button) button.style.display = scrollY < last && scrollY > innerHeight ? "block" : "none";
        last = scrollY;
      },
      { passive: true },
    );
  }

  // ---- code, tables and outputs: a copy button; a stop of the Tab key for what scrolls ----

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
  }

  function textOf(code) {
    const clone = code.cloneNode(true);
    for (const extra of clone.querySelectorAll(".linenos, .gp, .go")) extra.remove();
    return clone.textContent.replace(/\n$/, "");
  }

  function startCopyButtons() {
    const drawing = find("#stn-copy-icon");
    for (const code of all(".highlight > pre")) {
      if (code.closest(".cell_output")) continue;
      const button = Object.assign(document.createElement("button"), {
        className: "copybtn",
        type: "button",
        title: "Copy",
      });
      button.setAttribute("aria-label", "Copy");
      button.append(drawing.content.cloneNode(true));
      button.addEventListener("click", async () => {
        await copy(textOf(code));
        button.classList.add("success");
        button.title = "Copied";
        setTimeout(() => {
          button.classList.remove("success");
          button.title = "Copy";
        }, 2000);
      });
      code.after(button);
    }
  }

  function startTabStops() {
    const scrolling = "pre, .cell_output > .output, .jp-RenderedHTMLCommon, .pst-scrollable-table-container, div.math";
    let timer;
    const update = () => {
      for (const part of all(scrolling)) {
        const stop = part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight ? 0 : -1;
        if (part.tabIndex !== stop) part.tabIndex = stop;
      }
    };
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(update, 300);
    };
    addEventListener("resize", soon);
    new MutationObserver(soon).observe(find("#main-content"), { subtree: true, childList: true });
    document.fonts.ready.then(update);
  }

  function startFrame() {
    const helper = find(".sbt-scroll-pixel-helper"); // the header has a shadow once the page has scrolled
    if (helper) {
      new IntersectionObserver(([entry]) => {
        document.body.classList.toggle("scrolled", entry.boundingClientRect.y < 0);
      }).observe(helper);
    }
    for (const button of all(".stn-print")) button.addEventListener("click", () => print());
  }

  for (const start of [
    startTheme,
    startSearch,
    startMarks,
    startSidebars,
    startMenus,
    startContents,
    startBackToTop,
    startCopyButtons,
    startTabStops,
    startFrame,
  ]) {
    try {
      start();
    } catch (error) {
      console.error(error);
    }
  }
})();
