/** Builds a page in Prometheus' text format of what a service says in its own way. */
export class PageText {
  #text = "";

  /** Nothing is added when the service does not say the value. */
  add(name: string, value: number | undefined, labels: Readonly<Record<string, string>> = {}): void {
    if (value === undefined) return;
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    this.#text += `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
  }

  toString(): string {
    return this.#text;
  }
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}
