// The service behind the widget. The key may ask; what belongs to a session opens with the secret of that session only.

class ServiceError extends Error {
  constructor(message, status, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  // Whether sending it again, later and unchanged, may go well: nobody answered, or the service was busy or away.
  get passes() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

class Service {
  constructor(base, key) {
    this.base = base;
    this.key = key;
  }

  async call(method, path, { body, headers = {}, signal } = {}) {
    const sent = { Authorization: `Bearer ${this.key}`, ...headers };
    if (body) sent["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(this.base + path, { method, headers: sent, body: body && JSON.stringify(body), signal, credentials: "omit" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ServiceError("", 0);
    }
    const read = await answer.json().catch(() => ({}));
    if (answer.ok) return read;
    const fields = (read.errors ?? []).map((error) => `${error.field}: ${error.message}`).join(" ");
    throw new ServiceError(fields || read.detail || "", answer.status, Number(answer.headers.get("Retry-After")) || 0);
  }

  // The same idempotency key for each try: however often it is sent, it is asked once.
  ask(question, once) {
    return this.call("POST", "/v1/deflections", { body: question, headers: { "Idempotency-Key": once } });
  }

  // During a database outage nothing can be stored, but without an idempotency key an answer comes from memory.
  askUnrecorded(question) {
    return this.call("POST", "/v1/deflections", { body: question });
  }

  within(session, what, body, once) {
    return this.call("POST", `/v1/deflections/${session.id}/${what}`, { body, headers: { "Firstline-Session": session.secret, "Idempotency-Key": once } });
  }

  receipt(session) {
    return this.call("GET", `/v1/deflections/${session.id}`, { headers: { "Firstline-Session": session.secret } });
  }

  suggest(question, signal) {
    return this.call("POST", "/v1/deflections/suggestions", { body: question, signal });
  }
}
