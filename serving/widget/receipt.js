// The receipt of a session as its customer sees it: the number of the ticket, how far it is, and the conversation.
import { available } from "/demo/cards.js";
import { element, passage } from "/demo/elements.js";

const STATES = { new: "waits for a person", open: "being worked on", pending: "waits for your reply", resolved: "solved", closed: "closed" };
const WHO = { customer: "You", firstline: "Firstline", agent: "A person" };

export function receiptCard(receipt, raw) {
  return element("article", { className: "card" },
    element("h2", {}, receipt.number ? `Ticket ${receipt.number}` : "Your conversation"),
    receipt.status ? element("p", {}, element("span", { className: "badge good" }, STATES[receipt.status] ?? receipt.status), " ", available(receipt)) : "",
    conversation(receipt.transcript), raw);
}

function conversation(turns) {
  return element("ul", { className: "plain" }, ...turns.map((turn) => element("li", {}, element("strong", {}, WHO[turn.by] ?? turn.by), ...passage(turn.text))));
}
