// <firstline-widget>: a launcher with a panel, or with `inline` the panel in its place on the page.

const DEBOUNCE = 150; // milliseconds without a key before articles are searched
const FEWEST = 3; // characters that are worth a search
const MOST = 300; // characters that are searched for: what follows would only send them all again with each key
const REFRESH = 30000; // milliseconds between looks at what a person has written
const SHEET = new CSSStyleSheet(); // no element of styles: a policy without 'unsafe-inline' for styles lets it pass
SHEET.replaceSync(STYLE);

class FirstlineWidget extends HTMLElement {
  constructor() {
    super();
    this.root = this.attachShadow({ mode: "open" });
    this.root.adoptedStyleSheets = [SHEET];
    this.started = null;
  }

  connectedCallback() {
    this.started ??= this.start();
    this.looking = setInterval(() => { if (this.panel && !document.hidden && this.isOpen) this.look(); }, REFRESH);
  }

  disconnectedCallback() {
    clearInterval(this.looking);
  }

  async start() {
    const { key, base, lang, texts } = this.dataset;
    const service = new Service(base ?? BASE, key ?? KEY);
    const taken = [...document.querySelectorAll("firstline-widget")].map((each) => each.talk?.name);
    this.talk = new Conversation(service, (offline) => this.isWaiting(offline), taken);
    this.texts = await Texts.load(lang ?? (document.documentElement.lang || navigator.language || "en"), texts, service.base);
    this.draw();
    this.redraw();
    this.emit("ready", {});
    if (this.talk.pending) this.asked = this.answering(this.talk.pending.question.question);
    await this.look();
  }

  get isOpen() {
    return this.hasAttribute("inline") || !this.panel.hidden;
  }

