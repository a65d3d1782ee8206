// What a shown article can do: select, filter, walk by key, save. Shared by the page and by reports.
"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const statements = () => all("a.st");
  const pressed = () => all(".filter[aria-pressed=true]").map((button) => button.dataset.stance);

  function select(statement, reveal) {
    for (const old of all("a.st[aria-current]")) old.removeAttribute("aria-current");
    for (const old of all(".why.on")) old.classList.remove("on");
    document.body.classList.toggle("asking", Boolean(statement));
    if (!statement) return;
    statement.setAttribute("aria-current", "true");
    const why = document.getElementById(statement.getAttribute("href").slice(1));
    why.classList.add("on");
    for (const box of [why.parentElement, why.closest(".side")]) box.scrollTop = 0;
    // Where the explanation covers the lower part of the screen, the statement moves above it.
    const sheet = getComputedStyle(why.parentElement).position === "fixed";
    if (sheet) statement.scrollIntoView({ block: "start" });
    else if (reveal) statement.scrollIntoView({ block: "nearest" });
  }

  function filter() {
    const stances = pressed();
    const picker = one("#speaker");
    const speaker = picker ? picker.value : "";
    let shown = 0;
    for (const statement of statements()) {
      const fits =
        (!stances.length || stances.includes(statement.dataset.stance)) &&
        (!speaker || statement.dataset.speaker === speaker);
      statement.classList.toggle("off", !fits);
      shown += fits;
    }
    for (const chip of all(".chip")) chip.setAttribute("aria-pressed", String(chip.dataset.speaker === speaker));
    const total = statements().length;
    one("#shown").textContent = stances.length || speaker ? `${shown} of ${total} statements shown` : "";
  }

  function walk(step) {
    const open = statements().filter((statement) => !statement.classList.contains("off"));
    const current = one("a.st[aria-current]") || document.activeElement;
    const at = open.indexOf(current);
    const next = open[at < 0 ? (step > 0 ? 0 : open.length - 1) : at + step];
    if (!next) return;
    next.focus({ preventScroll: true });
    select(next, true);
  }

  function save(form) {
    const held = JSON.parse(one("#downloads").textContent);
    const kind = form === "json" ? "application/json" : "text/csv";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([held[form]], { type: `${kind};charset=utf-8` }));
    link.download = `${held.name}.${form}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function press(button) {
    if (button.classList.contains("filter")) {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      filter();
    } else if (button.classList.contains("chip")) {
      const picker = one("#speaker");
      picker.value = picker.value === button.dataset.speaker ? "" : button.dataset.speaker;
      filter();
    } else if (button.classList.contains("close")) {
      const current = one("a.st[aria-current]");
      select(null);
      if (current) current.focus();
    } else if (button.classList.contains("save")) {
      save(button.dataset.form);
    }
  }

  document.addEventListener("click", (event) => {
    const statement = event.target.closest("a.st");
    if (statement) {
      event.preventDefault();
      select(statement.hasAttribute("aria-current") ? null : statement);
      return;
    }
    const button = event.target.closest("button");
    if (button) press(button);
  });

  document.addEventListener("change", (event) => {
    if (event.target.id === "speaker") filter();
  });

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    const among = event.target.closest && event.target.closest("a.st");
    if (step && (among || one("a.st[aria-current]") || event.key.length === 1) && statements().length) {
      event.preventDefault();
      walk(step);
    } else if (event.key === "Escape") {
      const current = one("a.st[aria-current]");
      select(null);
      if (current) current.focus({ preventScroll: true });
    }
  });
})();
