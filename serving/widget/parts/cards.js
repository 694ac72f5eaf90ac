// The cards of the conversation. What happens when a button is pressed is handed in as `actions`.

const NEAR = 0.4; // articles below this score are not shown
let numbers = 0;

function card(turn, texts, actions) {
  if (turn.receipt) return receiptCard(turn, texts);
  const made = answerOf(turn, texts, actions);
  if (turn.answer.incident) made.prepend(incident(turn.answer.incident, texts));
  return made;
}

// What the desk says of an incident that goes on, before everything else.
function incident({ title, message, since }, texts) {
  return element("div", { className: "incident" }, title ? element("strong", {}, title) : "", ...passage(message),
    element("time", { className: "muted", dateTime: since }, texts.moment(since)));
}

function answerOf(turn, texts, actions) {
  if (turn.answer.decision === "answer") return answerCard(turn, texts, actions);
  if (turn.answer.decision === "clarify") return clarifyCard(turn, texts, actions);
  return handOffCard(turn, texts, actions);
}

function answerCard(turn, texts, actions) {
  const { answer, id } = turn.answer;
  return element("article", { className: "card" }, element("h2", {}, texts.say("answer")), shown(answer, texts),
    written(answer, texts), id ? verdict(turn, texts, actions) : element("p", { className: "muted" }, texts.say("unkept")));
}

// One section with its source, or two under their headings where it was not sure which of them answers.
function shown({ text, sources, written_by: by }, texts) {
  const next = sources[1] && `\n\n${innermost(sources[1])}\n`;
  const at = next && by === "article" ? text.indexOf(next) : -1;
  const one = (words, source) => element("div", { className: "answer" }, ...passage(words, source?.highlight));
  const from = (...links) => element("p", { className: "source" }, `${texts.say("from")} `, ...links);
  if (at < 0) return [one(text, sources[0]), from(...sources.flatMap((source, n) => [n ? ", " : "", sourceLink(source)]))];
  const parts = [text.slice(text.indexOf("\n") + 1, at), text.slice(at + next.length)];
  return parts.flatMap((part, n) => [element("h3", {}, innermost(sources[n])), one(part, sources[n]), from(sourceLink(sources[n]))]);
}

function innermost(source) {
  return source.heading.split(" > ").pop() || source.title;
}

// A writer's words are its own: then the article's words can be read, too.
function written(answer, texts) {
  if (answer.written_by !== "writer") return "";
  const quotes = answer.sources.map((source) => element("blockquote", {}, ...passage(source.quote, source.highlight)));
  return element("details", {}, element("summary", {}, texts.say("verbatim")), ...quotes);
}

function sourceLink(source) {
  return element("span", {}, link(source.url, source.title), source.heading ? ` · ${source.heading}` : "");
}

function button(text, className, pressed) {
  const made = element("button", { type: "button", className }, text);
  made.addEventListener("click", () => pressed(made));
  return made;
}

function verdict(turn, texts, actions) {
  const row = element("div", { className: "row verdict" });
  const noted = (name) => row.replaceChildren(element("span", { className: "badge good" }, texts.say(name)));
  if (turn.outcome) { noted(turn.outcome === "confirmed" ? "glad" : "sorry"); return row; }
  const yes = button(texts.say("solved"), "", () => actions.outcome(turn, "confirmed", [yes, no], () => noted("glad")));
  const no = button(texts.say("unhelpful"), "", () => actions.outcome(turn, "not_helpful", [yes, no], () => { noted("sorry"); actions.person(turn); }));
  row.append(element("span", {}, texts.say("helped")), yes, no);
  return row;
}

function clarifyCard(turn, texts, actions) {
  const { clarification, id, incident: known } = turn.answer;
  const above = clarification?.article ? `${clarification.article.title}: ` : ""; // its title stands above the parts
  const shown = ({ question }) => above && question.startsWith(above) ? question.slice(above.length) : question;
  const choices = (clarification?.choices ?? []).map((choice) => element("li", {}, button(shown(choice), "chip", () => actions.ask(choice.question))));
  if (clarification?.article) return offeredCard(turn, choices, texts, actions);
  const none = id && (choices.length || known) && !turn.handed ? element("div", { className: "row" }, button(texts.say(choices.length ? "none" : "talk"), "", (pressed) => { pressed.disabled = true; actions.person(turn); })) : "";
  return element("article", { className: "card" }, element("h2", {}, clarification?.question ?? texts.say("more")),
    element("ul", { className: "plain" }, ...choices), none);
}

// The article is about the question, and which part of it answers is not sure: the customer reads it and says.
function offeredCard(turn, choices, texts, actions) {
  const { clarification: { article, question }, id } = turn.answer;
  return element("article", { className: "card" }, element("h2", {}, link(article.url, article.title)),
    article.summary ? element("p", { className: "quote" }, article.summary) : "",
    element("p", {}, question), element("ul", { className: "plain" }, ...choices), id && !turn.handed ? verdict(turn, texts, actions) : "");
}

