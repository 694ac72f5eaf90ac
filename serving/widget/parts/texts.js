// What the widget says, in the customer's language. English is built in; another language is a file of the same names.

const RTL = new Set(["ar", "fa", "he", "ur", "yi"]);

// Pages say `de_AT`, too; what is no language at all is English.
function languageTag(wanted) {
  try { return Intl.getCanonicalLocales(wanted.replaceAll("_", "-"))[0] ?? "en"; } catch { return "en"; }
}

class Texts {
  constructor(words, language) {
    this.words = words;
    this.language = language;
    this.direction = RTL.has(language.split("-")[0]) ? "rtl" : "ltr";
  }

  // The words under a name, with values in place of {names}.
  say(name, values = {}) {
    const words = this.words[name];
    return (typeof words === "string" ? words : ENGLISH[name]).replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
  }

  // An instant as the customer's clock shows it, and how far away it is.
  moment(instant) {
    const at = new Date(instant);
    const minutes = Math.round((at - Date.now()) / 60000);
    if (Math.abs(minutes) <= 1) return this.say("now");
    const when = new Intl.DateTimeFormat(this.language, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
    const [size, unit] = Math.abs(minutes) < 90 ? [minutes, "minute"] : Math.abs(minutes) < 2880 ? [minutes / 60, "hour"] : [minutes / 1440, "day"];
    const far = new Intl.RelativeTimeFormat(this.language, { numeric: "always" }).format(Math.round(size), unit);
    return `${when.format(at)} (${far})`;
  }

  // Load a language: from the page's own file, else from the service; what cannot be read is English.
  static async load(wanted, address, base) {
    const language = languageTag(wanted);
    const short = language.toLowerCase().split("-")[0];
    if (!address && !SHIPPED.includes(short)) return new Texts(ENGLISH, "en");
    if (!address && short === "en") return new Texts(ENGLISH, language);
    try {
      const answer = await fetch(address ?? `${base}/widget/${short}.json`, { credentials: "omit" });
      const words = answer.ok && await answer.json();
      if (words && typeof words === "object") return new Texts(words, language);
    } catch { /* the network is away, or it is no JSON */ }
    return new Texts(ENGLISH, "en");
  }
}
