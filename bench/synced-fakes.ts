import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { CLOUD_LIMITS, type CloudSource } from "../collector/openstack/cloud-source.ts";
import type { ServiceHealth } from "../collector/openstack/health.ts";
import { type OpenStack, startOpenStack } from "../collector/openstack/start.ts";
import { systemClock } from "../core/clock.ts";
import type { Lifetime } from "../core/lifetime.ts";
import { silentLog } from "../core/log.ts";
import type { CloudSize } from "../simulator/cloud/size.ts";
import { openEmbeddedState } from "../store/embedded/state.ts";
import { openEmbeddedTopology } from "../store/embedded/topology.ts";
import { findingMemoryIn } from "../store/finding-memory.ts";
import { temporaryFolder } from "../test/integration/fixtures/nephoscope.ts";
import { NewestRevisionLog } from "../test/integration/fixtures/newest-revision-log.ts";
import { watchInvariants } from "../topology/invariants/watch-invariants.ts";
import { openRecorder, type Recorder } from "../topology/recorder.ts";
import type { FromFake, ToFake } from "./openstack-fake.ts";

export interface SyncedFakesOptions {
  readonly seed: number;
  readonly size: Pick<CloudSize, "clusters" | "hosts" | "vmsPerHost">;
  /** `duckdb`: as the collector opens it, with the state file for findings; `none`: revisions are counted and forgotten. */
  readonly store: "duckdb" | "none";
  readonly fullEveryMs: number;
}

type Started = Extract<FromFake, { kind: "started" }>;

/** Fake clouds in a process of their own, asked by the collector's code in this one. */
export interface SyncedFakes {
  readonly fake: ChildProcess;
  readonly size: Started;
  readonly openstack: OpenStack;
  readonly recorders: ReadonlyMap<string, Recorder>;
  tell(message: ToFake): void;
  healths(): readonly ServiceHealth[];
  elements(): number;
  /** Bodies of figures written so far. */
  bodies(): number;
  /** What is under the recorders, for people. */
  storeText(): string;
}

export function clusterName(cluster: number): string {
  return `os-${cluster}`;
}

/** Recorders and findings as the collector has them; asking begins at once. */
export async function syncFakes(options: SyncedFakesOptions, lifetime: Lifetime): Promise<SyncedFakes> {
  const fake = fork(join(import.meta.dirname, "openstack-fake.ts"), { stdio: "inherit" });
  lifetime.defer("fake clouds", () => {
    fake.kill("SIGKILL");
  });
  const tell = (message: ToFake): void => {
    fake.send(message);
  };
  tell({ kind: "start", options: { seed: options.seed, size: options.size, tls: true } });
  const [size] = (await once(fake, "message")) as [FromFake];
  if (size.kind !== "started") throw new Error("the clouds did not start");
  const { recorders, storeText } = await openRecorders(options, lifetime);
  let bodies = 0;
  const write = async () => {
    bodies++;
    return { kind: "durable" } as const;
  };
  const deps = { recorders, clock: systemClock, log: silentLog, bodies: { write } };
  const openstack = startOpenStack(sourcesOf(size, options.fullEveryMs), deps, lifetime);
  return {
    ...{ fake, size, openstack, recorders, tell, storeText },
    healths: () =>
      openstack.clouds.flatMap(({ regions }) =>
        regions.flatMap(({ services }) => services.map((it) => it.loop.health)),
      ),
    elements: () => [...recorders.values()].reduce((sum, { graph }) => sum + graph.size, 0),
    bodies: () => bodies,
  };
}

async function openRecorders({ store, size }: SyncedFakesOptions, lifetime: Lifetime) {
  const names = Array.from({ length: size.clusters }, (_, cluster) => clusterName(cluster));
  const recorders = new Map<string, Recorder>();
  const shared = { clock: systemClock, log: silentLog };
  if (store === "none") {
    for (const cluster of names) {
      const recorder = await openRecorder({ ...shared, cluster, store: new NewestRevisionLog() }, lifetime);
      recorders.set(cluster, recorder);
      watchInvariants({ ...shared, recorder }, lifetime);
    }
    return { recorders, storeText: () => "none" };
  }
  const folder = temporaryFolder();
  lifetime.defer("folder of the stores", () => folder.remove());
  const path = join(folder.path, "topology.duckdb");
  const state = openEmbeddedState(join(folder.path, "state.sqlite"));
  lifetime.defer("state", () => state.close());
  const topology = await openEmbeddedTopology(path, { threads: 2, memoryMegabytes: 256 }, { log: silentLog }, lifetime);
  for (const cluster of names) {
    const recorder = await openRecorder({ ...shared, cluster, store: topology }, lifetime);
    recorders.set(cluster, recorder);
    watchInvariants({ ...shared, recorder, memory: findingMemoryIn(state) }, lifetime);
  }
  const revisions = () => [...recorders.values()].reduce((sum, recorder) => sum + recorder.revision(), 0);
  const megabytes = () => [path, `${path}.wal`].reduce((sum, file) => sum + sizeOf(file), 0) / 1e6;
  return { recorders, storeText: () => `DuckDB, ${revisions()} revisions, ${megabytes().toFixed(0)} MB` };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function sourcesOf({ clouds, authority }: Started, fullEveryMs: number): readonly CloudSource[] {
  return clouds.map(({ authUrl, username, password, project }, cluster) => ({
    ...{ cluster: clusterName(cluster), authUrl, regions: [], interface: "public", ca: authority },
    credentials: {
      ...{ kind: "password", user: username, userDomain: "Default", project, projectDomain: "Default" },
      password: { kind: "text", text: password },
    },
    ...{ fullEveryMs, pollEveryMs: 20_000, limits: { ...CLOUD_LIMITS } },
  }));
}
