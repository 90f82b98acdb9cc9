import type { Clock } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { type ElementId, hostId } from "../../core/element-id.ts";
import type { Log } from "../../core/log.ts";
import type { Probe } from "../probe.ts";
import { isRefusal } from "../unless-refused.ts";
import { FileLogs, type Followed, parseFileLogsState, SAMPLE_BYTES } from "./file-logs.ts";
import { kernelSubject } from "./kernel-subject.ts";
import { lineTime, writtenAt } from "./line-time.ts";
import { createLogCounts } from "./log-counts.ts";
import { BUILT_IN_PATTERNS, type LogFamily, type LogPattern } from "./log-pattern.ts";
import type { LogFiles } from "./log-sources.ts";
import { createMatchGuard } from "./match-guard.ts";
import { createSavedState } from "./saved-state.ts";

export interface FileLogsProbeOptions {
  readonly host: string;
  readonly files: readonly LogFiles[];
  /** Looked for in every source. */
  readonly patterns: readonly LogPattern[];
  /** Where the places in the files are kept; undefined: an agent that starts again begins at the end of each. */
  readonly stateFolder: string | undefined;
}

/** Files looked at, most of which have nothing new, before other work gets its turn. */
const FILES_PER_TURN = 64;

/** Counts lines of log files, and tells of them. Absent where none of the files is there. */
export function fileLogsProbe(options: FileLogsProbeOptions, { clock, log }: { clock: Clock; log: Log }): Probe {
  const subjectOf = (
    line: string,
    family: LogFamily | undefined,
    file: string,
    elements: ReadonlyMap<ElementId, Element>,
  ) => {
    if (family !== "kernel") return { element: hostId(options.host), attributes: { file } };
    const { element, attributes } = kernelSubject(line, options.host, elements, new Map());
    return { element, attributes: { ...attributes, file } };
  };
  const state = createSavedState(options.stateFolder, "log-files", log);
  const guard = createMatchGuard((pattern) => {
    log.warn(
      { pattern, hint: "make the expression simpler, or begin it with a plain text" },
      "log pattern too slow, not looked for any more",
    );
  });
  const read = new Map<string, { read: number; skipped: number }>();
  let logs: FileLogs | undefined;
  let refusedSaid = false;

  return {
    name: "logs",
    async detect({ signal, report, elements }) {
      logs ??= new FileLogs(options.files, parseFileLogsState(state.load()));
      const found = logs;
      found.look(clock.now());
      if (found.followed.length === 0) return undefined;
      const counts = createLogCounts(options.patterns, guard, report);
      signal.addEventListener("abort", () => found.close(), { once: true });

      async function readOne({ file, source, family }: Followed, maxBytes: number): Promise<number> {
        const patterns = family === undefined ? [] : BUILT_IN_PATTERNS[family];
        const skippedBefore = file.skippedBytes;
        const bytes = await file.read(maxBytes, (text) => {
          const now = clock.now();
          counts.take(source, text, patterns, now, (line) => ({
            at: writtenAt(lineTime(line), now),
            ...subjectOf(line, family, file.path, elements()),
          }));
        });
        const total = read.get(source) ?? { read: 0, skipped: 0 };
        read.set(source, { read: total.read + bytes, skipped: total.skipped + file.skippedBytes - skippedBefore });
        return bytes;
      }

      /** A disk that fails is no reason for the agent to end. */
      function notRead(thrown: unknown): number {
        if (!isRefusal(thrown)) throw thrown;
        if (!refusedSaid) log.warn({ reason: thrown.message }, "log cannot be read");
        refusedSaid = true;
        return 0;
      }

      return {
        async sample(at, sink) {
          found.look(at);
          let budget = SAMPLE_BYTES;
          const lag = new Map<string, { bytes: number; files: number }>();
          // A source's counters are told at 0 before anything is counted: else its first lines would be no increase.
          const isNew = new Set<string>();
          for (const { source, family } of found.followed) {
            if (counts.expect(source, family === undefined ? [] : BUILT_IN_PATTERNS[family])) isNew.add(source);
          }
          let left = found.followed.length;
          for (const [index, it] of found.followed.entries()) {
            if (index % FILES_PER_TURN === 0) await new Promise(setImmediate);
            if (signal.aborted) return;
            if (!isNew.has(it.source)) budget -= await readOne(it, Math.max(1, budget / left)).catch(notRead);
            left--;
            const sum = lag.get(it.source) ?? { bytes: 0, files: 0 };
            lag.set(it.source, { bytes: sum.bytes + it.file.lagBytes, files: sum.files + 1 });
          }
          if (signal.aborted) return;
          counts.points(at).forEach(sink);
          for (const [source, { bytes, files }] of lag) {
            const total = read.get(source) ?? { read: 0, skipped: 0 };
            const fields = {
              read_bytes: { int: total.read },
              skipped_bytes: { int: total.skipped },
              lag_bytes: { int: bytes },
              files: { int: files },
            };
            sink({ measurement: "log_source", tags: { source }, fields, at });
          }
          // After what was counted was handed over: what is saved is never ahead of it.
          await state.save(found.state());
        },
      };
    },
  };
}
