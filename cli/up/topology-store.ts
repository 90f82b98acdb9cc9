import type { Lifetime } from "../../core/lifetime.ts";
import { openEmbeddedTopology } from "../../store/embedded/topology.ts";
import { openPostgresTopology } from "../../store/postgres/topology.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import { isProblems, postgresOf } from "../config/postgres.ts";
import { configError } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { openOrSetAside, type SetAside } from "./set-aside.ts";

const STORE_THREADS = 2;

/** The topology store that is configured; `path` is the embedded one's. Errors: those of the stores. */
export async function openTopologyStore(
  config: Config,
  path: string,
  damaged: SetAside,
  lifetime: Lifetime,
): Promise<TopologyStore> {
  const { log } = damaged;
  const postgres = postgresOf(config);
  if (isProblems(postgres)) throw configError(postgres);
  // Only what we own is set aside: a damaged PostgreSQL is for whoever administers it.
  if (postgres !== undefined) return openPostgresTopology(postgres, { log }, lifetime);
  const limits = { threads: STORE_THREADS, memoryMegabytes: config.topology.memory_megabytes };
  return openOrSetAside(path, () => openEmbeddedTopology(path, limits, { log }, lifetime), damaged);
}
