"use strict";
// Keeps a page fresh. Without it everything still works: a page is reloaded by hand.
(() => {
  const zh = document.documentElement.lang.startsWith("zh");
  const units = [[60, 1, "秒", "second"], [3600, 60, "分钟", "minute"], [86400, 3600, "小时", "hour"], [Infinity, 86400, "天", "day"]];
  // The same words as the page was made with.
  const relative = (seconds) => {
    const size = Math.floor(Math.abs(seconds));
    if (size === 0) return zh ? "刚刚" : "just now";
    const [, one, unit, en] = units.find(([end]) => size < end);
    const count = Math.floor(size / one);
    const many = `${count.toLocaleString("en")} ${zh ? unit : en}${zh || count === 1 ? "" : "s"}`;
    if (zh) return many + (seconds > 0 ? "前" : "后");
    return seconds > 0 ? `${many} ago` : `in ${many}`;
  };
  // Relative times age by the clock of whoever made the page; the exact one stands in the title.
  const ahead = Date.parse(document.body.dataset.now) - Date.now();
  const age = () => {
    for (const time of document.querySelectorAll("time[data-age]")) {
      const text = relative((Date.now() + ahead - Date.parse(time.dateTime)) / 1000);
      if (time.textContent !== text) time.textContent = text;
    }
  };
  age();
  setInterval(age, 5000);

  // Where the menu is longer than a phone is wide, it begins where one is.
  const here = document.querySelector(".menu [aria-current]");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - 48;

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
  // What is under a finger that is down stays until it is up: else its click would go nowhere.
  let pressed = false;
  const late = new Map();
  const show = (id, html) => {
    const part = document.getElementById(id);
    if (!part || part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) return;
    const held = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    part.innerHTML = html;
    if (held) part.querySelector(`[href="${CSS.escape(held)}"]`)?.focus();
    age();
  };
  const released = () => setTimeout(() => {
    pressed = false;
    for (const [id, html] of late) show(id, html);
    late.clear();
  });
  addEventListener("pointerdown", () => { pressed = true; });
  addEventListener("pointerup", released);
  addEventListener("pointercancel", released);
  events.addEventListener("part", (event) => {
    const cut = event.data.indexOf("\n");
    const [id, html] = [event.data.slice(0, cut), event.data.slice(cut + 1)];
    if (pressed) late.set(id, html); else show(id, html);
  });
})();
