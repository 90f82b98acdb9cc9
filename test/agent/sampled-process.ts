import type { ProcessStat } from "../../agent/processes/process-stat.ts";
import type { NamedProcess } from "../../agent/processes/process-table.ts";

/** A process as one sample finds it; its key stands for its id, too. */
export function sampledProcess(
  { key, comm, guest }: { readonly key: string; readonly comm: string; readonly guest?: string },
  stat: Partial<ProcessStat>,
  { isWatched = false }: { readonly isWatched?: boolean } = {},
): NamedProcess {
  const idle = { parent: 1, state: "sleeping", cpuSeconds: 0, majorFaults: 0, threads: 1, rssBytes: 0 } as const;
  return {
    pid: key,
    stat: { key, comm, ...idle, startedAfterMs: 0, ...stat },
    name: { comm, guest },
    isWatched,
  };
}
