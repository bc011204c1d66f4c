"use strict";
/* The page is complete without this script: it only sorts, filters, copies and folds. */
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const announce = (text) => { one("#announcement").textContent = text; };

  /* A time is written once, in the block that differs from run to run; the table borrows it. */
  const borrowTimes = (table) => {
    const times = new Map(all("[data-time]").map((row) => [row.dataset.time, row.cells[1]]));
    for (const row of all("tr.row", table)) {
      const source = times.get(one("a", row).hash.slice(1));
      const cell = one("td.time", row);
      cell.textContent = source ? source.textContent : "";
      cell.dataset.sort = source ? source.dataset.sort : "";
    }
    for (const cell of all(".time", table)) cell.hidden = false;
  };

  /* What is searched and sorted is kept in the address, behind the name of the section. */
  const KEPT = "#claims?";
  const remembered = () => new URLSearchParams(location.hash.startsWith(KEPT) ? location.hash.slice(KEPT.length) : "");
  const remember = (changes) => {
    const state = remembered();
    for (const [name, value] of Object.entries(changes)) {
      if (value) state.set(name, value);
      else state.delete(name);
    }
    history.replaceState(null, "", String(state) ? KEPT + state : "#claims");
  };

  const sortable = (table) => {
    const groups = all("tbody", table);
    const homes = all("tr.row", table).map((row) => ({ row, home: row.parentNode }));
    const sorted = table.createTBody();
    const heads = all("thead th", table);

    const key = (row, column) => {
      const cell = row.cells[column];
      const text = cell.dataset.sort ?? cell.textContent.trim();
      const value = Number(text);
      return text === "" || text === "–" || text === "none" ? null : Number.isNaN(value) ? text : value;
    };
    const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, "en") : a - b);

    const restore = () => {
      for (const { row, home } of homes) home.append(row);
    };
    const order = (column, sign) => {
      const keyed = homes.map(({ row }) => ({ row, value: key(row, column) }));
      keyed.sort((a, b) => (a.value === null) - (b.value === null) || (a.value === null ? 0 : sign * compare(a.value, b.value)));
      sorted.append(...keyed.map(({ row }) => row));
    };
    const next = { undefined: "ascending", ascending: "descending", descending: undefined };

    heads.forEach((head, column) => {
      const button = document.createElement("button");
      const name = head.textContent.trim();
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const direction = next[head.getAttribute("aria-sort") ?? undefined];
        for (const other of heads) other.removeAttribute("aria-sort");
        if (direction) {
          head.setAttribute("aria-sort", direction);
          order(column, direction === "ascending" ? 1 : -1);
        } else {
          restore();
        }
        for (const group of groups) group.hidden = direction !== undefined;
        table.dispatchEvent(new Event("reordered"));
          remember({ sort: direction ? `${column},${direction}` : "" });
        announce(direction ? `Sorted by ${name}, ${direction}` : "In the order of the theory");
      });
    });
    const [column, direction] = (remembered().get("sort") ?? "").split(",");
    if (direction === "ascending" || direction === "descending") {
      const button = one("button", heads[Number(column)] ?? table);
      if (button) button.click();
      if (button && direction === "descending") button.click();
    }
    return groups;
  };

  const plain = (text) => text.toLowerCase().replaceAll("ł", "l").normalize("NFD").replace(/\p{M}/gu, "");

  const filterable = (table, form, groups) => {
    const rows = all("tr.row", table);
    const section = (row) => document.getElementById(one("a", row).hash.slice(1));
    const told = (row) => all(".description, .description + .facts", section(row)).map((part) => part.textContent);
    const texts = new Map(rows.map((row) => [row, plain([row.textContent, row.dataset.words, ...told(row)].join(" "))]));
    form.elements.words.value = remembered().get("find") ?? "";
    form.elements.verdict.value = remembered().get("verdict") ?? "";
    const apply = () => {
      const words = plain(form.elements.words.value).split(/\s+/).filter(Boolean);
      const verdict = form.elements.verdict.value;
      for (const row of rows) {
        const text = texts.get(row);
        row.hidden = (verdict && row.dataset.verdict !== verdict) || !words.every((word) => text.includes(word));
      }
      const shown = rows.filter((row) => !row.hidden).length;
      one(".found", form).textContent = shown === rows.length ? `${shown} claims` : `${shown} of ${rows.length} claims`;
      if (!one("th[aria-sort]", table)) {
        for (const group of groups) group.hidden = !all("tr.row", group).some((row) => !row.hidden);
      }
    };
    const changed = () => {
      apply();
      remember({ find: form.elements.words.value, verdict: form.elements.verdict.value });
    };
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("submit", (event) => event.preventDefault());
    table.addEventListener("reordered", apply);
    form.hidden = false;
    apply();
  };

  const copy = async (block) => {
    try {
      await navigator.clipboard.writeText(block.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(block);
      return document.execCommand("copy");
    }
  };

  const copyable = (block) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    block.append(button);
    button.addEventListener("click", async () => {
      const done = await copy(one("code", button.parentNode));
      button.textContent = done ? "Copied" : "Press Ctrl+C";
      announce(button.textContent);
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  };

  const foldable = (button) => {
    const claims = all("details.fold-claim");
    button.hidden = claims.length === 0;
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(open));
      button.textContent = open ? "Fold all" : "Unfold all";
      for (const claim of claims) claim.open = open;
    });
    addEventListener("beforeprint", () => {
      for (const claim of claims) claim.open = true;
    });
  };

  /* A link to a claim opens it. */
  const reveal = () => {
    const target = location.hash.startsWith("#claim-") && document.getElementById(location.hash.slice(1));
    const fold = target && target.closest("details.fold-claim");
    if (!fold) return;
    fold.open = true;
    fold.scrollIntoView();
  };

  /* What does not fit can be scrolled by keyboard as well. */
  const reachable = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });

  const table = one("table.claims");
  if (table) {
    const isKept = location.hash.startsWith(KEPT);
    borrowTimes(table);
    filterable(table, one("form.filter"), sortable(table));
    if (isKept) one("#claims").scrollIntoView();
  }
  for (const statement of all(".statement")) reachable.observe(statement);
  all(".copyable").forEach(copyable);
  all("button.fold").forEach(foldable);
  addEventListener("hashchange", reveal);
  reveal();
})();
