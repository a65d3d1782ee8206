// The form of the service's page: paste, drop or open a text, have it read, show it.
"use strict";
(() => {
  const one = (selector) => document.querySelector(selector);
  const PAGE = /\.(x?html?)$/i;
  const PLAIN = /\.(txt|text|md|markdown)$/i;
  const MOST = 1_900_000;
  const MOST_PDF = 1_400_000; // base64 makes a third more of it
  let held = null; // an opened page or PDF: the file is sent, not what the box shows

  function complain(text) {
    const place = one("#problem");
    place.textContent = text;
    place.hidden = !text;
  }

  function decode(bytes) {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      return new TextDecoder("windows-1252").decode(bytes);
    }
  }

  function base64(file) {
    return new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(file);
    });
  }

  async function open(file) {
    complain("");
    const page = PAGE.test(file.name) || file.type === "text/html";
    const pdf = /\.pdf$/i.test(file.name) || file.type === "application/pdf";
    if (!page && !pdf && !PLAIN.test(file.name) && !file.type.startsWith("text/")) {
      complain(`${file.name}: not a text, a page or a PDF: save it as one, or use stance score on the command line`);
      return;
    }
    const most = pdf ? MOST_PDF : MOST;
    if (file.size > most) {
      complain(`${file.name}: larger than ${most / 1e6} MB: send it in parts`);
      return;
    }
    if (pdf) {
      held = { pdf: await base64(file) };
      one("#text").value = file.name;
      await read();
      return;
    }
    const text = decode(await file.arrayBuffer());
    held = page ? { html: text } : null;
    one("#text").value = page ? new DOMParser().parseFromString(text, "text/html").body.textContent.trim() : text;
    await read();
  }

  async function read() {
    const text = one("#text").value;
    if (!text.trim()) {
      complain("Paste a text first, or open a file.");
      one("#text").focus();
      return;
    }
    complain("");
    const result = one("#result");
    result.setAttribute("aria-busy", "true");
    one("#go").disabled = true;
    const headers = { "content-type": "application/json" };
    if (one("#key").value) headers.authorization = `Bearer ${one("#key").value}`;
    try {
      const answer = await fetch("/view", { method: "POST", headers, body: JSON.stringify(held || { text }) });
      if (answer.ok) show(result, await answer.text());
      else {
        if (answer.status === 401) one("#keyed").hidden = false;
        complain((await answer.json()).detail);
      }
    } catch {
      complain("The service does not answer. Is `stance serve` still running?");
    } finally {
      result.setAttribute("aria-busy", "false");
      one("#go").disabled = false;
    }
  }

  function show(result, markup) {
    result.innerHTML = markup; // made by the service, which escapes all it was sent
    document.body.classList.add("read");
    document.body.classList.remove("asking");
    const heading = result.querySelector(".lean");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    result.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion)").matches ? "auto" : "smooth" });
  }

  one("#ask").addEventListener("submit", (event) => {
    event.preventDefault();
    read();
  });
  one("#text").addEventListener("input", () => {
    held = null;
  });
  one("#text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      read();
    }
  });
  one("#file").addEventListener("change", (event) => {
    if (event.target.files[0]) open(event.target.files[0]);
    event.target.value = "";
  });
  one("#example").addEventListener("click", () => {
    held = null;
    one("#text").value = one("#sample").content.textContent;
    read();
  });

  let depth = 0;
  const cover = (on) => {
    one("#drop").hidden = !on;
  };
  addEventListener("dragenter", (event) => {
    event.preventDefault();
    depth += 1;
    cover(true);
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) cover(false);
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    cover(false);
    const [file] = event.dataTransfer.files;
    const text = event.dataTransfer.getData("text/plain");
    if (file) open(file);
    else if (text) {
      held = null;
      one("#text").value = text;
      read();
    }
  });
})();
