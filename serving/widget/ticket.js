// A ticket as an agent sees it: tags, team, and both kinds of deadlines.
import { element, moment } from "/demo/elements.js";

const MODES = { auto: ["applied", "good"], suggest: ["suggested", ""], abstain: ["no suggestion", "warn"], agent: ["set by a person", "good"] };
const HEADS = { category: "Category", priority: "Priority", product_area: "Product area" };
const KINDS = { first_response: "First response", resolution: "Resolution" };
const SOURCES = { contract: "Contract (plan)", target: "Target (priority)" };

export function ticketCard(ticket, raw) {
  return element("article", { className: "card" },
    element("h2", {}, `Ticket: ${ticket.subject}`),
    element("p", { className: "muted" }, `${[ticket.status, ticket.plan && `plan ${ticket.plan}`, ticket.language && `language ${ticket.language}`].filter(Boolean).join(" · ")} · reference `,
      element("code", { title: ticket.id }, ticket.id.slice(-6))),
    element("h3", {}, "Tags"), tags(ticket.tags),
    element("h3", {}, "Team"),
    element("p", {}, `Team ${ticket.team}, tier ${ticket.tier}: ${ticket.routing_reason ?? "no reason given"}.`),
    element("h3", {}, "Deadlines"), deadlines(ticket.sla),
    notes(ticket.notes), transcript(ticket.transcript), raw);
}

function tags(found) {
  const rows = Object.entries(found).flatMap(([head, tag]) => {
    const [words, look] = MODES[tag.mode] ?? [tag.mode, ""];
    return [element("dt", {}, HEADS[head] ?? head),
      element("dd", { title: tag.reason }, tag.label ? `${tag.label} ` : "none ",
        element("span", { className: `badge ${look}` }, tag.confidence === null ? words : `${words}, ${Math.round(tag.confidence * 100)} %`))];
  });
  return rows.length ? element("dl", { className: "tags" }, ...rows) : element("p", {}, "None yet: an agent will set them.");
}

function deadlines(sla) {
  const first = sla.sla_deadline;
  const rows = Object.entries(SOURCES).flatMap(([source, words]) => Object.entries(KINDS).map(([kind, name]) => {
    const due = sla[source][`${kind}_by`];
    const next = first && first.source === source && first.kind === kind;
    return element("tr", { className: next ? "next" : "" }, element("th", { scope: "row" }, name), element("td", {}, words),
      element("td", {}, due ? moment(due) : "none", next ? " · next" : ""));
  }));
  const head = element("tr", {}, ...["Deadline", "From", "Due"].map((name) => element("th", { scope: "col" }, name)));
  return element("div", { className: "scroll" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
}

function notes(found) {
  return found?.length ? element("p", { className: "muted" }, found.join(" ")) : "";
}

function transcript(turns) {
  const lines = turns.map((turn) => element("li", {}, element("strong", {}, `${turn.by}: `), turn.text));
  return element("details", {}, element("summary", {}, "Conversation"), element("ul", { className: "plain" }, ...lines));
}
