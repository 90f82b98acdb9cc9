/** An element of an XML document; names keep their prefix (`nova:flavor`). */
export interface XmlElement {
  readonly name: string;
  readonly attributes: { readonly [name: string]: string };
  readonly children: readonly XmlElement[];
  /** All text directly inside, trimmed. */
  readonly text: string;
}

interface OpenElement {
  readonly name: string;
  readonly attributes: { readonly [name: string]: string };
  readonly children: XmlElement[];
  text: string;
}

const MAX_DEPTH = 64;

/** A comment, a CDATA section, an instruction or a document type; a tag with its attributes; or text. */
const TOKEN =
  /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<[?!][^>]*>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/g;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/**
 * Parses what libvirt writes: well-formed XML without entities of its own. Undefined for what is not that; never throws.
 */
export function parseXml(text: string): XmlElement | undefined {
  const root: OpenElement = { name: "", attributes: {}, children: [], text: "" };
  const open: OpenElement[] = [root];
  let readUntil = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index !== readUntil) return undefined;
    readUntil += match[0].length;
    const [, cdata, closing, name, attributes = "", selfClosing, plain] = match;
    const inside = open.at(-1);
    if (inside === undefined || open.length > MAX_DEPTH) return undefined;
    if (plain !== undefined) inside.text += decoded(plain);
    else if (cdata !== undefined) inside.text += cdata;
    else if (name === undefined) continue;
    else if (closing === "/") {
      if (inside.name !== name || open.length === 1) return undefined;
      open.pop();
      open.at(-1)?.children.push({ ...inside, text: inside.text.trim() });
    } else {
      const element: OpenElement = { name, attributes: attributesOf(attributes), children: [], text: "" };
      if (selfClosing === "/") inside.children.push(element);
      else open.push(element);
    }
  }
  const isWhole = readUntil === text.length && open.length === 1 && root.children.length === 1;
  return isWhole ? root.children[0] : undefined;
}

/** The first element at the end of a path of names below this one. */
export function at(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let here = element;
  for (const name of path) here = here?.children.find((child) => child.name === name);
  return here;
}

/** All children of a name. */
export function allAt(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

function attributesOf(text: string): { readonly [name: string]: string } {
  const attributes: Record<string, string> = {};
  for (const [, name = "", double, single] of text.matchAll(ATTRIBUTE))
    attributes[name] = decoded(double ?? single ?? "");
  return attributes;
}

const ENTITIES: { readonly [name: string]: string } = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function decoded(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (all, hex, decimal, name) => {
    if (typeof name === "string") return ENTITIES[name] ?? all;
    const code = typeof hex === "string" ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}
