import { Writable } from "node:stream";
import { type DestinationStream, type Logger, pino } from "pino";
import { isRecord } from "../core/json.ts";
import { noTraceScope, type TraceScope } from "../core/trace-scope.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Fields that are never written, in an event or one level into it; no part logs deeper objects. */
const SECRET_PATHS = [
  "token",
  "secret",
  "password",
  "webhook",
  "authorization",
  "*.token",
  "*.secret",
  "*.password",
  "*.webhook",
  "*.authorization",
];

/**
 * Lines of JSON for machines; short lines when a person is looking at a terminal. Goes to standard error. Lines that are written within a
 * trace name it.
 */
export function createLog(level: LogLevel, isTerminal: boolean, traces: TraceScope = noTraceScope): Logger {
  const destination: DestinationStream = isTerminal
    ? forPeople(process.stderr)
    : pino.destination({ dest: 2, sync: true });
  return createLogTo(destination, level, traces);
}

export function createLogTo(destination: DestinationStream, level: LogLevel, traces: TraceScope): Logger {
  return pino(
    {
      level,
      // What an event says of its trace itself goes before.
      mixin: () => {
        const trace = traces.current();
        return trace === undefined ? {} : { trace_id: trace.traceId, span_id: trace.spanId };
      },
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: "[secret]" },
    },
    destination,
  );
}

/** `12:03:44 warn  influxdb is not reachable url=http://127.0.0.1:8086` */
function forPeople(out: NodeJS.WritableStream): DestinationStream {
  return new Writable({
    write: (chunk, _encoding, done) => {
      out.write(lineForPeople(String(chunk)));
      done();
    },
  });
}

export function lineForPeople(line: string): string {
  const event: unknown = JSON.parse(line);
  if (!isRecord(event)) return line;
  const { time, level, msg, span_id: _span, ...fields } = event;
  const clock = String(time).slice(11, 19);
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${plain(value)}`);
  return `${clock} ${String(level).padEnd(5)} ${String(msg)}${rest.length > 0 ? `  ${rest.join(" ")}` : ""}\n`;
}

/** Text as it is, unless it could be taken for something else or speak to the terminal. */
function plain(value: unknown): string {
  return typeof value === "string" && /^[\x21\x23-\x7e\u00a0-\uffff]+$/u.test(value) ? value : JSON.stringify(value);
}
