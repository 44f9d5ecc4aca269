"use strict";
// Unpacks the examples, filters them, draws them. All foreign text is set as text.
(() => {
  const byId = (id) => document.getElementById(id);
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  // examples
  const packed = byId("packed");
  if (!packed) return;
  const PAGE = 25;
  const LONGEST_DIFF = 3000;
  const controls = ["search", "evaluation", "category", "outcome", "length", "order"];
  const percent = (share) => `${(100 * share).toFixed(1)}%`;
  const rounded = (share) => `${Math.round(100 * share)}%`;
  const OUTCOMES = {win: "candidate wins", tie: "ties", loss: "candidate loses", none: "no verdict"};
  const PAIR_OUTCOMES = {wonlost: "A won, B lost", lostwon: "B won, A lost", ahead: "A is further ahead",
    behind: "B is further ahead", alike: "both alike", none: "no verdict"};
  const ENDS = {length: "Cut at the token limit.", refused: "Refused by the model.",
    filtered: "Stopped by the provider's filter.", too_long: "Too long for the context."};
  const CHIPS = {win: "won", tie: "tie", loss: "lost", none: "no verdict"};
  let all = [];
  let pairs = [];
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
    return data.rows.map(([evaluation, prompt, category, preference, verdicts, ours, theirs, checks, key], place) => ({
      evaluation, place, key, prompt: data.texts[prompt], category: data.texts[category], preference,
      outcome: outcome(preference), kinds: [outcome(preference)], margin: preference === null ? null : preference - 0.5,
      chip: preference === null ? CHIPS.none : `${CHIPS[outcome(preference)]} ${rounded(preference)}`,
      names: data.evaluations[evaluation], sides: [outputs[ours], outputs[theirs]],
      verdicts: verdicts.map(([order, p, raw]) => ({order, preference: p, raw: data.texts[raw], of: ""})),
      checks: checks.map((check) => data.texts[check]),
    }));
  };
  // the answers of two candidates to one prompt side by side, where both were compared with a third
  const kindsOf = (a, b) => {
    if (a === null || b === null) return ["none"];
    if (a > 0.5 && b < 0.5) return ["wonlost", "ahead"];
    if (a < 0.5 && b > 0.5) return ["lostwon", "behind"];
    return [a > b ? "ahead" : a < b ? "behind" : "alike"];
  };
  const besides = (data) => data.pairs.flatMap(([first, second, ...names], number) => {
    const others = new Map(all.filter((row) => row.evaluation === second).map((row) => [row.key, row]));
    return all.filter((row) => row.evaluation === first && others.has(row.key)).map((row) => {
      const other = others.get(row.key);
      const [a, b] = [row.preference, other.preference];
      const kinds = kindsOf(a, b);
      const shares = kinds[0] === "none" ? "" : `: ${rounded(a)}, ${rounded(b)}`;
      return {...row, evaluation: data.evaluations.length + number, kinds, names, pair: true, third: row.sides[1],
        outcome: {wonlost: "win", ahead: "win", lostwon: "loss", behind: "loss", alike: "tie", none: "none"}[kinds[0]],
        chip: PAIR_OUTCOMES[kinds[0]] + shares, margin: kinds[0] === "none" ? null : (a - b) / 2,
        sides: [row.sides[0], other.sides[0]], text: undefined,
        verdicts: [...row.verdicts.map((said) => ({...said, of: "A"})), ...other.verdicts.map((said) => ({...said, of: "B"}))]};
    });
  });
  const searchable = (row) => {
    row.text ??= [row.prompt, ...row.sides.flatMap((side) => [side.response ?? "", side.thought, side.raw]),
      ...row.verdicts.map((verdict) => verdict.raw)].join("\n").toLowerCase();
    return row.text;
  };
  const byScore = (row) => ((row.sides[0].score ?? 0) - (row.sides[1].score ?? 0)) / 10;
  const clarity = (row) => (row.margin === null ? -1 : Math.abs(row.margin) + Math.abs(byScore(row)));
  const lead = (row, none) => (row.margin === null ? none : row.margin + byScore(row));
  const ORDERS = {
    won: (a, b) => lead(b, -9) - lead(a, -9) || a.place - b.place,
    lost: (a, b) => lead(a, 9) - lead(b, 9) || a.place - b.place,
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
  const fold = (summary, text, open = false) => {
    const details = make("details");
    details.open = open;
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
      const ended = ENDS[side.finish];
      if (ended) box.append(make("p", "soft", ended));
    }
    if (side.thought) box.append(fold(`Thought, ${side.thoughtChars.toLocaleString("en")} characters: hidden from the user and from the judge`,
      side.thought, byId("unfold").checked));
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
  const nameOf = (row) => `example-${row.evaluation}-${row.key}`;
  const draw = (row, body) => {
    const prompt = make("p", "text prompt", row.prompt);
    prompt.dir = "auto";
    const sides = make("div", "sides");
    sides.append(drawSide(row, 0), drawSide(row, 1));
    body.replaceChildren(prompt, sides);
    if (row.pair && row.third.response !== null) body.append(fold(`What both were compared with: ${row.names[5]}`, row.third.response));
    for (const verdict of row.verdicts) {
      const who = verdict.of || "the candidate";
      const order = verdict.order === "BA" ? "baseline first" : `${verdict.of || "candidate"} first`;
      const said = verdict.preference === null ? "no verdict" : `preference for ${who} ${percent(verdict.preference)}`;
      const heading = `Judge${verdict.of && ` on ${verdict.of}`}, ${order}, ${said}`;
      body.append(verdict.raw ? fold(heading, verdict.raw) : make("p", "soft said", heading));
    }
    const link = make("a", "soft", "Link to this example");
    link.href = `#${nameOf(row)}`;
    body.append(make("p", "said"));
    body.lastChild.append(link);
  };
  const list = () => {
    const start = page * PAGE;
    byId("list").replaceChildren(...shown.slice(start, start + PAGE).map((row) => {
      const details = make("details", "example");
      details.id = nameOf(row);
      const summary = make("summary");
      summary.append(make("span", `outcome ${row.outcome}`, row.chip), make("span", "soft", row.category),
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
    const beside = pairs.filter((row) => row.evaluation === Number(asked.evaluation));
    const among = asked.evaluation !== "" && beside.length ? beside : all;
    shown = among.filter((row) => (asked.evaluation === "" || row.evaluation === Number(asked.evaluation))
      && (!asked.category || row.category === asked.category) && (!asked.outcome || row.kinds.includes(asked.outcome))
      && (!asked.length || (asked.length === "longer" ? chars(row) > 0 : chars(row) < 0))
      && (!wanted || searchable(row).includes(wanted)));
    shown.sort(ORDERS[asked.order]);
    page = 0;
    byId("count").textContent = `${shown.length.toLocaleString("en")} of ${among.length.toLocaleString("en")} examples`;
    list();
  };
  // a pair has other outcomes than one evaluation
  const outcomes = () => {
    const chosen = byId("evaluation").value;
    const pair = chosen !== "" && pairs.some((row) => row.evaluation === Number(chosen));
    const entries = Object.entries(pair ? PAIR_OUTCOMES : OUTCOMES);
    const before = byId("outcome").value;
    byId("outcome").replaceChildren();
    options("outcome", [["", "all"], ...entries]);
    byId("outcome").value = entries.some(([key]) => key === before) ? before : "";
  };
  // #example-NUMBER-KEY opens an example, #examples-NUMBER an evaluation
  const follow = () => {
    const [, one, number, key] = location.hash.match(/^#example(s?)-(\d+)(?:-(.+))?$/) ?? [];
    if (number === undefined || !byId("evaluation").querySelector(`option[value="${number}"]`)) return;
    for (const id of ["search", "category", "outcome", "length"]) byId(id).value = "";
    byId("evaluation").value = number;
    outcomes();
    filter();
    const at = shown.findIndex((row) => row.key === key);
    if (one || at < 0) { byId("examples").scrollIntoView(); return; }
    page = Math.floor(at / PAGE);
    list();
    const details = byId(nameOf(shown[at]));
    details.open = true;
    details.scrollIntoView();
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
    pairs = besides(data);
    const beside = (first) => data.pairs.map((pair, number) => [String(data.evaluations.length + number), pair[2], pair[8]])
      .filter((entry) => entry[2] === first);
    options("evaluation", beside(true));
    options("evaluation", data.evaluations.map(([label], number) => [String(number), label]));
    options("evaluation", beside(false));
    if (data.evaluations.length > 1) options("evaluation", [["", "all of them"]]);
    options("category", [...new Set(all.map((row) => row.category))].sort().map((category) => [category, category || "none"]));
    outcomes();
    byId("filters").hidden = false;
    let waiting = 0;
    byId("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
    byId("evaluation").addEventListener("change", outcomes);
    for (const id of controls.slice(1)) byId(id).addEventListener("change", filter);
    for (const id of ["differences", "unfold"]) {
      byId(id).addEventListener("change", () => {
        for (const details of byId("list").children) details.dispatchEvent(new Event("redraw"));
      });
    }
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("earlier").addEventListener("click", () => turn(-1));
    byId("later").addEventListener("click", () => turn(1));
    filter();
    follow();
    addEventListener("hashchange", follow);
  }, (problem) => { byId("count").textContent = `The examples cannot be unpacked in this browser: ${problem.message}`; });
})();
