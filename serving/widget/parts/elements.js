// Making elements out of text. No markup is ever parsed here: whatever an article or a customer wrote stays text.

function element(name, properties, ...children) {
  const node = document.createElement(name);
  for (const [property, value] of Object.entries(properties)) {
    if (property === "role" || property.startsWith("aria-")) node.setAttribute(property, value);
    else if (property === "dataset") Object.assign(node.dataset, value);
    else node[property] = value;
  }
  node.append(...children.flat().filter((child) => child !== "" && child !== null && child !== undefined));
  return node;
}

// Only http, https and mailto become links; anything else that an article may claim as its address stays plain text.
function link(address, text) {
  const good = typeof address === "string" && /^(https?:\/\/|mailto:)/i.test(address);
  if (!good) return element("span", {}, text);
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text);
}

// An answer's lines as paragraphs and real lists, nested as they are indented; the sentence that answers is marked.
function passage(text, best) {
  const roots = [];
  const open = []; // the lists that a next line may belong to, outermost first
  for (const line of text.split("\n").filter((each) => each.trim())) {
    const [, indent, number, words] = /^(\s*)(?:(\d+)[.)]|[-*•])\s+([^]*)$/.exec(line) ?? [];
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
