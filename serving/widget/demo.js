// The demo page: a question, its answer, and the ticket that it becomes. Everything from the service is shown as
// text, never as markup.
import { element, link, moment, sentence } from "/demo/elements.js";
import { ticketCard } from "/demo/ticket.js";

const key = document.querySelector('meta[name="firstline-key"]').content;
const form = document.getElementById("ask");
const question = document.getElementById("question");
const problem = document.getElementById("question-error");
const log = document.getElementById("log");
const NEAR = 0.4; // articles below this score are not shown

const once = () => ({ "Idempotency-Key": crypto.randomUUID() });

async function post(path, body, more = once()) {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${key}`, ...more };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const read = await answer.json().catch(() => ({}));
  if (answer.ok) return read;
  const fields = (read.errors ?? []).map((error) => error.message).join(" ");
  throw Object.assign(new Error(fields || read.detail || `The service answered ${answer.status}.`), { status: answer.status });
}

// During a database outage nothing can be stored, but a request without an idempotency key is answered from memory.
async function answered(given) {
  try {
    return await post("/v1/deflections", given);
  } catch (error) {
    if (error.status !== 503) throw error;
    return post("/v1/deflections", given, {});
  }
}

function show(node) {
  log.append(node);
  node.scrollIntoView({ block: "nearest", behavior: "smooth" });
  return node;
}

function failed(error) {
  show(element("p", { className: "card error", role: "alert" }, error.message || "The service cannot be reached."));
}

async function busy(buttons, work) {
  buttons.forEach((button) => { button.disabled = true; });
  try {
    return await work();
  } catch (error) {
    failed(error);
    buttons.forEach((button) => { button.disabled = false; });
    return undefined;
  }
}

async function ask(text, wantsPerson = false) {
  problem.textContent = text.trim() ? "" : "Write your question first.";
  question.setAttribute("aria-invalid", text.trim() ? "false" : "true");
  if (!text.trim()) { question.focus(); return; }
  show(element("p", { className: "said" }, text));
  const buttons = [...form.querySelectorAll("button")];
  const locale = (navigator.language || "en").slice(0, 2);
  const given = { question: text, channel: "web", plan: form.plan.value, locale, human_requested: wantsPerson };
  const found = await busy(buttons, () => answered(given));
  buttons.forEach((button) => { button.disabled = false; });
  if (!found) return;
  question.value = "";
  show({ answer: answerCard, clarify: clarifyCard }[found.decision]?.(found) ?? handOffCard(found));
}

function answerCard(found) {
  const sources = found.answer.sources.map((source) => element("div", {},
    element("p", { className: "source" }, "From ", link(source.url, source.title), source.heading ? ` · ${source.heading}` : ""),
    element("details", {}, element("summary", {}, "Word for word"), element("blockquote", {}, source.quote))));
  return element("article", { className: "card" },
    element("h2", {}, "Answer"),
    element("p", { className: "answer" }, ...marked(found.answer.text, found.answer.sources[0]?.highlight)),
    ...sources, found.id ? verdict(found) : unkept(), raw(found));
}

function marked(text, best) {
  const at = best && text !== best ? text.indexOf(best) : -1;
  return at < 0 ? [text] : [text.slice(0, at), element("mark", {}, best), text.slice(at + best.length)];
}

function unkept() {
  return element("p", { className: "muted" }, "Requests for a person are not possible at the moment. If this did not help, ask again in a few minutes.");
}

function verdict(found) {
  const yes = element("button", { type: "button" }, "Yes, this helped");
  const no = element("button", { type: "button" }, "No, I need a person");
  const row = element("div", { className: "row" }, element("span", {}, "Did this help?"), yes, no);
  const say = (outcome, then) => busy([yes, no], async () => {
    await post(`/v1/deflections/${found.id}/outcome`, { outcome });
    row.replaceChildren(element("span", { className: "badge good" }, outcome === "confirmed" ? "Glad it helped." : "Sorry that it did not help."));
    then();
  });
  yes.addEventListener("click", () => say("confirmed", () => {}));
  no.addEventListener("click", () => say("not_helpful", () => show(ticketForm(found))));
  return row;
}

function clarifyCard(found) {
  const choices = (found.clarification?.choices ?? []).map((choice) => {
    const button = element("button", { type: "button", className: "chip" }, choice.question);
    button.addEventListener("click", () => ask(choice.question));
    return element("li", {}, button);
  });
  const person = element("button", { type: "button" }, "None of these");
  person.addEventListener("click", () => { person.disabled = true; show(ticketForm(found)); });
  return element("article", { className: "card" },
    element("h2", {}, found.clarification?.question ?? "Could you say more?"),
    element("ul", { className: "plain" }, ...choices),
    found.id ? (choices.length ? element("div", { className: "row" }, person) : "") : unkept(), raw(found));
}

function handOffCard(found) {
  const next = found.next_human_at ? `A person is available ${moment(found.next_human_at)}.` : "";
  const near = found.articles.filter((article) => article.score >= NEAR).slice(0, 3);
  const articles = near.map((article) => element("li", {}, link(article.url, article.title)));
  return element("article", { className: "card" },
    element("h2", {}, "A person will answer this"),
    element("p", {}, `${sentence(found.reason)} ${next}`),
    articles.length ? element("h3", {}, "Related articles") : "",
    element("ul", { className: "plain" }, ...articles),
    ticketForm(found, "h3"), raw(found));
}

function ticketForm(found, level = "h2") {
  const id = `email-${found.id}`;
  const email = element("input", { id, type: "email", autocomplete: "email", required: true, placeholder: "you@example.com" });
  const wrong = element("p", { className: "error", role: "alert", id: `${id}-error` });
  email.setAttribute("aria-describedby", wrong.id);
  const send = element("button", { type: "submit", className: "primary" }, "Send to a person");
  const box = element("form", { noValidate: true, className: level === "h2" ? "card" : "" },
    element(level, {}, "Send it to a person"),
    element("label", { htmlFor: id }, "Your email, for the reply"), email, wrong,
    element("div", { className: "row" }, element("span", { className: "muted" }, "Your question and this conversation are included."),
      element("span", { className: "push" }), send));
  box.addEventListener("submit", async (event) => {
    event.preventDefault();
    wrong.textContent = email.checkValidity() ? "" : "Give an address like you@example.com.";
    if (wrong.textContent) { email.focus(); return; }
    const ticket = await busy([send], () => post(`/v1/deflections/${found.id}/ticket`, { email: email.value }));
    if (!ticket) return;
    box.replaceChildren(element("span", { className: "badge good" }, "Sent. A person will answer by email."));
    show(ticketCard(ticket, raw(ticket)));
  });
  return box;
}

function raw(answer) {
  return element("details", {}, element("summary", {}, "API response"),
    element("pre", { tabIndex: 0 }, JSON.stringify(answer, null, 2)));
}

form.addEventListener("submit", (event) => { event.preventDefault(); ask(question.value); });
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); ask(question.value); }
});
document.getElementById("person").addEventListener("click", () => ask(question.value, true));
document.querySelectorAll("[data-ask]").forEach((chip) => chip.addEventListener("click", () => ask(chip.dataset.ask)));
