// The demo page: a question, its answer, and the receipt of the ticket that it becomes. Everything from the service is
// shown as text, never as markup.
import { answerCard, clarifyCard, details, handOffCard, personForm } from "/demo/cards.js";
import { element } from "/demo/elements.js";
import { receiptCard } from "/demo/receipt.js";

const key = document.querySelector('meta[name="firstline-key"]').content;
const form = document.getElementById("ask");
const question = document.getElementById("question");
const problem = document.getElementById("question-error");
const log = document.getElementById("log");
const waiting = document.getElementById("waiting");
const FOR_A_PERSON = "I would like to talk to a person."; // what is sent for those who write nothing
const OPEN = "firstline-session"; // the last session of this tab: its id and its secret
let forms = 0;

const once = () => ({ "Idempotency-Key": crypto.randomUUID() });

async function call(method, path, more, body) {
  const headers = { Authorization: `Bearer ${key}`, ...more };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const read = await answer.json().catch(() => ({}));
  if (answer.ok) return read;
  const fields = (read.errors ?? []).map((error) => error.message).join(" ");
  throw Object.assign(new Error(fields || read.detail || `The service answered ${answer.status}.`), { status: answer.status });
}

const post = (path, body, more = once()) => call("POST", path, more, body);
// What belongs to a session is sent with its secret; the key alone opens none.
const within = (found, what, body) => post(`/v1/deflections/${found.id}/${what}`, body, { ...once(), "Firstline-Session": found.client_secret });

// During a database outage nothing can be stored, but a request without an idempotency key is answered from memory.
async function answered(given) {
  try {
    return kept(await post("/v1/deflections", given));
  } catch (error) {
    if (error.status !== 503) throw error;
    return post("/v1/deflections", given, {});
  }
}

function kept(found) {
  sessionStorage.setItem(OPEN, JSON.stringify({ id: found.id, client_secret: found.client_secret }));
  return found;
}

// After a reload the last conversation is shown again, with what a person has written meanwhile.
async function again() {
  const { id, client_secret: secret } = JSON.parse(sessionStorage.getItem(OPEN) ?? "{}");
  if (!id) return;
  try {
    const receipt = await call("GET", `/v1/deflections/${id}`, { "Firstline-Session": secret });
    log.append(receiptCard(receipt, details(receipt)));
  } catch {
    sessionStorage.removeItem(OPEN);
  }
}

function asked(text, wantsPerson) {
  const locale = (navigator.language || "en").slice(0, 2);
  const identity = JSON.parse(form.plan.selectedOptions[0].dataset.identity); // signed by the service, as by a site
  return { question: text, channel: "web", identity, locale, human_requested: wantsPerson };
}

// The top of what is new comes into view; the input below never moves.
function show(node, top = node) {
  log.append(node);
  top.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  return node;
}

function failed(error) {
  show(element("p", { className: "card error", role: "alert" }, error.message || "The service cannot be reached."));
}

async function busy(buttons, words, work) {
  buttons.forEach((button) => { button.disabled = true; });
  waiting.textContent = words;
  try {
    return await work();
  } catch (error) {
    failed(error);
    buttons.forEach((button) => { button.disabled = false; });
    return undefined;
  } finally {
    waiting.textContent = "";
  }
}

async function ask(text) {
  problem.textContent = text.trim() ? "" : "Write your question first.";
  question.setAttribute("aria-invalid", text.trim() ? "false" : "true");
  if (!text.trim()) { question.focus(); return; }
  const bubble = show(element("p", { className: "said" }, text));
  const buttons = [...form.querySelectorAll("button[type=submit]")];
  const found = await busy(buttons, "Looking for an answer …", () => answered(asked(text, false)));
  buttons.forEach((button) => { button.disabled = false; });
  if (!found) return;
  if (question.value === text) { question.value = ""; grow(); }
  const person = () => shown(personForm(named({ level: "h2" }), (given) => send(found, given)));
  const outcome = (name, pressed, then) => busy(pressed, "", async () => {
    await within(found, "outcome", { outcome: name });
    then();
    if (name === "confirmed") question.focus({ preventScroll: true });
  });
  show(card(found, { ask, person, outcome }), bubble);
  question.focus({ preventScroll: true });
}

function card(found, actions) {
  if (found.decision === "answer") return answerCard(found, actions);
  if (found.decision === "clarify") return clarifyCard(found, actions);
  return handOffCard(found, personForm(named({ level: "h3" }), (given) => send(found, given)));
}

const named = (options) => ({ id: forms += 1, ...options });

function shown(box) {
  show(box);
  box.querySelector("textarea, input").focus({ preventScroll: true });
}

async function send(found, { email, button, done }) {
  const receipt = await busy([button], "Sending …", () => within(found, "ticket", { email }));
  if (!receipt) return;
  done();
  const card = show(receiptCard(receipt, details(receipt)));
  card.tabIndex = -1;
  card.focus({ preventScroll: true });
}

// A person can be asked for without a question: the session is opened when the form is sent.
function askForPerson() {
  const open = document.getElementById("direct");
  if (open) { open.scrollIntoView({ block: "nearest" }); open.querySelector("textarea, input").focus({ preventScroll: true }); return; }
  problem.textContent = "";
  const box = personForm(named({ level: "h2", asksMessage: true, message: question.value }), async (given) => {
    const found = await busy([given.button], "Sending …", async () => kept(await post("/v1/deflections", asked(given.message || FOR_A_PERSON, true))));
    if (!found) return;
    given.button.disabled = false;
    box.removeAttribute("id");
    await send(found, given);
  });
  box.id = "direct";
  question.value = "";
  grow();
  shown(box);
}

function grow() {
  question.rows = Math.min(5, Math.max(1, question.value.split("\n").length, Math.ceil(question.value.length / 60)));
}

form.addEventListener("submit", (event) => { event.preventDefault(); ask(question.value); });
question.addEventListener("input", grow);
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
});
document.getElementById("person").addEventListener("click", askForPerson);
document.querySelectorAll("[data-ask]").forEach((chip) => chip.addEventListener("click", () => ask(chip.dataset.ask)));
again();