function handOffCard(turn, texts, actions) {
  const title = element("h2", {}, texts.say("handOff"));
  const meanwhile = whileYouWait(turn.answer, texts);
  // Once it is sent the receipt says when a person is there.
  if (turn.handed) return element("article", { className: "card" }, title, sentNote("", texts), meanwhile);
  const form = personForm({ level: "h3", of: turn, email: actions.email() }, texts, (given) => actions.send(turn, given));
  return element("article", { className: "card" }, title, available(turn.answer.next_human_at, texts), element("div", { className: "beside" }, form, meanwhile));
}

function sentNote(className, texts) {
  return element("p", { className }, element("span", { className: "badge good" }, texts.say("sent")));
}

// When a person is there: now, or after opening hours when they are back.
function available(at, texts) {
  if (!at) return "";
  const now = new Date(at) - Date.now() < 90000;
  return element("p", { className: "muted" }, now ? texts.say("there") : [`${texts.say("back")} `, element("time", { dateTime: at }, texts.moment(at))]);
}

function whileYouWait(answer, texts) {
  const quoted = (answer.while_you_wait ?? answer.answer)?.sources ?? [];
  const items = quoted.length
    ? quoted.map((source) => element("li", {}, sourceLink(source), element("div", { className: "quote" }, ...passage(source.quote, source.highlight))))
    : answer.articles.filter((article) => article.score >= NEAR && article.id !== (answer.offer?.article_id ?? "")).slice(0, 3).map((article) => element("li", {}, link(article.url, article.title), element("p", { className: "quote" }, article.excerpt)));
  if (answer.offer) items.unshift(offered(answer.offer));
  return items.length ? element("aside", { "aria-label": texts.say("meanwhile") }, element("h3", {}, texts.say("meanwhile")), element("ul", { className: "plain" }, ...items)) : "";
}

// An article in another language; one without an address is read here.
function offered({ url, text, excerpt }) {
  return element("li", {}, link(url, text), url || !excerpt ? "" : element("p", { className: "quote" }, excerpt));
}

// An address and, where one likes, a subject; a message is asked for where there is no question yet.
function personForm({ level, of, message, asksMessage, email: known }, texts, send) {
  const id = numbers += 1;
  const email = element("input", { id: `email-${id}`, type: "email", autocomplete: "email", required: true, maxLength: 320, value: known ?? "", placeholder: "you@example.com" });
  const wrong = element("p", { className: "error", role: "alert", id: `wrong-${id}` });
  email.setAttribute("aria-describedby", wrong.id);
  const about = element("textarea", { id: `about-${id}`, rows: 2, maxLength: 4000, value: message ?? "" });
  const subject = element("input", { id: `subject-${id}`, maxLength: 200 });
  const submit = element("button", { type: "submit", className: "primary" }, texts.say("send"));
  const labelled = (input, name) => [element("label", { htmlFor: input.id }, texts.say(name)), input];
  // What the desk would like to know; whoever leaves it empty is answered all the same.
  const wanted = (of?.answer?.missing ?? []).map(({ name, label }, n) => [name, label, element("input", { id: `field-${id}-${n}`, name, maxLength: 200 })]);
  const box = element("form", { of, noValidate: true, className: level === "h2" ? "card" : "person" }, element(level, {}, texts.say("toPerson")),
    asksMessage ? labelled(about, "about") : labelled(subject, "subject"), labelled(email, "email"), wrong,
    ...wanted.map(([, label, input]) => [element("label", { htmlFor: input.id }, texts.say("optional", { label })), input]),
    element("p", { className: "muted" }, texts.say(asksMessage ? "replyHere" : "included")), submit);
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    wrong.textContent = email.checkValidity() ? "" : texts.say("wrongEmail");
    email.setAttribute("aria-invalid", wrong.textContent ? "true" : "false");
    if (wrong.textContent) { email.focus(); return; }
    const fields = Object.fromEntries(wanted.map(([name, , input]) => [name, input.value.trim()]).filter(([, value]) => value));
    const given = { email: email.value, ...(subject.value.trim() ? { subject: subject.value.trim() } : {}), ...(Object.keys(fields).length ? { fields } : {}) };
    send({ given, message: about.value.trim(), button: submit, done: () => box.replaceWith(sentNote(box.className, texts)) });
  });
  return box;
}

function receiptCard({ receipt }, texts) {
  const who = { customer: texts.say("you"), firstline: texts.say("we"), agent: texts.say("person") };
  const turns = receipt.transcript.map((turn) => element("li", {}, element("strong", {}, who[turn.by] ?? turn.by), ...passage(turn.text)));
  return element("article", { className: "card", tabIndex: -1 },
    element("h2", {}, receipt.number ? texts.say("ticket", { number: receipt.number }) : texts.say("yours")),
    receipt.status ? element("p", {}, element("span", { className: "badge good" }, texts.say(`status_${receipt.status}`))) : "",
    available(receipt.next_human_at, texts), receipt.survey ? element("p", {}, link(BASE + receipt.survey, texts.say("rate"))) : "",
    element("ul", { className: "plain" }, ...turns));
}
