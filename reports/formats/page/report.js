"use strict";
// Turns the colours, marks the section that is being read, sorts the tables.
(() => {
  const byId = (id) => document.getElementById(id);
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  // colours
  const theme = byId("theme");
  const dark = () => (document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  const name = () => { theme.textContent = dark() ? "Light" : "Dark"; };
  theme.hidden = false;
  name();
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = dark() ? "light" : "dark";
    name();
  });

  // the section that is being read
  const links = new Map([...document.querySelectorAll("nav li a")].map((link) => [link.hash.slice(1), link]));
  const inView = new Set();
  const mark = () => {
    const current = [...links.keys()].find((id) => inView.has(id));
    for (const [id, link] of links) link.toggleAttribute("aria-current", id === current);
  };
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const id = (entry.target.querySelector("h2[id]") ?? entry.target).id;
      if (entry.isIntersecting) inView.add(id); else inView.delete(id);
    }
    mark();
  }, {rootMargin: "-20% 0px -60% 0px"});
  for (const id of links.keys()) {
    const heading = byId(id);
    if (heading) watch.observe(heading.closest("main > section") ?? heading);
  }

  // tables
  const value = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
    return cell.tagName === "TH" ? cell.textContent.trim().toLowerCase() : null;
  };
  const compare = (a, b) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return typeof a === "number" ? b - a : a.localeCompare(b);
  };
  const sort = (table, column, heading) => {
    const rows = [...table.tBodies[0].rows];
    const [first, then] = rows.some((row) => typeof value(row, column) === "string")
      ? ["ascending", "descending"] : ["descending", "ascending"];
    const turned = heading.getAttribute("aria-sort") === first;
    for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", turned ? then : first);
    const pinned = (row) => row.classList.contains("pinned");
    const ranked = rows.filter((row) => !pinned(row)).sort((a, b) => {
      const [x, y] = [value(a, column), value(b, column)];
      return compare(x, y) * (turned && x !== null && y !== null ? -1 : 1);
    });
    table.tBodies[0].append(...rows.filter(pinned), ...ranked);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      if ("nosort" in heading.dataset) return;
      const button = make("button", "sort");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => sort(table, column, heading));
    });
  }
})();
