import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isRecord } from "../../core/json.ts";
import { shortTraceId } from "../../core/trace.ts";

/** A line of a stream or a log that names the trace. */
export interface TraceLine {
  /** RFC 3339, by which lines of all files sort. */
  readonly time: string;
  readonly event: Readonly<Record<string, unknown>>;
  /** Of another trace, which the one that was asked for is about. */
  readonly isAbout: boolean;
}

/** More are of no use to a reader. */
const MOST_LINES = 10_000;
/** Traces that one is about. */
const MOST_ABOUT = 100;

/** The files of all streams below a folder, those set aside among them; none when there is no such folder. */
export async function streamFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith(".ndjson"))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * The lines that name a trace whose id begins with `prefix`, their own or one that they are about, in the order of time; and those of the
 * traces that it is about: of the rounds that a write tells of, of the alerts that a message tells of. Lines that are no JSON are passed
 * over: a log may have others. Errors: those of reading a file.
 */
export async function traceLines(files: readonly string[], prefix: string): Promise<readonly TraceLine[]> {
  const found = await linesNaming(files, [prefix]);
  const own = found.filter(({ trace_id }) => isText(trace_id) && trace_id.startsWith(prefix));
  const about = new Set(own.flatMap(({ about_trace_ids }) => [about_trace_ids].flat().filter(isText)));
  const known = new Set(found.map((event) => JSON.stringify(event)));
  const further = about.size === 0 ? [] : await linesNaming(files, [...about].slice(0, MOST_ABOUT));
  return [
    ...found.map((event) => ({ time: String(event.time), event, isAbout: false })),
    ...further
      .filter((event) => isText(event.trace_id) && about.has(event.trace_id) && !known.has(JSON.stringify(event)))
      .map((event) => ({ time: String(event.time), event, isAbout: true })),
  ].sort((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time)));
}

type Event = Readonly<Record<string, unknown>>;

async function linesNaming(files: readonly string[], prefixes: readonly string[]): Promise<readonly Event[]> {
  const found: Event[] = [];
  const quoted = prefixes.map((prefix) => `"${prefix}`);
  for (const file of files) {
    const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
    for await (const line of lines) {
      // Few do, and reading JSON takes a hundred times as long.
      if (found.length >= MOST_LINES || !quoted.some((each) => line.includes(each))) continue;
      const event = eventOf(line);
      if (event !== undefined && prefixes.some((prefix) => names(event, prefix))) found.push(event);
    }
  }
  return found;
}

const isText = (value: unknown): value is string => typeof value === "string";

function eventOf(line: string): Event | undefined {
  try {
    // What goes before the first brace is a journal's own.
    const event: unknown = JSON.parse(line.slice(Math.max(0, line.indexOf("{"))));
    return isRecord(event) && typeof event.time === "string" ? event : undefined;
  } catch {
    return undefined;
  }
}

function names(event: Event, prefix: string): boolean {
  return Object.entries(event).some(
    ([name, value]) =>
      /(?:^|_)trace_ids?$/.test(name) && [value].flat().some((id) => isText(id) && id.startsWith(prefix)),
  );
}

/** For people: when, of what, what, and the rest as `name=value`; of another trace, its id. */
export function textOfTraceLine({ time, event, isAbout }: TraceLine): string {
  const { time: _time, level, stream, kind, name, msg, what, trace_id, span_id: _span, ...fields } = event;
  const { parent_span_id: _parent, started_at: _started, id: _id, at: _at, method, route, ...rest } = fields;
  const of = [stream ?? `log ${level}`, kind].filter((each) => each !== undefined).join(" ");
  const values = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === "string" && /^\S+$/.test(value) ? value : JSON.stringify(value)}`,
  );
  const said = name ?? msg ?? what ?? (method === undefined ? "" : `${method} ${route ?? "(no such path)"}`);
  const whose = isAbout && isText(trace_id) ? [`[${shortTraceId(trace_id)}]`] : [];
  return `${time} ${of.padEnd(18)} ${[...whose, said, ...values].join(" ")}`;
}
