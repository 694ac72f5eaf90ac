// The one global, `Firstline`, and the widget that the script's own tag asks for with data-key.

if (!customElements.get("firstline-widget")) {
  customElements.define("firstline-widget", FirstlineWidget);
  let own = null;
  const widget = () => own ?? document.querySelector("firstline-widget");
  const ready = async () => { await widget().started; return widget(); };
  window.Firstline = Object.freeze({
    open: async () => (await ready()).open(),
    close: async () => (await ready()).close(),
    // Open the panel and ask, as if the customer had typed it.
    ask: async (question) => { const found = await ready(); await found.open(); return found.ask(question); },
    // Who the customer is, signed by the site's backend: { id, email, account, plan, expires_at, hmac }.
    identify: async (identity) => (await ready()).identify(identity),
    // Forget the conversation and the customer, as after signing out.
    reset: async () => { const found = await ready(); found.identify(null); found.startOver(); },
    // ready, opened, closed, answered, outcome, handed_off, waiting; returns a function that stops listening.
    on: (name, listener) => {
      const heard = (event) => listener(event.detail);
      addEventListener(`firstline:${name}`, heard);
      return () => removeEventListener(`firstline:${name}`, heard);
    },
  });
  if (KEY && !TAG.hasAttribute("data-manual")) {
    own = document.createElement("firstline-widget");
    Object.assign(own.dataset, TAG.dataset);
    const place = () => document.body.append(own);
    if (document.body) place(); else addEventListener("DOMContentLoaded", place);
  }
}
