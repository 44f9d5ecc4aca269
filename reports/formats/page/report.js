"use strict";
// Sorts the tables, turns the colours, unpacks the examples and filters them. All foreign text is set as text.
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

  // examples
  const packed = byId("packed");
  if (!packed) return;
  const PAGE = 25;
  const LONGEST_DIFF = 3000;
  const controls = ["search", "evaluation", "category", "outcome", "length", "order"];
  const percent = (share) => `${(100 * share).toFixed(1)}%`;
  const OUTCOMES = {win: "won", tie: "tie", loss: "lost", none: "no verdict"};
  let all = [];
  let shown = [];
  let page = 0;

  const unpack = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };
  const outcome = (preference) => {
    if (preference === null) return "none";
    return preference > 0.5 ? "win" : preference < 0.5 ? "loss" : "tie";
  };
  const read = (data) => {
    const outputs = data.outputs.map(([response, thought, raw, problem, finish, score, met, chars, thoughtChars]) => ({
      response: response === null ? null : data.texts[response], thought: data.texts[thought], raw: data.texts[raw],
      problem, finish, score, met, chars, thoughtChars,
    }));
    return data.rows.map(([evaluation, prompt, category, preference, verdicts, ours, theirs, checks], place) => ({
      evaluation, place, prompt: data.texts[prompt], category: data.texts[category], preference,
      outcome: outcome(preference), names: data.evaluations[evaluation], sides: [outputs[ours], outputs[theirs]],
      verdicts: verdicts.map(([order, p, raw]) => ({order, preference: p, raw: data.texts[raw]})),
      checks: checks.map((check) => data.texts[check]),
    }));
  };
  const searchable = (row) => {
    row.text ??= [row.prompt, ...row.sides.flatMap((side) => [side.response ?? "", side.thought, side.raw]),
      ...row.verdicts.map((verdict) => verdict.raw)].join("\n").toLowerCase();
    return row.text;
  };
  const clarity = (row) => (row.preference === null ? -1
    : Math.abs(row.preference - 0.5) + Math.abs((row.sides[0].score ?? 0) - (row.sides[1].score ?? 0)) / 10);
  const ORDERS = {
    asked: (a, b) => a.place - b.place,
    clear: (a, b) => clarity(b) - clarity(a) || a.place - b.place,
    long: (a, b) => b.sides[0].chars - a.sides[0].chars || a.place - b.place,
  };

  // words that the other side does not have in the same order: a longest common subsequence
  const differing = (ours, theirs) => {
    const [a, b] = [ours.split(/(\s+)/), theirs.split(/(\s+)/)];
    if (a.length > LONGEST_DIFF || b.length > LONGEST_DIFF) return null;
    const width = b.length + 1;
    const best = new Uint16Array((a.length + 1) * width);
    for (let i = a.length - 1; i >= 0; i--) {
      for (let j = b.length - 1; j >= 0; j--) {
        best[i * width + j] = a[i] === b[j] ? best[(i + 1) * width + j + 1] + 1
          : Math.max(best[(i + 1) * width + j], best[i * width + j + 1]);
      }
    }
    const parts = [];
    for (let i = 0, j = 0; i < a.length;) {
      if (j < b.length && a[i] === b[j]) { parts.push([a[i], false]); i++; j++; }
      else if (j < b.length && best[i * width + j + 1] > best[(i + 1) * width + j]) j++;
      else { parts.push([a[i], true]); i++; }
    }
    return parts;
  };
  const writeResponse = (element, side, other) => {
    const parts = byId("differences").checked && other.response !== null ? differing(side.response, other.response) : null;
    if (!parts) { element.textContent = side.response; return; }
    let mark = null;
    for (const [text, own] of parts) {
      if (own) { mark ??= element.appendChild(make("mark")); mark.append(text); }
      else { mark = null; element.append(text); }
    }
  };
  const fold = (summary, text) => {
    const details = make("details");
    details.append(make("summary", "", summary));
    const body = make("div", "text folded", text);
    body.dir = "auto";
    details.append(body);
    return details;
  };
  const drawSide = (row, number) => {
    const [side, other] = [row.sides[number], row.sides[1 - number]];
    const box = make("div", `side ${row.names[3 + number]}`);
    const head = make("h4");
    const score = side.score === null ? "" : `score ${side.score.toFixed(3)}, `;
    head.append(make("b", "", row.names[1 + number]), make("span", "soft", `${score}${side.chars.toLocaleString("en")} characters`));
    box.append(head);
    if (side.response === null) box.append(make("p", "soft", "The store has the judgment of this answer, but not its text."));
    else if (side.problem) {
      box.append(make("p", "none", `No response: ${side.problem.replaceAll("_", " ")}.`), fold("What the model wrote", side.raw));
    } else {
      const text = make("p", "text");
      text.dir = "auto";
      writeResponse(text, side, other);
      box.append(text);
      if (side.finish === "length") box.append(make("p", "soft", "Cut at the token limit."));
    }
    if (side.thought) box.append(fold(`Thought, ${side.thoughtChars.toLocaleString("en")} characters: hidden from the user and from the judge`, side.thought));
    if (row.checks.length) {
      const list = make("ul", "checks");
      row.checks.forEach((check, at) => {
        const met = side.met[at];
        const item = make("li");
        item.append(make("span", met ? "met" : "unmet", met === null ? "–" : met ? "✓" : "✕"), make("span", "", check));
        list.append(item);
      });
      box.append(list);
    }
    return box;
  };
  const draw = (row, body) => {
    const prompt = make("p", "text prompt", row.prompt);
    prompt.dir = "auto";
    const sides = make("div", "sides");
    sides.append(drawSide(row, 0), drawSide(row, 1));
    body.replaceChildren(prompt, sides);
    for (const verdict of row.verdicts) {
      const order = verdict.order === "BA" ? "baseline first" : "candidate first";
      const said = verdict.preference === null ? "no verdict" : `preference for the candidate ${percent(verdict.preference)}`;
      const heading = `Judge, ${order}, ${said}`;
      body.append(verdict.raw ? fold(heading, verdict.raw) : make("p", "soft said", heading));
    }
  };
  const list = () => {
    const start = page * PAGE;
    byId("list").replaceChildren(...shown.slice(start, start + PAGE).map((row) => {
      const details = make("details", "example");
      const summary = make("summary");
      summary.append(make("span", `outcome ${row.outcome}`, OUTCOMES[row.outcome]), make("span", "soft", row.category),
        make("span", "ask", row.prompt.slice(0, 300)));
      const body = make("div", "body");
      details.append(summary, body);
      details.addEventListener("toggle", () => { if (details.open && !body.firstChild) draw(row, body); });
      details.addEventListener("redraw", () => { body.replaceChildren(); if (details.open) draw(row, body); });
      return details;
    }));
    const pages = Math.ceil(shown.length / PAGE);
    byId("pager").hidden = pages < 2;
    byId("page").textContent = `page ${page + 1} of ${pages}`;
    byId("earlier").disabled = page === 0;
    byId("later").disabled = page >= pages - 1;
  };
  const filter = () => {
    const asked = Object.fromEntries(controls.map((id) => [id, byId(id).value]));
    const wanted = asked.search.trim().toLowerCase();
    const chars = (row) => row.sides[0].chars - row.sides[1].chars;
    shown = all.filter((row) => (asked.evaluation === "" || row.evaluation === Number(asked.evaluation))
      && (!asked.category || row.category === asked.category) && (!asked.outcome || row.outcome === asked.outcome)
      && (!asked.length || (asked.length === "longer" ? chars(row) > 0 : chars(row) < 0))
      && (!wanted || searchable(row).includes(wanted)));
    shown.sort(ORDERS[asked.order]);
    page = 0;
    byId("count").textContent = `${shown.length.toLocaleString("en")} of ${all.length.toLocaleString("en")} examples`;
    list();
  };
  const options = (id, entries) => {
    for (const [key, text] of entries) {
      const option = make("option", "", text.slice(0, 120));
      option.value = key;
      byId(id).append(option);
    }
  };
  const turn = (by) => {
    page += by;
    list();
    byId("filters").scrollIntoView({block: "nearest"});
  };

  unpack(packed.textContent).then((data) => {
    all = read(data);
    options("evaluation", data.evaluations.map(([label], number) => [String(number), label]));
    if (data.evaluations.length > 1) options("evaluation", [["", "all of them"]]);
    options("category", [...new Set(all.map((row) => row.category))].sort().map((category) => [category, category || "none"]));
    byId("filters").hidden = false;
    let waiting = 0;
    byId("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
    for (const id of controls.slice(1)) byId(id).addEventListener("change", filter);
    byId("differences").addEventListener("change", () => {
      for (const details of byId("list").children) details.dispatchEvent(new Event("redraw"));
    });
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("earlier").addEventListener("click", () => turn(-1));
    byId("later").addEventListener("click", () => turn(1));
    filter();
  }, (problem) => { byId("count").textContent = `The examples cannot be unpacked in this browser: ${problem.message}`; });
})();
