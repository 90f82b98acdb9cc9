import type { Clock, EpochMs } from "../../core/clock.ts";
import { isRecord } from "../../core/json.ts";
import type { Log } from "../../core/log.ts";
import type { Probe, ProbeContext, ProbeSession } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { bootIdOf } from "../topology/host-node.ts";
import { type KernelLog, openKernelLog } from "./kernel-log.ts";
import { type KernelRecord, recordTime } from "./kernel-record.ts";
import { kernelSubject, memoryGroupOf } from "./kernel-subject.ts";
import { createLogCounts } from "./log-counts.ts";
import { BUILT_IN_PATTERNS, type LogPattern } from "./log-pattern.ts";
import { createMatchGuard } from "./match-guard.ts";
import { createSavedState, type SavedState } from "./saved-state.ts";

const SOURCE = "kernel";
/** The ring of most kernels holds some thousand. */
const MAX_RECORDS = 5_000;
const MAX_GROUPS = 100;

export interface KernelLogProbeOptions {
  readonly host: string;
  readonly patterns: readonly LogPattern[];
  readonly stateFolder: string | undefined;
}

interface Deps {
  readonly proc: ProcReader;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Counts what the kernel says. The patterns built in are looked for in what the kernel itself says, those of the configuration in what
 * others write into its log, too. After a boot all that it said since is counted, on the very first start only what it says from then on.
 */
export function kernelLogProbe(options: KernelLogProbeOptions, deps: Deps): Probe {
  const state = createSavedState(options.stateFolder, "log-kernel", deps.log);
  return {
    name: "kernel-log",
    async detect(context) {
      const kernel = openKernelLog();
      if (kernel === undefined) return undefined;
      context.signal.addEventListener("abort", () => kernel.close(), { once: true });
      const bootId = bootIdOf(deps.proc) ?? "unknown";
      const saved = parseState(state.load());
      let sequence = saved?.bootId === bootId ? saved.sequence : -1;
      if (saved === undefined) {
        await kernel.read(Number.POSITIVE_INFINITY, (records) => {
          sequence = records.at(-1)?.sequence ?? sequence;
        });
        await state.save({ bootId, sequence });
      }
      return session(kernel, { bootId, sequence }, { options, deps, context, state });
    },
  };
}

interface KernelLogState {
  readonly bootId: string;
  /** The last that was counted; -1 before the first. */
  readonly sequence: number;
}

function session(
  kernel: KernelLog,
  { bootId, sequence }: KernelLogState,
  {
    options,
    deps,
    context,
    state,
  }: { options: KernelLogProbeOptions; deps: Deps; context: ProbeContext; state: SavedState },
): ProbeSession {
  const { clock, proc, log } = deps;
  const guard = createMatchGuard((pattern) => log.warn({ pattern }, "log pattern too slow, not looked for any more"));
  const counts = createLogCounts(options.patterns, guard, context.report);
  const groups = new Map<string, string>();
  let last = sequence;
  let [readBytes, lostLines] = [0, 0];
  let readBefore: EpochMs | undefined;

  function take(records: readonly KernelRecord[]): void {
    const now = clock.now();
    const uptimeMs = Number.parseFloat(proc.text("/proc/uptime") ?? "0") * 1000;
    const fresh = records.filter((it) => it.sequence > last);
    const first = fresh[0];
    if (first === undefined) return;
    const times = new Map<string, number>();
    for (const { text, sequence: number, sinceBootMs } of fresh) {
      if (last >= 0) lostLines += number - last - 1;
      last = number;
      readBytes += text.length + 1;
      times.set(text, sinceBootMs);
      const killed = memoryGroupOf(text);
      if (killed !== undefined) groups.set(killed.pid, killed.group);
      if (groups.size > MAX_GROUPS) groups.clear();
    }
    const factsOf = (line: string) => ({
      ...kernelSubject(line, options.host, context.elements(), groups),
      at: recordTime(times.get(line) ?? uptimeMs, uptimeMs, now, readBefore),
    });
    const textOf = (some: readonly KernelRecord[]) => some.map(({ text }) => text).join("\n");
    counts.take(SOURCE, textOf(fresh.filter(({ facility }) => facility === 0)), BUILT_IN_PATTERNS.kernel, now, factsOf);
    const others = fresh.filter(({ facility }) => facility !== 0);
    if (options.patterns.length > 0) counts.take(SOURCE, textOf(others), [], now, factsOf);
  }

  return {
    async sample(at, sink) {
      const isNew = counts.expect(SOURCE, BUILT_IN_PATTERNS.kernel);
      if (!isNew) {
        const now = clock.now();
        await kernel.read(MAX_RECORDS, take);
        readBefore = now;
      }
      if (context.signal.aborted) return;
      counts.points(at).forEach(sink);
      const fields = { read_bytes: { int: readBytes }, lost_lines: { int: lostLines } };
      sink({ measurement: "log_source", tags: { source: SOURCE }, fields, at });
      await state.save({ bootId, sequence: last });
    },
  };
}

function parseState(value: unknown): KernelLogState | undefined {
  if (!isRecord(value) || typeof value.bootId !== "string" || typeof value.sequence !== "number") return undefined;
  return { bootId: value.bootId, sequence: value.sequence };
}
