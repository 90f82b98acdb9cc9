/** A sample of a page: the series with its labels in order of their names, the value's own text form, the time. */
export type ReferenceSample = readonly [series: string, value: string, atMs: number | undefined];

const NAME = /^[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*)/;
const LABEL = /^[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:\\.|[^"\\])*)"[ \t]*/su;
const CLOSE = /^[ \t]*\}/;

/** Reads the text format slowly and obviously, line by line with regular expressions; undefined when any line is bad. */
export function parseReference(page: string): readonly ReferenceSample[] | undefined {
  const samples: ReferenceSample[] = [];
  for (const line of page.split("\n")) {
    if (/^[ \t]*(#.*)?$/s.test(line)) continue;
    const sample = parseLine(line);
    if (sample === undefined) return undefined;
    samples.push(sample);
  }
  return samples;
}

function parseLine(line: string): ReferenceSample | undefined {
  const [start = "", name] = NAME.exec(line) ?? [];
  if (name === undefined) return undefined;
  const behind = line.slice(start.length);
  const said = /^[ \t]*\{/.test(behind) ? parseLabels(behind.replace(/^[ \t]*\{/, "")) : { labels: [], rest: behind };
  if (said === undefined || (said.rest === behind && !/^[ \t]/.test(behind))) return undefined;
  // What is behind # is an exemplar; it stands alone.
  const words = said.rest.split(/[ \t]+/).filter((word) => word !== "");
  const end = words.findIndex((word, place) => place > 0 && word.startsWith("#"));
  const [value, time, ...more] = end < 0 ? words : words.slice(0, end);
  if (value === undefined || more.length > 0) return undefined;
  const number = parseGoFloat(value);
  if (number === undefined) return undefined;
  if (time !== undefined && (!/^-?[0-9]+$/.test(time) || Math.abs(Number(time)) > 8.64e15)) return undefined;
  const labels = said.labels.filter(([, text]) => text !== "").sort(([a], [b]) => (a < b ? -1 : 1));
  const at = time === undefined ? undefined : Number(time);
  return [JSON.stringify([name, ...labels]), Object.is(number, -0) ? "-0" : String(number), at];
}

/** `text` begins behind the opening brace; what is behind the closing one is the rest. */
function parseLabels(text: string): { labels: [string, string][]; rest: string } | undefined {
  const labels: [string, string][] = [];
  let rest = text;
  while (!CLOSE.test(rest)) {
    const [whole, name, value] = LABEL.exec(rest) ?? [];
    if (whole === undefined || name === undefined || value === undefined) return undefined;
    if (labels.some(([other]) => other === name)) return undefined;
    labels.push([name, unescaped(value)]);
    rest = rest.slice(whole.length);
    if (rest.startsWith(",")) rest = rest.slice(1);
    else if (!rest.startsWith("}")) return undefined;
  }
  return { labels, rest: rest.replace(CLOSE, "") };
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gsu, (whole, letter: string) =>
    letter === "n" ? "\n" : letter === "\\" || letter === '"' ? letter : whole,
  );
}

function parseGoFloat(text: string): number | undefined {
  if (/^[+-]?inf(inity)?$/i.test(text))
    return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return undefined;
  return Number.isFinite(Number(text)) ? Number(text) : undefined;
}
