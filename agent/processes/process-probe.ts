import type { Clock } from "../../core/clock.ts";
import type { Probe } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { NO_IO, parseProcessIo, stepIo } from "./process-io.ts";
import { processesPoint, processPoints } from "./process-points.ts";
import { createProcessScan } from "./process-scan.ts";
import { type ProcessSelection, type ProcessTable, reportedNames, stepProcesses } from "./process-table.ts";
import { type ProcessWatch, stepWatch } from "./process-watch.ts";
import { createNameMatcher } from "./watched-processes.ts";

export interface ProcessProbeOptions extends ProcessSelection {
  readonly host: string;
  /** Names, with `*` for any letters. */
  readonly watched: readonly string[];
}

/** CPU time, memory, I/O and state of processes, by name; and what becomes of those named in the configuration. */
export function processProbe(
  options: ProcessProbeOptions,
  { proc, clock }: { readonly proc: ProcReader; readonly clock: Pick<Clock, "monotonicMs"> },
): Probe {
  const readIo = (pid: string) => parseProcessIo(proc.text(`/proc/${pid}/io`) ?? "");
  return {
    name: "process",
    async detect({ report }) {
      if (proc.text("/proc/self/stat") === undefined) return undefined;
      const scan = createProcessScan({ proc, clock, isWatched: createNameMatcher(options.watched) });
      let table: ProcessTable | undefined;
      let io = NO_IO;
      let watch: ProcessWatch = new Map();
      return {
        async sample(at, sink) {
          const processes = await scan();
          const before = table?.processes;
          table = stepProcesses(table, processes, options, at);
          const reported = reportedNames(table);
          io = stepIo(io, reported, { readIo, isNew: (key) => before !== undefined && !before.has(key) });
          processPoints(reported, io, at).forEach(sink);
          sink(processesPoint(table.processes.values(), at));
          const uptimeMs = Number.parseFloat(proc.text("/proc/uptime") ?? "") * 1000;
          const bootedAtMs = Number.isNaN(uptimeMs) ? at : at - uptimeMs;
          const [after, events] = stepWatch(watch, table, { host: options.host, bootedAtMs });
          watch = after;
          events.forEach(report);
        },
      };
    },
  };
}
