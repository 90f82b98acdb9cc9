import type { Lifetime } from "../../core/lifetime.ts";
import { openEmbeddedTopology } from "../../store/embedded/topology.ts";
import type { HistoryStore } from "../../store/history/history-store.ts";
import { placeOf } from "../../store/postgres/postgres-settings.ts";
import { openPostgresTopology } from "../../store/postgres/topology.ts";
import { isProblems, postgresOf } from "../config/postgres.ts";
import { configError } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { openWhenReachable } from "./open-when-reachable.ts";
import { openOrSetAside, type SetAside } from "./set-aside.ts";

export interface TopologyStoreDeps {
  /** Of the embedded store. */
  readonly path: string;
  readonly damaged: SetAside;
  /** Told what the start waits for. */
  readonly waitFor: (what: string) => void;
}

const STORE_THREADS = 2;

/**
 * The topology store that is configured. A PostgreSQL that cannot be reached is waited for until the lifetime ends, so that
 * the two may be started in any order. Other errors: those of the stores.
 */
export async function openTopologyStore(
  config: Config,
  { path, damaged, waitFor }: TopologyStoreDeps,
  lifetime: Lifetime,
): Promise<HistoryStore> {
  const { log } = damaged;
  const postgres = postgresOf(config);
  if (isProblems(postgres)) throw configError(postgres);
  if (postgres !== undefined) {
    waitFor("opening the topology store in PostgreSQL");
    // Only what we own is set aside: a damaged PostgreSQL is for whoever administers it.
    return openWhenReachable(() => openPostgresTopology(postgres, { log }, lifetime), {
      what: placeOf(postgres),
      log,
      signal: lifetime.signal,
      // Whoever asks before we are ready is not known to us: where the database is stays in the log.
      onFailure: (attempts) => waitFor(`PostgreSQL cannot be reached, tried ${attempts} times; the log tells why`),
    });
  }
  waitFor("opening the topology store");
  const limits = { threads: STORE_THREADS, memoryMegabytes: config.topology.memory_megabytes };
  return openOrSetAside(path, () => openEmbeddedTopology(path, limits, { log }, lifetime), damaged);
}
