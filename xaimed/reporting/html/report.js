// Text from data or configuration only ever becomes textContent; nothing here builds markup from it.
(() => {
  const data = JSON.parse(document.getElementById("page-data").textContent).gallery;
  const at = (id) => document.getElementById(id);
  if (!data || !at("g-form")) return;
  const PAGE = 48;
  const measures = Object.keys(data.measures), explainers = Object.keys(data.explainers);
  const { make, bytes, album } = drawing;
  const colours = { heatmap: bytes(data.colours.heatmap), uncertainty: bytes(data.colours.uncertainty) };
  const picture = album(data.pictures);
  let shown = [], many = PAGE, open = -1, opener = null;

  const draw = async (canvas, card, map, kind, blend) => {
    drawing.draw(canvas, await picture(card.x), { map, blend, colours: colours[kind], strongest: data.strongest });
  };
  const explainer = () => explainers[at("g-explainer") ? at("g-explainer").value : 0];
  const mapsOf = (card) => (explainer() && card.m[explainer()]) || [[], []];
  const said = (card) => `${card.c ? "✓" : "✗"} ${card.p}` + (card.c ? "" : ` (true: ${card.t})`);
  const number = (value) => value === null || value === undefined ? "–" : Math.abs(value) >= 100 ? value.toFixed(1) : value.toPrecision(3);
  const described = (card) => `${card.i}, true class ${card.t}, predicted ${card.p}, ${card.c ? "correct" : "incorrect"}`;

  const cardNode = (card, place) => {
    const maps = make("span", { className: "maps" }), blend = at("g-blend").value / 100, [heat, unsure] = mapsOf(card);
    const canvas = make("canvas"); maps.append(canvas); draw(canvas, card, heat, "heatmap", blend);
    if (at("g-unsure").checked) { const beside = make("canvas"); maps.append(beside); draw(beside, card, unsure, "uncertainty", blend); }
    const key = measures[at("g-sort").value] || measures[0];
    const facts = [data.runs.length > 1 ? data.runs[card.r] : "", `fold ${card.f}`, key ? `${data.measures[key]} ${number(card.n[key])}` : ""];
    const node = make("button", { type: "button", className: card.c ? "card" : "card wrong" }, maps,
      make("p", { textContent: said(card) }), make("p", { textContent: facts.filter(Boolean).join(" · ") }),
      make("p", { className: "name", textContent: card.i }));
    node.setAttribute("aria-label", `Open large: ${described(card)}`);
    node.addEventListener("click", () => { opener = node; enlarge(place); });
    return node;
  };
  const chosen = (id, list) => { const box = at(id); return !box || box.value === "" ? null : list[box.value]; };
  const options = (id) => Array.from(at(id) ? at(id).options : []).filter((o) => o.value !== "").map((o) => o.textContent);
  const select = () => {
    const run = at("g-run") && at("g-run").value !== "" ? Number(at("g-run").value) : null;
    const truth = chosen("g-true", options("g-true")), decided = chosen("g-said", options("g-said"));
    const fold = chosen("g-fold", options("g-fold")), right = chosen("g-right", ["correct", "incorrect"]);
    const key = measures[at("g-sort").value], least = at("g-least").value === "" ? null : Number(at("g-least").value);
    const by = key || measures[0], name = at("g-name").value.toLowerCase();
    shown = data.cards.filter((card) => (run === null || card.r === run) && (truth === null || card.t === truth)
      && (decided === null || card.p === decided) && (fold === null || String(card.f) === fold)
      && (right === null || card.c === (right === "correct")) && (!name || card.i.toLowerCase().includes(name))
      && (least === null || (card.n[by] !== null && card.n[by] >= least)));
    if (key) {
      const sign = at("g-down").value ? -1 : 1, value = (card) => card.n[key];
      const known = shown.filter((card) => value(card) !== null && value(card) !== undefined);
      shown = [...known.sort((a, b) => sign * (value(a) - value(b))), ...shown.filter((card) => !known.includes(card))];
    }
  };
  const fill = (keep) => {
    select();
    if (!keep) many = PAGE;
    at("g-cards").replaceChildren(...shown.slice(0, many).map(cardNode));
    at("g-count").textContent = `${shown.length} of ${data.cards.length} shown here` + (shown.length > many ? `, the first ${many} drawn` : "");
    at("g-more").hidden = shown.length <= many;
    at("g-much").textContent = `${at("g-blend").value} %`;
    key();
  };
  const key = () => {
    const bar = (kind, words) => drawing.key(colours[kind], words);
    at("g-key").replaceChildren(...(explainers.length ? [bar("heatmap", "heatmap"), ...(at("g-unsure").checked ? [bar("uncertainty", "uncertainty")] : [])] : []));
  };
  const enlarge = (place) => {
    open = place;
    const card = shown[place], blend = at("g-large-blend").value / 100, [heat, unsure] = mapsOf(card), title = data.explainers[explainer()];
    const figures = [["picture", [], "heatmap"]];
    if (explainer()) figures.push([title + (heat.length ? ` (raw maximum ${number(heat[2])})` : ": nothing to draw"), heat, "heatmap"]);
    if (unsure.length) figures.push([`uncertainty (raw maximum ${number(unsure[2])})`, unsure, "uncertainty"]);
    at("g-large-body").replaceChildren(...figures.map(([words, map, kind]) => {
      const canvas = make("canvas"); draw(canvas, card, map, kind, blend);
      return make("figure", {}, canvas, make("figcaption", { textContent: words }));
    }));
    at("g-large-title").textContent = card.i;
    const facts = [["true class", card.t], ["predicted", `${card.p} (${card.c ? "correct" : "incorrect"})`], ["run", data.runs[card.r]], ["fold", card.f],
      ...measures.map((each) => [data.measures[each], number(card.n[each])])];
    at("g-large-facts").replaceChildren(...facts.flatMap(([term, value]) => [make("dt", { textContent: term }), make("dd", { textContent: String(value) })]));
    at("g-before").disabled = place === 0; at("g-next").disabled = place === shown.length - 1;
    if (!at("g-large").open) at("g-large").showModal();
  };
  const step = (by) => { const to = open + by; if (to >= 0 && to < shown.length) enlarge(to); };
  at("g-form").addEventListener("input", () => fill(false));
  at("g-form").addEventListener("submit", (event) => event.preventDefault());
  at("g-more").addEventListener("click", () => { const before = many; many += PAGE; fill(true); at("g-cards").children[before].focus(); });
  at("g-before").addEventListener("click", () => step(-1));
  at("g-next").addEventListener("click", () => step(1));
  at("g-close").addEventListener("click", () => at("g-large").close());
  at("g-large-blend").addEventListener("input", () => enlarge(open));
  at("g-large").addEventListener("close", () => { if (opener) opener.focus(); });
  at("g-large").addEventListener("keydown", (event) => {
    if (event.target.type === "range") return;
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  fill(false);
})();
