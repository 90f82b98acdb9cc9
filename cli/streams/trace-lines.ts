import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isRecord } from "../../core/json.ts";

/** A line of a stream or a log that names the trace. */
export interface TraceLine {
  /** RFC 3339, by which lines of all files sort. */
  readonly time: string;
  readonly event: Readonly<Record<string, unknown>>;
}

/** More are of no use to a reader. */
const MOST_LINES = 10_000;

/** The files of all streams below a folder, those set aside among them; none when there is no such folder. */
export async function streamFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith(".ndjson"))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * The lines that name a trace whose id begins with `prefix`, their own or one that they are about, in the order of time. Lines that are no
 * JSON are passed over: a log may have others. Errors: those of reading a file.
 */
export async function traceLines(files: readonly string[], prefix: string): Promise<readonly TraceLine[]> {
  const found: TraceLine[] = [];
  for (const file of files) {
    const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
    for await (const line of lines) {
      // Few do, and reading JSON takes a hundred times as long.
      if (!line.includes(`"${prefix}`) || found.length >= MOST_LINES) continue;
      const event = eventOf(line);
      if (event !== undefined && names(event, prefix)) found.push({ time: String(event.time), event });
    }
  }
  return found.sort((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time)));
}

function eventOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    // What goes before the first brace is a journal's own.
    const event: unknown = JSON.parse(line.slice(Math.max(0, line.indexOf("{"))));
    return isRecord(event) && typeof event.time === "string" ? event : undefined;
  } catch {
    return undefined;
  }
}

function names(event: Readonly<Record<string, unknown>>, prefix: string): boolean {
  return Object.entries(event).some(
    ([name, value]) =>
      /(?:^|_)trace_ids?$/.test(name) && [value].flat().some((id) => typeof id === "string" && id.startsWith(prefix)),
  );
}

/** For people: when, of what, what, and the rest as `name=value`. */
export function textOfTraceLine({ time, event }: TraceLine): string {
  const { time: _time, level, stream, kind, name, msg, what, trace_id: _trace, span_id: _span, ...fields } = event;
  const { parent_span_id: _parent, started_at: _started, id: _id, at: _at, ...rest } = fields;
  const of = [stream ?? `log ${level}`, kind].filter((each) => each !== undefined).join(" ");
  const values = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === "string" && /^\S+$/.test(value) ? value : JSON.stringify(value)}`,
  );
  const said = name ?? msg ?? what ?? (event.method === undefined ? "" : `${event.method} ${event.route}`);
  return `${time} ${of.padEnd(18)} ${[said, ...values].join(" ")}`;
}
