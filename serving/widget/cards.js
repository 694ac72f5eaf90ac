// The cards of the conversation, as elements. What happens when a button is pressed is handed in.
import { element, link, moment, passage, sentence } from "/demo/elements.js";

const NEAR = 0.4; // articles below this score are not shown

export function answerCard(found, actions) {
  return element("article", { className: "card" },
    element("h2", {}, "Answer"), ...shown(found.answer),
    written(found.answer), found.id ? verdict(actions) : unkept(), details(found));
}

// One section with its source, or two under their headings where it was not sure which of them answers.
function shown({ text, sources, written_by }) {
  const next = sources[1] && `\n\n${innermost(sources[1])}\n`;
  const at = next && written_by === "article" ? text.indexOf(next) : -1;
  const one = (words, source) => element("div", { className: "answer" }, ...passage(words, source?.highlight));
  if (at < 0) return [one(text, sources[0]),
    element("p", { className: "source" }, "From ", ...sources.flatMap((source, n) => [n ? ", " : "", sourceLink(source)]))];
  const parts = [text.slice(text.indexOf("\n") + 1, at), text.slice(at + next.length)];
  return parts.flatMap((part, n) => [element("h3", {}, innermost(sources[n])), one(part, sources[n]),
    element("p", { className: "source" }, "From ", sourceLink(sources[n]))]);
}

function innermost(source) {
  return source.heading.split(" > ").pop() || source.title;
}

// A writer's words are its own: then the article's words can be read, too.
function written(answer) {
  if (answer.written_by !== "writer") return "";
  const quotes = answer.sources.map((source) => element("blockquote", {}, ...passage(source.quote, source.highlight)));
  return element("details", {}, element("summary", {}, "Word for word"), ...quotes);
}

function sourceLink(source) {
  return element("span", {}, link(source.url, source.title), source.heading ? ` · ${source.heading}` : "");
}

function unkept() {
  return element("p", { className: "muted" }, "Requests for a person are not possible at the moment. If this did not help, ask again in a few minutes.");
}

function verdict(actions) {
  const yes = element("button", { type: "button" }, "Yes, this helped");
  const no = element("button", { type: "button" }, "No, I need a person");
  const row = element("div", { className: "row verdict" }, element("span", {}, "Did this help?"), yes, no);
  const noted = (words) => row.replaceChildren(element("span", { className: "badge good" }, words));
  yes.addEventListener("click", () => actions.outcome("confirmed", [yes, no], () => noted("Glad it helped.")));
  no.addEventListener("click", () => actions.outcome("not_helpful", [yes, no], () => {
    noted("Sorry that it did not help.");
    actions.person();
  }));
  return row;
}

export function clarifyCard(found, actions) {
  const choices = (found.clarification?.choices ?? []).map((choice) => {
    const button = element("button", { type: "button", className: "chip" }, choice.question);
    button.addEventListener("click", () => actions.ask(choice.question));
    return element("li", {}, button);
  });
  const none = element("button", { type: "button" }, "None of these");
  none.addEventListener("click", () => { none.disabled = true; actions.person(); });
  return element("article", { className: "card" },
    element("h2", {}, found.clarification?.question ?? "Could you say more?"),
    element("ul", { className: "plain" }, ...choices),
    found.id ? (choices.length ? element("div", { className: "row" }, none) : "") : unkept(), details(found));
}

export function handOffCard(found, form) {
  const meanwhile = whileYouWait(found);
  return element("article", { className: "card" },
    element("h2", {}, "A person will answer this"),
    element("p", {}, sentence(found.reason), " ", available(found)),
    element("div", { className: meanwhile ? "beside" : "" }, form, meanwhile), details(found));
}

export function available(found) {
  if (!found.next_human_at) return "";
  return element("span", {}, "A person is available ", element("time", { dateTime: found.next_human_at }, moment(found.next_human_at)), ".");
}

function whileYouWait(found) {
  const quoted = (found.answer?.sources ?? []).map((source) => element("li", {}, sourceLink(source),
    element("div", { className: "quote" }, ...passage(source.quote, source.highlight))));
  const near = found.articles.filter((article) => article.score >= NEAR).slice(0, 3);
  const items = quoted.length ? quoted : near.map((article) => element("li", {}, link(article.url, article.title),
    element("p", { className: "quote" }, article.excerpt)));
  if (!items.length) return "";
  return element("aside", { "aria-label": "While you wait" }, element("h3", {}, "While you wait"), element("ul", { className: "plain" }, ...items));
}

// Sends with an address; a message is asked for where there is no question yet.
export function personForm({ id, level, message, asksMessage }, send) {
  const email = element("input", { id: `email-${id}`, type: "email", autocomplete: "email", required: true, placeholder: "you@example.com" });
  const wrong = element("p", { className: "error", role: "alert", id: `${email.id}-error` });
  email.setAttribute("aria-describedby", wrong.id);
  const about = element("textarea", { id: `about-${id}`, rows: 2, maxLength: 4000, value: message ?? "" });
  const button = element("button", { type: "submit", className: "primary" }, "Send to a person");
  const box = element("form", { noValidate: true, className: level === "h2" ? "card" : "person" },
    element(level, {}, "Send it to a person"),
    ...(asksMessage ? [element("label", { htmlFor: about.id }, "What is it about? (optional)"), about] : []),
    element("label", { htmlFor: email.id }, "Your email, for the reply"), email, wrong,
    element("p", { className: "muted" }, asksMessage ? "A person answers by email." : "Your question and this conversation are included."),
    button);
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    wrong.textContent = email.checkValidity() ? "" : "Give an address like you@example.com.";
    email.setAttribute("aria-invalid", wrong.textContent ? "true" : "false");
    if (wrong.textContent) { email.focus(); return; }
    send({ email: email.value, message: about.value.trim(), button, done: (...words) => box.replaceChildren(
      element("p", { className: "sent" }, element("span", { className: "badge good" }, "Sent"), " A person will answer by email. ", ...words)) });
  });
  return box;
}

export function details(answer) {
  return element("details", { className: "raw" }, element("summary", {}, "API response"),
    element("pre", { tabIndex: 0 }, JSON.stringify(answer, (name, value) => (name === "client_secret" ? "…" : value), 2)));
}
