"use strict";
// Keeps a page fresh. Without it everything still works: a page is reloaded by hand.
(() => {
  const minute = 60, hour = 60 * minute, day = 24 * hour;
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  const relative = (seconds) => {
    const size = Math.abs(seconds);
    if (size < minute) return words.format(Math.round(seconds), "second");
    if (size < hour) return words.format(Math.round(seconds / minute), "minute");
    if (size < day) return words.format(Math.round(seconds / hour), "hour");
    return words.format(Math.round(seconds / day), "day");
  };
  // Relative times age; the exact one stands in the title.
  const age = () => {
    for (const time of document.querySelectorAll("time[data-age]")) {
      const text = relative((Date.parse(time.dateTime) - Date.now()) / 1000);
      if (time.textContent !== text) time.textContent = text;
    }
  };
  age();
  setInterval(age, 5000);

  // A choice in a filter takes effect at once; its button is for those without scripts.
  for (const form of document.querySelectorAll("form.filter")) {
    form.addEventListener("change", () => form.requestSubmit());
  }
  // All boxes of a table by the one in its head.
  for (const all of document.querySelectorAll("input[data-all]")) {
    all.addEventListener("change", () => {
      for (const one of all.closest("table").querySelectorAll("tbody input[type=checkbox]")) one.checked = all.checked;
    });
  }

  const source = document.body.dataset.live;
  if (!source) return;
  // Each message names an element and brings what is in it now, as the page itself rendered it.
  const events = new EventSource(source);
  const stale = (is) => document.body.classList.toggle("stale", is);
  events.onopen = () => stale(false);
  events.onerror = () => stale(true);
  events.addEventListener("part", (event) => {
    const cut = event.data.indexOf("\n");
    const part = document.getElementById(event.data.slice(0, cut));
    if (!part || part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) return;
    const held = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    part.innerHTML = event.data.slice(cut + 1);
    if (held) part.querySelector(`[href="${CSS.escape(held)}"]`)?.focus();
    age();
  });
})();
