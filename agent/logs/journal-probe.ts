import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Clock } from "../../core/clock.ts";
import { hostId } from "../../core/element-id.ts";
import { isRecord } from "../../core/json.ts";
import type { Log } from "../../core/log.ts";
import type { Probe, ProbeContext, ProbeSession } from "../probe.ts";
import { commandEnvironment, leashWords } from "../topology/ip-command.ts";
import { eachLine } from "../topology/lines.ts";
import { startedChild } from "../topology/started-child.ts";
import { JOURNAL_FIELDS, JOURNAL_UNITS, type JournalEntry, parseJournalEntry } from "./journal-entry.ts";
import { createLogCounts, type LogCounts } from "./log-counts.ts";
import { BUILT_IN_PATTERNS, type LogPattern } from "./log-pattern.ts";
import { createMatchGuard } from "./match-guard.ts";
import { createSavedState, type SavedState } from "./saved-state.ts";

/** journald's socket, and what systemd makes when it is the first process. */
const JOURNALD = "/run/systemd/journal/socket";
const SYSTEMD = "/run/systemd/system";

const ENTRIES_IN_A_TURN = 100;

/** What is taken between two samples; journalctl then waits, as the journal is there later, too. */
const SAMPLE_BYTES = 4 * 1024 * 1024;

export interface JournalProbeOptions {
  readonly host: string;
  readonly patterns: readonly LogPattern[];
  readonly stateFolder: string | undefined;
  /** Whether the services of OpenStack here log into files. */
  readonly hasFiles: () => boolean;
  /** Sources that are read from files. */
  readonly fileSources: () => ReadonlySet<string>;
  /** Of another journal than this machine's. */
  readonly folder?: string;
}

/**
 * Reads the journal where services log there and not into files. There is no other way to read it without native code than a `journalctl` that
 * goes on running; it ends with the agent, however that ends.
 */
export function journalProbe(options: JournalProbeOptions, { clock, log }: { clock: Clock; log: Log }): Probe {
  const state = createSavedState(options.stateFolder, "log-journal", log);
  const guard = createMatchGuard((pattern) => log.warn({ pattern }, "log pattern too slow, not looked for any more"));
  let counts: LogCounts | undefined;
  return {
    name: "journal",
    async detect(context) {
      if ((options.folder === undefined && !existsSync(JOURNALD)) || options.hasFiles()) return undefined;
      counts ??= createLogCounts(options.patterns, guard, context.report);
      const saved = state.load();
      const cursor = isRecord(saved) && typeof saved.cursor === "string" ? saved.cursor : undefined;
      return session(await leashWords(context.signal), cursor, counts, { options, clock, context, state });
    },
  };
}

function session(
  leash: readonly string[],
  after: string | undefined,
  counts: LogCounts,
  deps: { options: JournalProbeOptions; clock: Clock; context: ProbeContext; state: SavedState },
): ProbeSession | undefined {
  const { options, clock, context, state } = deps;
  const [file = "", ...args] = [...leash, "journalctl", ...journalWords(after, options.folder)];
  const child = startedChild(() =>
    spawn(file, args, { env: commandEnvironment(), stdio: ["ignore", "pipe", "ignore"] }),
  );
  if (child instanceof Error) return undefined;
  const ended = Promise.withResolvers<string>();
  child.once("error", (error) => ended.resolve(error.message));
  child.once("exit", (code, signal) => ended.resolve(`journalctl ended with ${code ?? signal}`));
  context.signal.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
  const bytes = new Map<string, number>();
  let waiting: JournalEntry[] = [];
  let taken = 0;
  let cursor = after;

  eachLine(child.stdout, "utf8", (line) => {
    taken += line.length;
    if (taken > SAMPLE_BYTES) child.stdout.pause();
    const entry = parseJournalEntry(line);
    if (entry !== undefined) waiting.push(entry);
  });

  async function count(entries: readonly JournalEntry[]): Promise<void> {
    for (const [index, { source, family, message, at }] of entries.entries()) {
      bytes.set(source, (bytes.get(source) ?? 0) + message.length);
      const facts = { at, element: hostId(options.host), attributes: {} };
      counts.take(source, message, BUILT_IN_PATTERNS[family], clock.now(), () => facts);
      if (index % ENTRIES_IN_A_TURN === 0) await new Promise(setImmediate);
    }
    cursor = entries.at(-1)?.cursor ?? cursor;
  }

  return {
    ended: ended.promise,
    async sample(at, sink) {
      const inFiles = waiting.length === 0 ? undefined : options.fileSources();
      waiting = waiting.filter(({ source }) => inFiles?.has(source) !== true);
      // A source's counters are told at 0 before anything is counted: else its first lines would be no increase.
      const fresh = waiting.filter(({ source, family }) => counts.expect(source, BUILT_IN_PATTERNS[family]));
      if (fresh.length === 0) {
        const entries = waiting;
        [waiting, taken] = [[], 0];
        child.stdout.resume();
        await count(entries);
      }
      if (context.signal.aborted) return;
      counts.points(at).forEach(sink);
      for (const [source, read] of bytes) {
        sink({ measurement: "log_source", tags: { source }, fields: { read_bytes: { int: read } }, at });
      }
      if (cursor !== undefined) await state.save({ cursor });
    },
  };
}

function journalWords(after: string | undefined, folder: string | undefined): readonly string[] {
  return [
    "--follow",
    "--quiet",
    "--output=json",
    `--output-fields=${JOURNAL_FIELDS.join(",")}`,
    after === undefined ? "--lines=0" : `--after-cursor=${after}`,
    ...(folder === undefined ? [] : [`--directory=${folder}`]),
    // Without systemd nothing is of a unit, and what services call themselves is all there is.
    ...(existsSync(SYSTEMD) && folder === undefined ? JOURNAL_UNITS.map((unit) => `--unit=${unit}`) : []),
  ];
}
