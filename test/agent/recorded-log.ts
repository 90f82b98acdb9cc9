import type { Log } from "../../core/log.ts";

export interface LogEntry {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly event: string;
  readonly fields: object;
}

/** As recordedLog, in which a defect of a probe ends the test: the agent itself would go on. */
export function strictLog(): ReturnType<typeof recordedLog> {
  const { log, entries } = recordedLog();
  const strict: Log = {
    ...log,
    error(fields, event) {
      log.error(fields, event);
      if ("err" in fields) throw fields.err;
    },
    child: () => strict,
  };
  return { log: strict, entries };
}

export function recordedLog(): { readonly log: Log; readonly entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const at = (level: LogEntry["level"]) => (fields: object, event: string) =>
    void entries.push({ level, event, fields });
  const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), child: () => log };
  return { log, entries };
}
