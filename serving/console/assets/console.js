// What pages do beyond links and forms: live parts, times in the reader's zone, keyboard shortcuts, forms that ask first.
"use strict";

// Instants in the reader's own zone; the title keeps UTC.
function localTimes(root) {
  const form = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    time.title = time.textContent;
    time.textContent = form.format(new Date(time.dateTime));
  }
}

// Parts with `id` and `data-live` are fetched again after a change. Where the reader is writing, that waits until they leave.
const FIELD = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
let isBehind = false;

function chosenIn(part) {
  return part.querySelector("tr.chosen a")?.getAttribute("href");
}

function replace(part, next) {
  const chosen = chosenIn(part);
  const hadFocus = part.contains(document.activeElement);
  part.replaceWith(document.adoptNode(next));
  const link = chosen && [...next.querySelectorAll("tbody tr a")].find((each) => each.getAttribute("href") === chosen);
  link?.closest("tr").classList.add("chosen");
  if (hadFocus) link?.focus();
}

async function refresh() {
  const parts = [...document.querySelectorAll("[data-live][id]")];
  if (!parts.length) return;
  isBehind = document.hidden;
  if (isBehind) return;
  const response = await fetch(location.href).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  localTimes(fresh);
  for (const part of parts) {
    const next = fresh.getElementById(part.id);
    const opened = [...part.querySelectorAll("details")].map((each) => each.open);
    next?.querySelectorAll("details").forEach((each, place) => (each.open = opened[place] ?? each.open));
    if (!next || next.innerHTML === part.innerHTML) continue;
    if (part.contains(document.activeElement?.closest(FIELD) ?? null)) isBehind = true;
    else replace(part, next);
  }
}

// One stream for the page that is looked at: a browser has few connections to a service, and hidden pages need none.
// Where the service has no stream to give, the page looks by itself every half a minute.
if (document.querySelector("[data-live]")) {
  const AGAIN = 30_000;
  let source = null;
  let later = 0;
  const soon = () => {
    clearTimeout(later);
    later = setTimeout(refresh, 300);
  };
  const open = () => {
    if (document.hidden || source?.readyState < EventSource.CLOSED) return;
    source = new EventSource("/live");
    source.addEventListener("changed", soon);
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(() => (soon(), open()), AGAIN);
    });
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source?.close();
    else (soon(), open());
  });
  addEventListener("pageshow", open);
  addEventListener("pagehide", () => source?.close());
  addEventListener("focusout", () => isBehind && soon());
}

// What is typed into a `data-draft` field outlives a session that ends on the way; it is forgotten once something was done.
function keepDrafts() {
  const isDone = Boolean(document.querySelector("main > .notice.good[role=status]"));
  for (const field of document.querySelectorAll("[data-draft][id]")) {
    const name = `firstline:${location.pathname}#${field.id}`;
    if (isDone) sessionStorage.removeItem(name);
    else if (!field.value) field.value = sessionStorage.getItem(name) ?? "";
    const keep = () => sessionStorage.setItem(name, field.value);
    if (!isDone && field.value !== field.defaultValue) keep(); // it was typed before this script came
    field.addEventListener("input", keep);
  }
}

// A form with `data-ask` is sent only after a yes. What was sent once is on its way: no key sends another.
let isSent = false;
addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.ask ?? event.target.dataset.ask;
  if (question && !confirm(question)) event.preventDefault();
  isSent = !event.defaultPrevented;
});
addEventListener("pageshow", () => (isSent = false));

// Shortcuts: an element with `data-key` is followed, pressed or focused by that key; `?` lists them.
// In a table with `data-rows`, j and k choose a row and Enter opens its first link.
function act(element) {
  if (element.matches(FIELD)) element.focus();
  else element.click();
}

function choose(step) {
  const rows = [...document.querySelectorAll("table[data-rows] tbody tr")];
  if (!rows.length) return;
  const now = rows.findIndex((row) => row.classList.contains("chosen"));
  const next = Math.min(Math.max(now + step, 0), rows.length - 1);
  rows[now]?.classList.remove("chosen");
  rows[next].classList.add("chosen");
  rows[next].querySelector("a")?.focus();
  rows[next].scrollIntoView({ block: "nearest" });
}

function showKeys() {
  const dialog = document.getElementById("keys");
  const list = dialog.querySelector("dl");
  list.replaceChildren();
  const shown = [...document.querySelectorAll("[data-key]")].map((each) => [each.dataset.key, each.dataset.keyName ?? each.textContent.trim()]);
  if (document.querySelector("table[data-rows]")) shown.unshift(["j / k", "next and previous row"]);
  for (const [key, name] of [...shown, ["?", "this list"]]) {
    const term = document.createElement("dt");
    term.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    list.append(term, Object.assign(document.createElement("dd"), { textContent: name }));
  }
  dialog.showModal();
}

addEventListener("keydown", (event) => {
  const writes = event.target.closest(FIELD);
  if (event.repeat || isSent || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (writes) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const target = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key && !each.disabled);
  if (event.key === "?") showKeys();
  else if (event.key === "j") choose(1);
  else if (event.key === "k") choose(-1);
  else if (target) act(target);
  else return;
  event.preventDefault();
});

localTimes(document);
keepDrafts();
