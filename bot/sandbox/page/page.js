// What must not wait for the server: choosing from lists while one types, and keys.
// The server draws every list whole; an option says in data-words what it is found by.
(() => {
  const options = (chooser) => [...chooser.querySelectorAll("[role=option]:not([hidden])")];
  const chosen = (chooser) => options(chooser).find((one) => one.ariaSelected === "true");

  function choose(chooser, option) {
    for (const one of chooser.querySelectorAll("[role=option]")) one.ariaSelected = String(one === option);
    option?.scrollIntoView({ block: "nearest" });
    chooser.querySelector("input, textarea").setAttribute("aria-activedescendant", option?.id ?? "");
    const name = chooser.querySelector("[data-shows-chosen]");
    if (name) name.textContent = option ? option.dataset.words : "Nothing is called that.";
  }

  // Composers: what stands before the caret is the beginning of a command or of somebody's name.

  const word = (field) => field.value.slice(0, field.selectionStart).match(/(^\/\S*|(?<=^|\s)[@#][\w.-]*)$/)?.[0];
  const command = (field) => field.value.match(/^\/\S+(?=\s)/)?.[0];

  function suggest(chooser, field) {
    const typed = word(field), known = typed ?? command(field);
    for (const one of chooser.querySelectorAll("[role=option]")) {
      const { text, words } = one.dataset;
      const fits = typed ? text.startsWith(typed) || (typed[0] !== "/" && text[0] === typed[0] &&
        words.includes(typed.slice(1).toLowerCase())) : text === known;
      one.hidden = !known || !fits;
    }
    choose(chooser, typed ? options(chooser)[0] : undefined);
    chooser.querySelector("[role=listbox]").hidden = options(chooser).length === 0;
  }

  function write(field, text, caret) {
    field.value = text;
    field.setSelectionRange(caret, caret);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function complete(field, option) {
    const start = field.selectionStart - (word(field) ?? "").length;
    const text = option.dataset.text + " ";
    write(field, field.value.slice(0, start) + text + field.value.slice(field.selectionStart), start + text.length);
    field.focus();
  }

  // Other lists: a search field above them.

  function search(chooser, field) {
    const wanted = field.value.trim().toLowerCase();
    for (const one of chooser.querySelectorAll("[role=option]")) one.hidden = !one.dataset.words.includes(wanted);
    choose(chooser, options(chooser)[0]);
  }

  const filter = (chooser, field) => (field.tagName === "TEXTAREA" ? suggest : search)(chooser, field);

  function step(event, chooser) {
    const all = options(chooser), here = all.indexOf(chosen(chooser));
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || !all.length || here < 0) return;
    event.preventDefault();
    event.stopPropagation();
    choose(chooser, all[(here + by + all.length) % all.length]);
  }

  function pick(event, chooser) {
    const field = event.target, option = chosen(chooser);
    const picks = event.key === "Enter" || (event.key === "Tab" && field.tagName === "TEXTAREA");
    if (!option || !picks || event.shiftKey || event.isComposing) return;
    if (field.tagName !== "TEXTAREA") option.click();
    else if (event.key === "Enter" && option.dataset.text === word(field)) return; // nothing left to complete
    else complete(field, option);
    event.preventDefault();
    event.stopPropagation();
  }

  function close(chooser) {
    chooser.querySelector("[role=listbox]").hidden = true;
    choose(chooser, undefined);
  }

  function dismiss(event, chooser) {
    const list = chooser.querySelector("[role=listbox]");
    if (event.key !== "Escape" || event.target.tagName !== "TEXTAREA" || list.hidden) return;
    event.stopPropagation();
    close(chooser);
  }

  document.addEventListener("input", (event) => {
    const chooser = event.target.closest(".tl-chooser");
    if (chooser) filter(chooser, event.target);
  });
  document.addEventListener("keydown", (event) => {
    const chooser = event.target.matches?.("input, textarea") && event.target.closest(".tl-chooser");
    if (chooser) for (const act of [step, pick, dismiss]) act(event, chooser);
  }, true);
  document.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option][data-text]");
    if (option) complete(option.closest(".tl-chooser").querySelector("textarea"), option);
  });

  // Enter sends, Shift+Enter starts a line, and Enter that picks a suggestion of an input method
  // does neither. The field is empty at once, so that what is typed meanwhile is not lost.
  window.tlSend = (event, emit) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    emit(event.target.value);
    write(event.target, "", 0);
  };

  document.addEventListener("click", (event) => {
    const chooser = event.target.closest(".tl-send")?.closest(".tl-chooser");
    if (chooser) close(chooser);
  });

  // Menus, the thread, and the way to another channel.

  function walk(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const menu = document.querySelector(".q-menu[role=menu]");
    if (!by || !menu) return;
    const items = [...menu.querySelectorAll("[role=menuitem]")];
    const here = items.indexOf(document.activeElement);
    event.preventDefault();
    items[here < 0 && by < 0 ? items.length - 1 : (here + by + items.length) % items.length]?.focus();
  }

  function leaveThread() {
    const close = document.querySelector(".tl-thread:not(.hidden) .tl-close");
    if (close) document.querySelector(".tl-main textarea").focus();
    close?.click();
  }

  document.addEventListener("keydown", (event) => {
    const isOver = document.querySelector(".q-dialog, .q-menu");
    walk(event);
    if (event.key === "Escape" && !isOver && !event.isComposing) leaveThread();
    if (event.key?.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!isOver) document.querySelector(".tl-jump").click();
    }
  });

  // Where the focus was: what it stood on may be drawn anew, and then the browser drops it.

  const REGIONS = ".tl-row, .tl-modal, .tl-home, .tl-head-words, .tl-strips, .tl-page, .tl-dock";
  const FOCUSABLE = "button, a[href], input, select, textarea, [tabindex]";
  const left = { dialog: null, page: null };

  const layer = (element) => (element.closest(".q-dialog, .q-menu") ? "dialog" : "page");
  const named = (one) => one.dataset.key ?? one.ariaLabel ?? (one.name || one.textContent);
  const alike = ({ region, name }) =>
    [...region.querySelectorAll(FOCUSABLE)].filter((one) => named(one) === name);

  document.addEventListener("focusin", ({ target }) => {
    const region = target.closest(REGIONS), name = named(target);
    if (!region || target === region) return;
    const place = { target, region, name };
    left[layer(target)] = { ...place, index: alike(place).indexOf(target) };
  });

  // Whoever clicks beside everything wants no focus; what is gone or disabled only lost it.
  document.addEventListener("focusout", ({ target }) => setTimeout(() => {
    const here = layer(target), isThere = target.isConnected && !target.disabled;
    if (isThere && document.activeElement === document.body && left[here]?.target === target &&
      !document.querySelector(".q-dialog, .q-menu")) left[here] = null;
  }));

  new MutationObserver(() => {
    if (document.activeElement !== document.body) return;
    const place = left[document.querySelector(".q-dialog") ? "dialog" : "page"];
    if (!place?.region.isConnected || (place.target.isConnected && place.target.disabled)) return;
    const found = alike(place);
    const again = place.target.isConnected ? place.target : found[place.index] ?? found[0];
    if (!again && place.region.matches(".tl-page, .tl-dock")) return;
    if (!again) place.region.tabIndex = -1;
    (again ?? place.region).focus({ preventScroll: true });
  }).observe(document, { subtree: true, childList: true, attributeFilter: ["disabled"] });
})();