  draw() {
    const say = (name) => this.texts.say(name);
    const title = this.dataset.title ?? say("title");
    this.log = element("div", { id: "log", role: "log", tabIndex: 0, "aria-live": "polite", "aria-label": say("conversation") });
    this.status = element("p", { className: "muted waiting", role: "status" });
    this.near = element("ul", { className: "plain near", "aria-label": say("near") });
    this.question = element("textarea", { id: "question", rows: 1, maxLength: 4000, placeholder: say("placeholder"), "aria-describedby": "question-error" });
    this.problem = element("p", { id: "question-error", className: "error", role: "alert" });
    this.submit = element("button", { type: "submit", className: "primary" }, say("ask"));
    const inline = this.hasAttribute("inline");
    const over = button(say("over"), "quiet", () => this.startOver());
    const person = button(say("talk"), "", () => this.askForPerson());
    person.id = "person";
    this.form = element("form", { id: "ask", className: "composer", noValidate: true }, this.near,
      element("label", { htmlFor: "question" }, say("question")), this.question, this.problem,
      element("div", { className: "row" }, person, inline ? over : "", element("span", { className: "push" }), this.submit));
    this.body = element("div", { className: "body" }, this.log, this.status);
    const close = inline ? "" : button("", "close", () => this.close());
    if (close) { close.setAttribute("aria-label", say("close")); close.append(icon("M5 5l14 14M19 5L5 19")); }
    this.panel = element("section", { className: inline ? "panel inline" : "panel", hidden: !inline, dir: this.texts.direction, lang: this.texts.language, "aria-label": title },
      inline ? "" : element("header", {}, element("h2", {}, title), over, close), this.body, this.form);
    if (!inline) this.panel.setAttribute("role", "dialog");
    this.launcher = inline ? "" : button("", "launcher", () => (this.panel.hidden ? this.open() : this.close()));
    if (this.launcher) {
      this.launcher.append(icon("M4 5h16v11H9l-5 4z"), element("span", {}, title));
      this.launcher.setAttribute("aria-expanded", "false");
    }
    this.root.replaceChildren(...[this.panel, this.launcher].filter(Boolean));
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.ask(this.question.value); });
    this.question.addEventListener("input", () => { this.grow(); this.suggest(); });
    this.question.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.form.requestSubmit(); }
    });
    this.panel.addEventListener("keydown", (event) => { if (event.key === "Escape" && !inline) { event.stopPropagation(); this.close(); } });
  }

  // Everything that was said, anew: after a start, a reload, and when a person has written.
  redraw() {
    const said = this.drawn();
    const greeting = element("p", { className: "card greeting" }, this.dataset.greeting ?? this.texts.say("greeting"));
    this.log.replaceChildren(...(said.length ? said : [greeting]));
  }

  // What cannot be drawn is forgotten: it would break the widget on every page of this tab.
  drawn() {
    try {
      return this.talk.turns.map((turn) => this.node(turn));
    } catch {
      this.talk.forget();
      return [];
    }
  }

  node(turn) {
    if (turn.by === "customer") return element("p", { className: "said" }, turn.text);
    const actions = {
      ask: (text) => this.ask(text),
      person: (of) => this.showForm(of),
      send: (of, given) => this.send(of, given),
      email: () => this.talk.identity?.email,
      outcome: (of, name, pressed, then) => this.busy(pressed, async () => {
        await this.note(of, name);
        then();
        if (name === "confirmed") this.question.focus({ preventScroll: true });
      }),
    };
    return Object.assign(card(turn, this.texts, actions), { of: turn });
  }

  async note(turn, outcome) {
    await this.talk.outcome(turn, outcome);
    this.emit("outcome", { outcome });
  }

  // The card or the form of a turn, if it is there.
  partOf(name, turn) {
    return [...this.log.querySelectorAll(name)].find((each) => each.of === turn);
  }

  show(node, top = node) {
    this.log.querySelector(".greeting")?.remove();
    this.log.append(node);
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    // Only the panel moves, never the page around it, unless the widget is a part of that page.
    if (this.launcher) this.body.scrollTo({ top: top.offsetTop - 16, behavior });
    else top.scrollIntoView({ block: "start", behavior });
    return node;
  }

  async busy(buttons, work) {
    buttons.forEach((each) => { each.disabled = true; });
    try {
      return await work();
    } catch (error) {
      buttons.forEach((each) => { each.disabled = false; });
      // What the service says about a request is for whoever builds the page.
      if (error.message) console.error(`Firstline: ${error.message}`);
      this.show(element("p", { className: "card error", role: "alert" }, this.texts.say(error.status ? "failed" : "away")));
      return undefined;
    } finally {
      this.status.textContent = "";
    }
  }

  isWaiting(offline) {
    this.status.textContent = this.texts.say(offline ? "offline" : "later");
    this.emit("waiting", { offline });
  }

  async ask(text, more = {}) {
    const words = text.trim();
    this.problem.textContent = words ? "" : this.texts.say("empty");
    this.question.setAttribute("aria-invalid", words ? "false" : "true");
    if (!words) { this.question.focus(); return undefined; }
    if (this.talk.pending) return undefined;
    const bubble = this.show(element("p", { className: "said" }, words));
    if (this.question.value === text) { this.question.value = ""; this.grow(); this.suggest(); }
    this.asked = this.answering(words, bubble, more);
    return this.asked;
  }

  async answering(words, bubble, more = {}) {
    this.status.textContent = this.texts.say("looking");
    const extra = { locale: this.texts.language, ...(this.dataset.brand ? { brand: this.dataset.brand } : {}), ...more };
    const turn = await this.busy([this.submit], () => this.talk.ask(words, extra));
    this.submit.disabled = false;
    if (!turn) return undefined;
    this.emit("answered", { decision: turn.answer.decision });
    if (!more.human_requested) this.show(this.node(turn), bubble);
    this.question.focus({ preventScroll: true });
    return turn;
  }

  get typed() {
    return this.question.value.trim().slice(0, MOST);
  }

  // Articles under what is being typed; a search that is overtaken by the next letter is cancelled.
  suggest() {
    const words = this.typed;
    if (words === this.sought) return;
    this.sought = words;
    clearTimeout(this.typing);
    this.search?.abort();
    if (words.length < FEWEST) { this.near.replaceChildren(); return; }
    this.typing = setTimeout(async () => {
      this.search = new AbortController();
      const question = { question: words, locale: this.texts.language, ...(this.dataset.brand ? { brand: this.dataset.brand } : {}) };
      const found = await this.talk.service.suggest(question, this.search.signal).catch(() => null);
      if (found && this.typed === words) this.near.replaceChildren(...found.articles.map((each) => element("li", {}, link(each.url, each.title))));
    }, DEBOUNCE);
  }

  showForm(turn) {
    const open = this.partOf("form", turn);
    if (open) { open.querySelector("input[type=email]").focus(); return; }
    const box = this.show(personForm({ level: "h2", of: turn, email: this.talk.identity?.email }, this.texts, (given) => this.send(turn, given)));
    box.querySelector("input[type=email]").focus({ preventScroll: true });
  }

  async send(turn, { given, button: pressed, done }) {
    this.status.textContent = this.texts.say("sending");
    const receipt = await this.busy([pressed], async () => {
      // Whoever takes an answer to a person was not helped by it.
      if (turn.answer.decision === "answer" && !turn.outcome) await this.note(turn, "not_helpful");
      return this.talk.handOff(turn, given);
    });
    if (!receipt) return;
    done();
    this.partOf("article", turn)?.replaceWith(this.node(turn));
    this.emit("handed_off", { number: receipt.receipt.number });
    this.show(this.node(receipt)).focus({ preventScroll: true });
  }

  // The newest question goes to a person, if it is no ticket yet. Without one a session is opened when the form is sent.
  async askForPerson() {
    await this.asked; // a question that is on its way
    const { words, turn: last } = newest(this.talk.turns);
    if (canGoOn(last)) { this.showForm(last); return; }
    const open = this.root.getElementById("direct");
    if (open) { open.querySelector("textarea, input").focus(); return; }
    this.problem.textContent = "";
    // A question that the service could not keep is asked for again.
    const message = this.question.value || (last?.session ? "" : words);
    let turn = null;
    const box = personForm({ level: "h2", asksMessage: true, message, email: this.talk.identity?.email }, this.texts, async (given) => {
      turn ??= await this.ask(given.message || this.texts.say("forPerson"), { human_requested: true });
      if (!turn) return;
      box.removeAttribute("id");
      box.of = turn;
      await this.send(turn, given);
    });
    box.id = "direct";
    this.question.value = "";
    this.grow();
    this.show(box).querySelector("textarea").focus({ preventScroll: true });
  }

  async look() {
    if (await this.talk.refresh()) this.redraw();
  }

  startOver() {
    this.talk.forget();
    this.redraw();
    this.status.textContent = this.texts.say("forgotten");
    this.question.focus();
  }

  grow() {
    this.question.rows = Math.min(5, Math.max(1, this.question.value.split("\n").length, Math.ceil(this.question.value.length / 50)));
  }

  async open() {
    await this.started;
    if (!this.launcher || !this.panel.hidden) return;
    this.before = document.activeElement;
    this.panel.hidden = false;
    this.launcher.setAttribute("aria-expanded", "true");
    this.body.scrollTop = this.body.scrollHeight;
    this.question.focus();
    this.emit("opened", {});
  }

  // The focus goes back to where it was.
  close() {
    if (!this.launcher || this.panel.hidden) return;
    this.panel.hidden = true;
    this.launcher.setAttribute("aria-expanded", "false");
    (this.before && this.before !== document.body && this.before !== this ? this.before : this.launcher).focus();
    this.emit("closed", {});
  }

  identify(identity) {
    this.talk.identity = identity;
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(`firstline:${name}`, { detail, bubbles: true, composed: true }));
  }
}

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
