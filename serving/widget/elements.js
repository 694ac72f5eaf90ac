// Making elements out of text. No markup is ever parsed here.

export function element(name, properties, ...children) {
  const node = document.createElement(name);
  for (const [property, value] of Object.entries(properties)) {
    if (property === "role" || property.startsWith("aria-")) node.setAttribute(property, value);
    else node[property] = value;
  }
  node.append(...children.filter((child) => child !== "" && child !== null && child !== undefined));
  return node;
}

// Only http and https become links; anything else an article may claim as its address stays plain text.
export function link(address, text) {
  const good = typeof address === "string" && /^https?:\/\//i.test(address);
  if (!good) return element("span", {}, text);
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text);
}

// An answer's lines as paragraphs and real lists, nested as they are indented; the sentence that answers is marked.
export function passage(text, best) {
  const roots = [];
  const open = []; // the lists that a next line may belong to, outermost first
  for (const line of text.split("\n").filter((each) => each.trim())) {
    const [, indent, number, words] = /^(\s*)(?:(\d+)[.)]|[-*•])\s+(.*)$/.exec(line) ?? [];
    if (words === undefined) {
      open.length = 0;
      roots.push(element("p", {}, ...marked(line, best, text)));
      continue;
    }
    const level = Math.min(Math.floor(indent.length / 2), open.length);
    const name = number ? "OL" : "UL";
    open.length = open[level]?.tagName === name ? level + 1 : level;
    if (open.length === level) {
      const list = element(name, number ? { start: Number(number) } : {});
      (level ? open[level - 1].lastElementChild : { append: (node) => roots.push(node) }).append(list);
      open.push(list);
    }
    open[level].append(element("li", {}, ...marked(words, best, text)));
  }
  return roots;
}

function marked(line, best, text) {
  const at = best && text !== best ? line.indexOf(best) : -1;
  return at < 0 ? [line] : [line.slice(0, at), element("mark", {}, best), line.slice(at + best.length)];
}

const WHEN = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });

export function moment(instant) {
  const at = new Date(instant);
  const minutes = Math.round((at - Date.now()) / 60000);
  return Math.abs(minutes) <= 1 ? "now" : `${WHEN.format(at)} (${span(minutes)})`;
}

function span(minutes) {
  const size = Math.abs(minutes);
  const words = size < 90 ? `${size} min` : size < 48 * 60 ? `${Math.round(size / 60)} h` : `${Math.round(size / 1440)} days`;
  return minutes < 0 ? `${words} ago` : `in ${words}`;
}

export function sentence(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : "";
}
