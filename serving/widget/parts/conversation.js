// The conversation: what was said, which session is open, and the question that is still to be sent. It lasts as long
// as the tab, survives a reload, and is seen by no other tab.

const KEPT = "firstline-conversation";
const VISITOR = "firstline-visitor";
const PAUSES = [1000, 2000, 5000, 10000, 30000]; // milliseconds between tries while the network is away

// Storage is refused in some private windows, even to look at it; then the conversation lasts as long as the page.
function stored(storage, name, fallback) {
  try { return window[storage].getItem(name) ?? fallback; } catch { return fallback; }
}

function store(storage, name, value) {
  try { if (value === null) window[storage].removeItem(name); else window[storage].setItem(name, value); } catch { /* as above */ }
}

// What an earlier page left. Another script or another version of this one may have written it: then it is dropped.
function kept(name) {
  let found = null;
  try { found = JSON.parse(stored("sessionStorage", name, "null")); } catch { /* no JSON */ }
  const turns = Array.isArray(found?.turns) && found.turns.every(isTurn) ? found.turns : [];
  const { question, once } = found?.pending ?? {};
  return { turns, pending: isText(question?.question) && isText(once) ? found.pending : null };
}

const isText = (value) => typeof value === "string";

function isTurn(turn) {
  if (turn?.by === "customer") return isText(turn.text);
  const isOpen = isText(turn?.session?.id) && isText(turn.session.secret);
  return turn?.by === "firstline" && (turn.receipt ? isOpen : isText(turn.answer?.decision) && (isOpen || !turn.session));
}

// A greeting or thanks: it is answered with a question back that has no choices, and with nothing about an incident.
const isSmallTalk = (turn) => turn?.answer?.decision === "clarify" && !turn.answer.clarification?.choices?.length && !turn.answer.incident;

// The newest question of these turns, and the turn that answers it; both may be missing.
function newest(turns) {
  const at = turns.findLastIndex((turn, n) => turn.by === "customer" && !isSmallTalk(turns[n + 1]));
  return { words: turns[at]?.text ?? "", turn: turns[at + 1]?.answer ? turns[at + 1] : null };
}

// Whether the turn can still become a ticket.
const canGoOn = (turn) => Boolean(turn?.session) && !turn.handed;

function unique() {
  return crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Conversation {
  constructor(service, waits, taken) {
    this.service = service;
    this.waits = waits; // called when a question cannot be sent yet, with whether the network is away
    this.identity = null;
    this.name = `${KEPT}:${service.key}`;
    // A second widget of this key on the page has a conversation of its own, and the same one after a reload.
    for (let number = 2; taken.includes(this.name); number += 1) this.name = `${KEPT}:${service.key}:${number}`;
    Object.assign(this, kept(this.name));
    this.visitor = stored("localStorage", VISITOR, null) ?? unique();
    store("localStorage", VISITOR, this.visitor);
    this.sending = null;
  }

  keep() {
    store("sessionStorage", this.name, JSON.stringify({ turns: this.turns, pending: this.pending }));
  }

  add(turn) {
    this.turns.push(turn);
    this.keep();
    return turn;
  }

  forget() {
    this.turns = [];
    this.pending = null;
    store("sessionStorage", this.name, null);
  }

  // The last session: what a hand-off, an outcome and a receipt belong to.
  get session() {
    return this.turns.findLast((turn) => turn.session)?.session ?? null;
  }

  // Ask, or go on with the question that a reload or the network interrupted; a second press changes nothing.
  ask(text, extra = {}) {
    if (this.sending) return this.sending;
    if (!this.pending) {
      const question = { question: text, channel: "chat", visitor: this.visitor, ...extra };
      this.pending = { question, once: unique() };
      this.add({ by: "customer", text });
    }
    this.sending = this.send().finally(() => { this.sending = null; });
    return this.sending;
  }

  async send() {
    for (let tries = 0; this.pending; tries += 1) {
      const { question, once } = this.pending;
      const asked = this.identity ? { ...question, identity: this.identity } : question;
      try {
        const found = await this.service.ask(asked, once).catch((error) => {
          if (error.status === 503 && !asked.human_requested) return this.service.askUnrecorded(asked);
          throw error;
        });
        this.pending = null;
        const { client_secret: secret, ...answer } = found;
        return this.add({ by: "firstline", answer, session: found.id ? { id: found.id, secret } : null });
      } catch (error) {
        if (!error.passes) { this.pending = null; this.keep(); throw error; }
        this.keep();
        this.waits(error.status === 0);
        await this.pause(Math.max(PAUSES[Math.min(tries, PAUSES.length - 1)], 1000 * (error.retryAfter ?? 0)));
      }
    }
    return null;
  }

  // Wait, but no longer than until the browser says that the network is back.
  pause(milliseconds) {
    return new Promise((resume) => {
      const go = () => { clearTimeout(timer); removeEventListener("online", go); resume(); };
      const timer = setTimeout(go, milliseconds);
      addEventListener("online", go);
    });
  }

  async outcome(turn, outcome) {
    await this.service.within(turn.session, "outcome", { outcome }, unique());
    turn.outcome = outcome;
    this.keep();
  }

  async handOff(turn, given) {
    turn.once ??= unique(); // sent again after a broken connection it is the same ticket
    const receipt = await this.service.within(turn.session, "ticket", { ...this.before(turn), ...given }, turn.once);
    turn.handed = true;
    return this.add({ by: "firstline", receipt, session: turn.session });
  }

  // Words that only ask for a person, or say that nothing helped, are about the open question before them.
  before(turn) {
    if (!["person_requested", "dissatisfied"].includes(turn.answer.reason_code)) return {};
    const at = this.turns.indexOf(turn) - 1;
    if (at < 1) return {};
    const asked = newest(this.turns.slice(0, at));
    if (!canGoOn(asked.turn)) return {};
    const line = [...asked.words.split("\n")[0]].slice(0, 120).join("");
    return { subject: line, description: `${asked.words}\n\n${this.turns[at].text}` };
  }

  // What persons have written meanwhile, on every ticket of this conversation; whether anything has changed.
  async refresh() {
    const changed = await Promise.all(this.turns.filter((each) => each.receipt).map((each) => this.renew(each)));
    return changed.includes(true);
  }

  // A session that is no more ends the conversation.
  async renew(turn) {
    const receipt = await this.service.receipt(turn.session).catch((error) => (error.status === 404 ? null : undefined));
    if (receipt === undefined || (receipt && JSON.stringify(receipt) === JSON.stringify(turn.receipt))) return false;
    if (receipt === null) this.forget(); else { turn.receipt = receipt; this.keep(); }
    return true;
  }
}
