import { WATCHED_PROCESSES } from "./processes/watched-processes.ts";

/** What is watched on a host besides what every host has; each is a default of its source when left out. */
export interface HostWatchOptions {
  /** Processes that are always reported, and whose end and restart are told; `*` stands for any letters. */
  readonly processes?: readonly string[] | undefined;
}

export function watchedProcesses(options: HostWatchOptions | undefined): readonly string[] {
  return options?.processes ?? WATCHED_PROCESSES;
}
