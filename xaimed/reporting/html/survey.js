// Text from data or files only ever becomes textContent; nothing here builds markup from it.
(() => {
  const survey = JSON.parse(document.getElementById("page-data").textContent).survey;
  const at = (id) => document.getElementById(id), { make, bytes, album } = drawing;
  const STORE = `xaimed-survey-${survey.id}`, KIND = "xaimed survey answers", items = survey.items;
  const colours = bytes(survey.colours), picture = album(survey.pictures);
  let rater = null, blend = 1;

  // What is kept: by the rater's name, {name, role, started, changed, at, reached, answers: {item: {question: answer}}}.
  const stored = () => {
    try { return JSON.parse(localStorage.getItem(STORE) || "{}") || {}; } catch { return {}; }
  };
  const keep = () => {
    rater.changed = new Date().toISOString();
    try {
      localStorage.setItem(STORE, JSON.stringify({ ...stored(), [rater.name]: rater }));
    } catch {
      say("This browser keeps nothing: save your answers as a file before you close the page.", true);
    }
  };
  const say = (words, bad = false) => { at("s-said").textContent = words; at("s-said").className = bad ? "bad" : ""; };

  const asked = (n) => survey.questions[items[n].m ? "map" : "picture"];
  const given = (n) => rater.answers[n + 1] || {};
  const needed = (question) => question.answer !== "text";
  const complete = (n) => asked(n).every((question) => !needed(question) || question.key in given(n));
  const open = () => { const n = items.findIndex((_, i) => !complete(i)); return n < 0 ? items.length : n; };
  const locked = (n) => !items[n].m && rater.reached > n;
  const valid = (question, value) => {
    if (question.answer === "yes or no") return value === "yes" || value === "no";
    if (question.answer === "scale") return Number.isInteger(value) && value >= 1 && value <= 5;
    if (question.answer === "text") return typeof value === "string";
    return Array.isArray(value) && value.every((c) => Number.isInteger(c) && c >= 0 && c < survey.classes.length) && (survey.several || value.length < 2);
  };
  const fresh = (name, role) => ({ name, role, started: new Date().toISOString(), at: 0, reached: 0, answers: {} });

  const show = (part) => ["s-start", "s-item", "s-end"].forEach((id) => { at(id).hidden = id !== part; });
  const standing = () => {
    const done = items.filter((_, n) => complete(n)).length;
    at("s-standing").hidden = false;
    at("s-progress").max = items.length;
    at("s-progress").value = done;
    at("s-where").textContent = `${done} of ${items.length} answered`;
    if (at("s-next") && rater.at < items.length) at("s-next").disabled = !complete(rater.at);
  };
  const go = (n) => {
    rater.at = Math.max(0, Math.min(n, open()));
    rater.reached = Math.max(rater.reached, rater.at);
    keep();
    standing();
    window.scrollTo(0, 0);
    if (rater.at === items.length) { show("s-end"); at("s-end-title").focus(); return; }
    show("s-item");
    at("s-title").textContent = `Item ${rater.at + 1} of ${items.length}: ${items[rater.at].m ? "a heatmap over the picture" : "a new picture"}`;
    fill(rater.at);
    mark();
    at("s-title").focus();
  };

  const view = (words, label) => {
    const canvas = make("canvas"); canvas.setAttribute("role", "img"); canvas.setAttribute("aria-label", label);
    return [canvas, make("figure", {}, canvas, ...(words ? [make("figcaption", { textContent: words })] : []))];
  };
  const fill = (n) => {
    const item = items[n], plain = { colours, strongest: survey.strongest };
    const [alone, first] = view(item.m ? "picture" : "", `Picture of item ${n + 1}`), views = make("div", { className: "views" }, first);
    picture(item.p).then((image) => drawing.draw(alone, image, plain));
    at("s-shown").replaceChildren(views);
    if (item.m) {
      const [over, second] = view("heatmap over the picture", `Picture of item ${n + 1} with a heatmap over it`);
      views.append(second);
      const much = make("output", { textContent: `${Math.round(100 * blend)} %` });
      const slider = make("input", { type: "range", min: 0, max: 100, value: Math.round(100 * blend), id: "s-blend" });
      let waiting = false;
      const draw = () => picture(item.p).then((image) => drawing.draw(over, image, { ...plain, map: item.m, box: item.b, blend }));
      slider.addEventListener("input", () => {
        blend = slider.value / 100;
        much.textContent = `${slider.value} %`;
        if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; draw(); }); }
      });
      draw();
      if (!item.m.length) at("s-shown").append(make("p", { className: "empty", textContent: "This map highlights nothing." }));
      at("s-shown").append(make("div", { className: "under" }, make("label", { className: "blend" }, "Heatmap", slider, much),
        make("div", { className: "key" }, drawing.key(colours, "heatmap"))));
    }
    if (items[n + 1]) picture(items[n + 1].p);
    at("s-questions").replaceChildren(...asked(n).map((question) => field(n, question)), buttons(n));
    if (locked(n)) at("s-questions").append(make("p", { className: "why", textContent: "Heatmaps of this picture have been seen: the answers stay as they are." }));
    standing();
  };
  const buttons = (n) => {
    const back = make("button", { type: "button", id: "s-back", textContent: "← Back", disabled: n === 0 });
    back.addEventListener("click", () => go(n - 1));
    return make("p", { className: "buttons" }, back, make("button", { type: "submit", id: "s-next", className: "main", textContent: "Next →" }));
  };
  const options = (question) => {
    if (question.answer === "yes or no") return [["1", "yes", "yes"], ["2", "no", "no"]];
    if (question.answer === "scale") return [1, 2, 3, 4, 5].map((step) => [String(step), String(step), step]);
    return [...survey.classes.map((name, i) => [i < 9 ? String(i + 1) : "", name, i]), ["0", survey.none, "none"]];
  };
  const field = (n, question) => {
    const box = make("fieldset", { disabled: locked(n), tabIndex: -1 }, make("legend", { textContent: question.asked }));
    box.dataset.key = question.key;
    const now = given(n)[question.key];
    if (question.answer === "text") {
      const area = make("textarea", { value: now || "", maxLength: 2000 });
      area.setAttribute("aria-label", question.asked);
      area.addEventListener("input", () => answer(n, question, area.value));
      box.append(area);
      return box;
    }
    const many = question.answer === "classes" && survey.several, scale = question.answer === "scale";
    const choices = make("div", { className: `choices${scale ? " scale" : question.answer === "yes or no" ? " row" : ""}` });
    for (const [key, words, value] of options(question)) {
      const here = question.answer === "classes" ? now !== undefined && (value === "none" ? !now.length : now.includes(value)) : now === value;
      const input = make("input", { type: many ? "checkbox" : "radio", name: question.key, value: String(value), checked: here });
      input.dataset.digit = key;
      if (scale && (value === 1 || value === 5)) input.setAttribute("aria-label", `${value}, ${value === 1 ? question.low : question.high}`);
      input.addEventListener("change", () => answer(n, question, chosen(question, choices, input)));
      choices.append(make("label", {}, input, make("span", { textContent: words }), ...(scale || !key ? [] : [make("kbd", { textContent: key, ariaHidden: "true" })])));
    }
    box.append(choices);
    if (scale) box.append(make("div", { className: "ends" }, make("span", { textContent: `1 = ${question.low}` }), make("span", { textContent: `5 = ${question.high}` })));
    return box;
  };
  const chosen = (question, choices, input) => {
    const inputs = [...choices.querySelectorAll("input")];
    if (input.type === "checkbox" && input.checked) inputs.forEach((other) => { if ((other.value === "none") !== (input.value === "none")) other.checked = false; });
    const on = inputs.filter((each) => each.checked).map((each) => each.value);
    if (question.answer === "classes") return on.length ? on.filter((value) => value !== "none").map(Number) : undefined;
    return question.answer === "scale" ? Number(on[0]) : on[0];
  };
  const answer = (n, question, value) => {
    const now = { ...given(n), [question.key]: value };
    if (value === undefined || value === "") delete now[question.key];
    rater.answers[n + 1] = now;
    keep();
    standing();
    mark();
  };
  const fields = () => [...at("s-questions").querySelectorAll("fieldset:not([disabled])")];
  const unanswered = () => fields().find((box) => !(box.dataset.key in given(rater.at)) && !box.querySelector("textarea"));
  const current = () => { const box = document.activeElement.closest("fieldset"); return box && !box.querySelector("textarea") ? box : unanswered(); };
  const mark = () => { const now = current(); fields().forEach((box) => box.classList.toggle("now", box === now)); };

  document.addEventListener("focusin", () => { if (!at("s-item").hidden) mark(); });
  document.addEventListener("keydown", (event) => {
    if (at("s-item").hidden || event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target, typing = target.tagName === "TEXTAREA", input = target.tagName === "INPUT";
    if (typing) return;
    const box = current(), letters = { y: "1", n: "2" };
    const digit = box && box.querySelector("[value=yes]") && letters[event.key] ? letters[event.key] : event.key;
    const hit = box && /^[0-9]$/.test(digit) && box.querySelector(`input[data-digit="${digit}"]`);
    if (hit) {
      event.preventDefault();
      if (hit.type === "checkbox" || !hit.checked) hit.click();
      if (hit.type === "checkbox") { hit.focus(); return; }
      const next = unanswered();
      (next || at("s-next")).focus();  // the box, not its first choice: there the arrows would answer
    } else if (event.key === "ArrowLeft" && !input) go(rater.at - 1);
    else if (event.key === "ArrowRight" && !input) at("s-next").click();
    else if (event.key === "Enter" && target.tagName !== "BUTTON") { event.preventDefault(); at("s-next").click(); }
  });
  at("s-questions").addEventListener("submit", (event) => { event.preventDefault(); if (complete(rater.at)) go(rater.at + 1); });

  const begin = (state) => { rater = state; say(""); go(rater.at); };
  at("s-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = at("s-name").value.trim().replace(/\s+/g, " "), role = at("s-role").value.trim();
    if (!name || !role) { say("Please give your name or code, and your role.", true); return; }
    const known = stored();
    begin(Object.hasOwn(known, name) ? { ...known[name], role } : fresh(name, role));
  });
  for (const state of Object.values(stored())) {
    const button = make("button", { type: "button", textContent: `Go on as ${state.name} (item ${Math.min(state.at + 1, items.length)} of ${items.length})` });
    button.addEventListener("click", () => begin(state));
    at("s-saved").append(button);
  }

  const save = () => {
    const answers = items.flatMap((_, n) => Object.keys(given(n)).length ? [{ item: n + 1, ...given(n) }] : []);
    const told = { kind: KIND, survey: survey.id, rater: { name: rater.name, role: rater.role }, simulated: false, started: rater.started,
      exported: new Date().toISOString(), complete: open() === items.length, answers };
    const name = `answers-${survey.id}-${rater.name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 40) || "rater"}.json`;
    const address = URL.createObjectURL(new Blob([`${JSON.stringify(told, null, 1)}\n`], { type: "application/json" }));
    const link = make("a", { href: address, download: name });
    document.body.append(link); link.click(); link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
    say(`Saved as ${name} in your downloads.`);
  };
  at("s-export").addEventListener("click", save);
  at("s-export-end").addEventListener("click", save);
  at("s-back-from-end").addEventListener("click", () => go(items.length - 1));

  const read = (told) => {
    if (!told || told.kind !== KIND) throw new Error("this file holds no answers of a survey");
    if (told.survey !== survey.id) throw new Error(`these are answers to another survey (${String(told.survey).slice(0, 40)})`);
    if (!told.rater || typeof told.rater.name !== "string" || !told.rater.name || !Array.isArray(told.answers)) throw new Error("this file is damaged");
    const state = { ...fresh(told.rater.name, String(told.rater.role || "")), started: String(told.started || "") };
    for (const { item, ...answers } of told.answers) {
      const questions = Number.isInteger(item) && items[item - 1] ? asked(item - 1) : [];
      for (const [key, value] of Object.entries(answers)) {
        const question = questions.find((each) => each.key === key);
        if (!question || !valid(question, value)) throw new Error(`this file is damaged: item ${String(item).slice(0, 20)}`);
      }
      state.answers[item] = answers;
    }
    return state;
  };
  at("s-import").addEventListener("change", async () => {
    const [file] = at("s-import").files;
    if (!file) return;
    try {
      const told = JSON.parse(await file.text()), state = read(told), known = stored();
      const here = Object.hasOwn(known, state.name) ? known[state.name] : null;
      const later = here && here.changed > String(told.exported);
      rater = later ? here : state;
      rater.at = open();
      begin(rater);
      say(later ? `This browser holds later answers of ${state.name}: these are gone on with.` : `Answers of ${state.name} read.`);
    } catch (error) {
      say(`${file.name} cannot be used: ${error instanceof SyntaxError ? "it is no answer file" : error.message}.`, true);
    }
  });
})();
