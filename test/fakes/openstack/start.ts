import { type Clock, systemClock } from "../../../core/clock.ts";
import type { Lifetime } from "../../../core/lifetime.ts";
import { buildCloud } from "../../../simulator/cloud/build.ts";
import type { Cloud } from "../../../simulator/cloud/cloud.ts";
import { type CloudSize, DEFAULT_SIZE } from "../../../simulator/cloud/size.ts";
import type { Act } from "../../../simulator/day/act.ts";
import { perform } from "../../../simulator/day/perform.ts";
import { Chronicle } from "../../../simulator/openstack/chronicle.ts";
import { type Drift, type DriftPlan, NO_DRIFT } from "../../../simulator/openstack/drift.ts";
import type { FabricFill } from "../../../simulator/openstack/fabric.ts";
import type { ReleaseName } from "../../../simulator/openstack/releases.ts";
import type { Behaviour, Fault, ServiceName } from "../../../simulator/openstack/server/behaviour.ts";
import type { Credentials } from "../../../simulator/openstack/server/credentials.ts";
import type { Journal } from "../../../simulator/openstack/server/journal.ts";
import { type ClusterOpenStack, startOpenStack } from "../../../simulator/openstack/server/start.ts";
import { type HostNames, SHORT_NAMES } from "../../../simulator/openstack/view.ts";
import { fakeCertificates } from "./certificates.ts";

export interface FakeOpenStackOptions {
  readonly seed?: number;
  /** Left out: 12 hosts of one cluster with 4 machines each. */
  readonly size?: Partial<CloudSize>;
  /** A cloud that is simulated elsewhere, too; what changes it must tell `chronicle`. */
  readonly cloud?: Cloud;
  readonly chronicle?: Chronicle;
  /** Times of tokens, of heartbeats and of changes. */
  readonly clock?: Clock;
  /** HTTPS, with a certificate of the authority `authority`. */
  readonly tls?: boolean;
  readonly tokenLifeMs?: number;
  readonly drift?: Partial<DriftPlan>;
  readonly names?: Partial<HostNames>;
  readonly fabric?: FabricFill;
  readonly behaviour?: Partial<Behaviour>;
}

/** Switches of one cluster; all but those that say otherwise hold until they are set back. */
export interface ClusterSwitches {
  set(change: Partial<Behaviour>): void;
  faults(...faults: readonly Fault[]): void;
  /** No faults any more. */
  heal(): void;
  slow(ms: number): void;
  hang(): void;
  fail500(...services: readonly ServiceName[]): void;
  /** Every token is worth nothing from now on; signing in gives new ones. */
  expireTokens(): void;
  /** The same, and Keystone gives none any more. */
  refuseTokens(): void;
  /** How long tokens live that are given from now on. */
  tokenLife(ms: number): void;
  wrongCertificate(): void;
  /** The right name, and nobody that a client believes. */
  strangeCertificate(): void;
  rightCertificate(): void;
  release(name: ReleaseName): void;
  missingExtensions(...aliases: readonly string[]): void;
  missingServices(...services: readonly ServiceName[]): void;
  drift(plan: Partial<DriftPlan>): Drift;
  /** The first region of the fabric is given another range; at the clock's time. */
  widenFabric(): void;
}

export interface FakeOpenStack {
  readonly cloud: Cloud;
  readonly chronicle: Chronicle;
  readonly journal: Journal;
  /** PEM; undefined without TLS. */
  readonly authority: string | undefined;
  authUrl(cluster?: number): string;
  credentials(cluster?: number, user?: "reader" | "member"): Credentials;
  cluster(cluster?: number): ClusterOpenStack;
  switches(cluster?: number): ClusterSwitches;
  /** Changes the cloud at the clock's time; false when it cannot happen. */
  perform(act: Act): boolean;
}

/** The simulated cloud's OpenStack on free ports of loopback, one for each cluster. */
export async function startFakeOpenStack(options: FakeOpenStackOptions, lifetime: Lifetime): Promise<FakeOpenStack> {
  const { clock = systemClock, seed = 7, tls = false } = options;
  const size = { ...DEFAULT_SIZE, hosts: 12, vmsPerHost: 4, ...options.size };
  const cloud = options.cloud ?? buildCloud({ seed, size, beganAt: clock.now() });
  const chronicle = options.chronicle ?? new Chronicle(cloud);
  const certificates = tls ? fakeCertificates() : undefined;
  const { clusters, journal } = await startOpenStack(
    {
      ...{ cloud, chronicle, clock, host: "127.0.0.1", port: 0, certificate: certificates?.right },
      ...{ tokenLifeMs: options.tokenLifeMs ?? 3_600_000, behaviour: options.behaviour ?? {}, fabric: options.fabric },
      names: { ...SHORT_NAMES, ...options.names },
      drift: { ...NO_DRIFT, ...options.drift },
      wallOf: (ms) => cloud.beganAt + ms,
    },
    lifetime,
  );
  const clusterAt = (cluster = 0): ClusterOpenStack => {
    const found = clusters[cluster];
    if (found === undefined) throw new RangeError(`no cluster ${cluster}`);
    return found;
  };
  return {
    ...{ cloud, chronicle, journal, authority: certificates?.authority },
    authUrl: (cluster) => clusterAt(cluster).authUrl,
    credentials: (cluster, user) => clusterAt(cluster).credentials(user),
    cluster: clusterAt,
    switches: (cluster) => switchesOf(clusterAt(cluster), clock),
    perform: (act) => {
      const atMs = clock.now() - cloud.beganAt;
      const before = "vm" in act ? cloud.vms.get(act.vm) : undefined;
      if (!perform(cloud, act, atMs)) return false;
      chronicle.note({ act, atMs, before });
      return true;
    },
  };
}

function switchesOf(
  { estate, behaviour, tokens, showCertificate, setDrift }: ClusterOpenStack,
  clock: Clock,
): ClusterSwitches {
  const faults = (...all: readonly Fault[]) => behaviour.set({ faults: all });
  return {
    faults,
    set: (change) => behaviour.set(change),
    heal: () => faults(),
    slow: (ms) => faults({ kind: "slow", ms }),
    hang: () => faults({ kind: "hang" }),
    fail500: (...services) =>
      faults({ kind: "error", status: 500, services: services.length === 0 ? undefined : services }),
    expireTokens: () => tokens.revokeAll(),
    refuseTokens: () => {
      tokens.revokeAll();
      faults({ kind: "unauthorized", services: ["identity"] });
    },
    tokenLife: (ms) => {
      tokens.lifeMs = ms;
    },
    wrongCertificate: () => showCertificate(fakeCertificates().wrong),
    strangeCertificate: () => showCertificate(fakeCertificates().stranger),
    rightCertificate: () => showCertificate(fakeCertificates().right),
    release: (release) => behaviour.set({ release }),
    missingExtensions: (...missingExtensions) => behaviour.set({ missingExtensions }),
    missingServices: (...missingServices) => behaviour.set({ missingServices }),
    drift: (plan) => setDrift({ ...NO_DRIFT, ...plan }),
    widenFabric: () => {
      estate.fabricWidenedAt.push(clock.now());
    },
  };
}
