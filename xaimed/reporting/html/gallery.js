// Text from data or configuration only ever becomes textContent; nothing here builds markup from it.
(() => {
  const data = JSON.parse(document.getElementById("page-data").textContent).gallery;
  const at = (id) => document.getElementById(id);
  if (!data || !at("g-form")) return;
  const PAGE = 48, SLICE = 12, AHEAD = 16;
  const measures = Object.keys(data.measures), explainers = Object.keys(data.explainers);
  const { make, bytes, album } = drawing;
  const colours = { heatmap: bytes(data.colours.heatmap), uncertainty: bytes(data.colours.uncertainty) };
  const picture = album(data.pictures);
  const unsure = new Set(explainers.filter((key) => data.cards.some((card) => card.m[key] && card.m[key][1].length)));
  let shown = [], many = PAGE, open = -1, opener = null, waiting = [], busy = false;

  const value = (id) => at(id) ? at(id).value : "";
  const limit = (id) => value(id) === "" ? null : Number(value(id));
  const explainer = () => explainers[value("g-explainer") || 0];
  const measure = () => measures[value("g-measure") || 0];
  const blend = (id) => at(id) ? at(id).value / 100 : 1;
  const words = (places) => places.map((place) => data.classes[place]).join(" + ") || "none";
  const holds = (places, choice) => choice === "" || (choice === "-1" ? !places.length : places.includes(Number(choice)));
  const correctness = (card) => card.c ? "correct" : "incorrect";
  const number = (found) => {
    if (found === null || found === undefined) return "–";
    const size = Math.abs(found);
    return size === 0 ? "0" : size < 1e-3 ? found.toExponential(1) : size >= 100 ? found.toFixed(1) : String(Number(found.toPrecision(3)));
  };
  const mapsOf = (card) => (explainer() && card.m[explainer()]) || [[], []];
  const other = (card, map) => map.length > 2 ? data.classes[map[2]] : "";

  // Canvases wait in line and are drawn a slice at a time, those in sight first, so that the page never stops.
  const paint = ({ canvas, card, map, kind, by }, image) => {
    drawing.draw(canvas, image, { map, blend: blend(by), colours: colours[kind], strongest: data.strongest });
  };
  const now = async (task) => paint(task, await picture(task.card.x));
  const work = async () => {
    if (busy) return;
    busy = true;
    let until = performance.now() + SLICE;
    while (waiting.length) {
      waiting.slice(0, AHEAD).forEach((task) => picture(task.card.x));
      const task = waiting.shift(), image = await picture(task.card.x);
      if (task.canvas.isConnected) paint(task, image);
      if (!waiting.length || waiting[0].far > 0) performance.mark("gallery in sight");
      if (performance.now() > until) { await new Promise((done) => setTimeout(done)); until = performance.now() + SLICE; }
    }
    busy = false;
    at("g-cards").setAttribute("aria-busy", "false");
    performance.mark("gallery drawn");
  };
  const draw = () => {
    const nodes = [...at("g-cards").querySelectorAll("canvas")], height = window.innerHeight;
    const far = (node) => { const box = node.getBoundingClientRect(); return box.bottom < 0 ? -box.bottom : Math.max(0, box.top - height); };
    const beside = at("g-unsure") && at("g-unsure").checked;
    waiting = nodes.map((canvas) => {
      const card = shown[canvas.dataset.place], [heat, spread] = mapsOf(card), second = canvas.dataset.second === "1";
      canvas.hidden = second && !(beside && unsure.has(explainer()));
      return { canvas, card, by: "g-blend", map: second ? spread : heat, kind: second ? "uncertainty" : "heatmap", far: far(canvas) };
    }).filter((task) => !task.canvas.hidden).sort((a, b) => a.far - b.far);
    at("g-cards").setAttribute("aria-busy", "true");
    work();
  };

  const told = (card) => {
    const by = measure(), run = data.runs.length > 1 ? data.runs[card.r] : "", map = mapsOf(card), apart = other(card, map);
    return [run, `fold ${card.f}`, by ? `${data.measures[by]} ${number(card.n[by])}` : "", apart ? `map of ${apart}` : ""].filter(Boolean);
  };
  const name = (node, card) => {
    const said = `${correctness(card)}, predicted ${words(card.p)}, true class ${words(card.t)}`;
    node.setAttribute("aria-label", `${card.i}: ${said}, ${told(card).join(", ")}; open large`);
  };
  const cardNode = (card, place) => {
    const canvases = [0, 1].map((second) => {
      const canvas = make("canvas", { width: 224, height: 224 });
      Object.assign(canvas.dataset, { place, second });
      return canvas;
    });
    canvases[1].hidden = true;
    const line = (className, textContent) => make("span", { className, textContent });
    const node = make("button", { type: "button", className: card.c ? "card" : "card wrong" }, make("span", { className: "maps" }, ...canvases),
      line("said", `${card.c ? "✓" : "✗"} ${words(card.p)}` + (card.c ? "" : ` (true: ${words(card.t)})`)), line("told", told(card).join(" · ")), line("name", card.i));
    name(node, card);
    node.addEventListener("click", () => { opener = node; enlarge(place); });
    return make("li", {}, node);
  };
  const retell = () => at("g-cards").querySelectorAll(".card").forEach((node, place) => {
    name(node, shown[place]);
    node.querySelector(".told").textContent = told(shown[place]).join(" · ");
  });

  const select = () => {
    const by = measure(), least = limit("g-least"), most = limit("g-most"), letters = value("g-name").toLowerCase();
    const known = (card) => by && card.n[by] !== null && card.n[by] !== undefined;
    const equal = (id, found) => value(id) === "" || Number(value(id)) === found;
    shown = data.cards.filter((card) => equal("g-run", card.r) && equal("g-fold", card.f) && equal("g-right", Number(card.c))
      && holds(card.t, value("g-true")) && holds(card.p, value("g-said")) && (!letters || card.i.toLowerCase().includes(letters))
      && (least === null || (known(card) && card.n[by] >= least)) && (most === null || (known(card) && card.n[by] <= most)));
    if (value("g-order")) {
      const sign = value("g-order") === "down" ? -1 : 1;
      shown = [...shown.filter(known).sort((a, b) => sign * (a.n[by] - b.n[by])), ...shown.filter((card) => !known(card))];
    }
  };
  // What was asked for, in words, for the paper on which no control is printed.
  const asked = () => {
    const title = data.measures[measure()], chosen = (id) => at(id) && at(id).value !== "" ? at(id).selectedOptions[0].textContent : "";
    const parts = [["g-run", "run"], ["g-true", "true class"], ["g-said", "predicted"], ["g-fold", "fold"]].filter(([id]) => chosen(id)).map(([id, what]) => `${what} ${chosen(id)}`);
    if (chosen("g-right")) parts.push(chosen("g-right"));
    if (value("g-name")) parts.push(`name contains ${value("g-name")}`);
    if (value("g-least")) parts.push(`${title} at least ${value("g-least")}`);
    if (value("g-most")) parts.push(`${title} at most ${value("g-most")}`);
    if (value("g-order")) parts.push(`${title}, ${chosen("g-order")}`);
    if (explainer()) parts.push(`heatmaps: ${data.explainers[explainer()]}, ${value("g-blend")} %`);
    return parts.length ? `Shown: ${parts.join("; ")}.` : "";
  };
  const count = () => {
    const of = data.runs.length > 1 ? ` (${data.pictures.length} pictures in ${data.runs.length} runs)` : "";
    const none = shown.length ? "" : ": nothing is like that; ask for less, or start over";
    at("g-count").textContent = `${shown.length} of ${data.cards.length} shown here${of}${none}` + (shown.length > many ? `, the first ${many} drawn` : "");
    at("g-more").hidden = shown.length <= many;
    at("g-asked").textContent = asked();
  };
  const key = () => {
    const edges = [["right", "✓ correct"], ["wrong", "✗ incorrect"]].map(([kind, said]) => make("span", { className: `edge ${kind}`, textContent: said }));
    const bars = explainers.length ? [drawing.key(colours.heatmap, "heatmap")] : [];
    if (at("g-unsure")) {
      at("g-unsure").disabled = !unsure.has(explainer());
      at("g-unsure").parentNode.title = unsure.has(explainer()) ? "" : "This explanation knows no uncertainty.";
      if (at("g-unsure").checked && unsure.has(explainer())) bars.push(drawing.key(colours.uncertainty, "uncertainty"));
    }
    at("g-key").replaceChildren(...bars, ...edges);
  };
  const fill = () => {
    select();
    many = PAGE;
    at("g-cards").replaceChildren(...shown.slice(0, many).map(cardNode));
    count(); key(); draw();
  };
  const percent = (id) => { if (at(id)) at(id).nextElementSibling.textContent = `${at(id).value} %`; };

  let large = [];
  const enlarge = (place) => {
    if (!at("g-large").open && at("g-blend")) { at("g-large-blend").value = at("g-blend").value; percent("g-large-blend"); }
    open = place;
    const card = shown[place], maps = mapsOf(card), [heat, spread] = maps, apart = other(card, maps);
    const figures = [["picture", [], "heatmap"]];
    if (explainer()) figures.push([data.explainers[explainer()] + (apart ? `, of ${apart}` : "") + (heat.length ? ` (raw maximum ${number(heat[2])})` : ": nothing to draw"), heat, "heatmap"]);
    if (spread.length) figures.push([`its uncertainty (raw maximum ${number(spread[2])})`, spread, "uncertainty"]);
    large = figures.map(([, map, kind]) => ({ canvas: make("canvas"), card, map, kind, by: "g-large-blend" }));
    at("g-large-body").replaceChildren(...figures.map(([textContent], i) => {
      large[i].canvas.setAttribute("role", "img");
      large[i].canvas.setAttribute("aria-label", i ? `${textContent}, over the picture` : `picture ${card.i}`);
      return make("figure", {}, large[i].canvas, make("figcaption", { textContent }));
    }));
    large.forEach(now);
    at("g-large-title").textContent = card.i;
    at("g-large-said").textContent = `${place + 1} of ${shown.length}: ${correctness(card)}, predicted ${words(card.p)}, true class ${words(card.t)}`;
    const facts = [...(data.runs.length > 1 ? [["Run", data.runs[card.r]]] : []), ["Fold", card.f], ...measures.map((each) => [data.measures[each], number(card.n[each])])];
    at("g-large-facts").replaceChildren(...facts.flatMap(([term, found]) => [make("dt", { textContent: term }), make("dd", { textContent: String(found) })]));
    if (at("g-large-explainer")) at("g-large-explainer").value = value("g-explainer");
    at("g-before").disabled = place === 0; at("g-next").disabled = place === shown.length - 1;
    if (!at("g-large").open) at("g-large").showModal();
    if (document.activeElement === document.body || document.activeElement.disabled) at("g-close").focus();
  };
  const step = (by) => { const to = open + by; if (to >= 0 && to < shown.length) enlarge(to); };

  at("g-form").addEventListener("input", (event) => {
    percent("g-blend");
    if (event.target.id === "g-blend" || event.target.id === "g-unsure") { key(); draw(); at("g-asked").textContent = asked(); }
    else if (event.target.id === "g-explainer") { key(); retell(); draw(); at("g-asked").textContent = asked(); }
    else if (event.target.id === "g-measure" && !value("g-order") && limit("g-least") === null && limit("g-most") === null) retell();
    else fill();
  });
  at("g-form").addEventListener("submit", (event) => event.preventDefault());
  at("g-form").addEventListener("reset", () => setTimeout(() => { percent("g-blend"); fill(); }));
  at("g-more").addEventListener("click", () => {
    const before = many;
    many += PAGE;
    at("g-cards").append(...shown.slice(before, many).map((card, i) => cardNode(card, before + i)));
    count(); draw();
    at("g-cards").children[before].firstChild.focus();
  });
  at("g-before").addEventListener("click", () => step(-1));
  at("g-next").addEventListener("click", () => step(1));
  at("g-close").addEventListener("click", () => at("g-large").close());
  if (at("g-large-blend")) at("g-large-blend").addEventListener("input", () => { percent("g-large-blend"); large.forEach(now); });
  if (at("g-large-explainer")) at("g-large-explainer").addEventListener("input", () => {
    at("g-explainer").value = value("g-large-explainer");
    key(); retell(); draw(); enlarge(open);
  });
  at("g-large").addEventListener("close", () => { if (opener) opener.focus(); });
  at("g-large").addEventListener("keydown", (event) => {
    if (event.target.type === "range" || event.target.tagName === "SELECT") return;
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  // Paper is not waited for: what is still in line is drawn at once, as far as its picture is there.
  window.addEventListener("beforeprint", () => {
    waiting.splice(0).forEach((task) => { const image = picture.decoded(task.card.x); if (image !== undefined && task.canvas.isConnected) paint(task, image); });
  });
  fill();
})();
