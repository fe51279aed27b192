// What the page does without its gallery: wide tables can be scrolled by keyboard, and paper has what is always needed.
(() => {
  const watched = new ResizeObserver((entries) => entries.forEach(({ target }) => {
    const wide = target.scrollWidth > target.clientWidth + 1;
    if (wide === target.hasAttribute("tabindex")) return;
    if (!wide) { ["tabindex", "role", "aria-label"].forEach((name) => target.removeAttribute(name)); return; }
    target.tabIndex = 0;
    target.setAttribute("role", "region");
    target.setAttribute("aria-label", target.querySelector("caption").textContent);
  }));
  document.querySelectorAll(".scroll").forEach((box) => watched.observe(box));

  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.always:not([open])")];
    opened.forEach((part) => { part.open = true; });
    document.querySelectorAll("img[loading]").forEach((image) => { image.loading = "eager"; });
  });
  window.addEventListener("afterprint", () => opened.forEach((part) => { part.open = false; }));
})();
