import { existsSync } from "node:fs";
import type { Clock } from "../../core/clock.ts";
import type { EventSeverity } from "../../core/host-event.ts";
import type { Log } from "../../core/log.ts";
import type { Probe } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { literalOf } from "./expression-safety.ts";
import { fileLogsProbe } from "./file-logs-probe.ts";
import { journalProbe } from "./journal-probe.ts";
import { openKernelLog } from "./kernel-log.ts";
import { kernelLogProbe } from "./kernel-log-probe.ts";
import { filesOf } from "./log-glob.ts";
import type { LogPattern } from "./log-pattern.ts";
import { BUILT_IN_FILES, KERNEL_FILES, type LogFiles, sourceOf } from "./log-sources.ts";

/** What is read of logs besides what is built in. */
export interface LogOptions {
  /** A path of these is read as they say, and not as the built-in ones do. */
  readonly files: readonly LogFiles[];
  readonly patterns: readonly ConfiguredPattern[];
}

export interface ConfiguredPattern {
  readonly name: string;
  /** A regular expression that `refusalOf` has nothing against. */
  readonly expression: string;
  readonly severity: EventSeverity;
  /** Whether each line is an event, too. */
  readonly event: boolean;
}

export interface LogProbesDeps {
  readonly proc: ProcReader;
  readonly clock: Clock;
  readonly log: Log;
}

/** Everything that reads logs. `stateFolder`: where it is kept how far they were read. */
export function logProbes(
  {
    host,
    logs,
    stateFolder,
  }: { readonly host: string; readonly logs?: LogOptions | undefined; readonly stateFolder?: string | undefined },
  deps: LogProbesDeps,
): readonly Probe[] {
  const patterns = (logs?.patterns ?? []).map(patternOf);
  const files = [...(logs?.files ?? []), ...BUILT_IN_FILES, ...kernelFiles()];
  const common = { host, patterns, stateFolder };
  const sourcesIn = (some: readonly LogFiles[]) =>
    new Set(some.flatMap((it) => filesOf(it.glob).map((path) => sourceOf(it, path))));
  const hasFiles = () => sourcesIn(files.filter(({ family }) => family === "oslo")).size > 0;
  return [
    kernelLogProbe(common, deps),
    fileLogsProbe({ ...common, files }, deps),
    journalProbe({ ...common, hasFiles, fileSources: () => sourcesIn(files) }, deps),
  ];
}

/** A syslog daemon's copy of what the kernel says, where the kernel itself cannot be read: else it would be counted twice. */
function kernelFiles(): readonly LogFiles[] {
  const kernel = openKernelLog();
  kernel?.close();
  const path = kernel === undefined ? KERNEL_FILES.find((it) => existsSync(it)) : undefined;
  return path === undefined ? [] : [{ glob: path, family: "kernel", source: "kernel" }];
}

function patternOf({ name, expression, severity, event }: ConfiguredPattern): LogPattern {
  const literal = literalOf(expression);
  return {
    name,
    needles: literal === undefined ? undefined : [literal],
    expression: new RegExp(expression),
    severity,
    event: event ? "log-match" : undefined,
  };
}
