// Child process of bench/openstack-sync.ts and bench/openstack-notifications.ts: the fake clouds, so that what they cost is not counted as ours. Speaks over IPC.
import { setTimeout as wait } from "node:timers/promises";
import { epochMsOf } from "../core/clock.ts";
import { Lifetime } from "../core/lifetime.ts";
import { vmUuid } from "../simulator/cloud/identity.ts";
import { type FakeOpenStack, type FakeOpenStackOptions, startFakeOpenStack } from "../test/fakes/openstack/start.ts";
import { publishChanges } from "../test/integration/fixtures/told-changes.ts";

/** What may be wrong with a cloud. */
export type Breakage = "hangs" | "answers 500" | "wrong certificate" | "refuses tokens";

export type ToFake =
  | { readonly kind: "start"; readonly options: FakeOpenStackOptions }
  /** Some machine of the cluster begins to move to another host. */
  | { readonly kind: "migrate"; readonly cluster: number }
  | { readonly kind: "break"; readonly cluster: number; readonly how: Breakage }
  /** From now on changes are told to the broker there. */
  | { readonly kind: "publish"; readonly url: string }
  /** So many machines of the cluster move to other hosts, within a second. */
  | { readonly kind: "storm"; readonly cluster: number; readonly machines: number }
  | { readonly kind: "count"; readonly cluster: number };

/** How one of the clouds is asked. */
export interface FakeAccess {
  readonly authUrl: string;
  readonly password: string;
  readonly username: string;
  readonly project: string;
}

export type FromFake =
  | {
      readonly kind: "started";
      readonly hosts: number;
      readonly computes: number;
      readonly vms: number;
      /** PEM of the authority of their certificates. */
      readonly authority: string;
      readonly clouds: readonly FakeAccess[];
    }
  | { readonly kind: "migrated"; readonly cluster: number; readonly uuid: string; readonly at: number }
  | { readonly kind: "publishing" }
  | {
      readonly kind: "stormed";
      readonly moved: readonly { readonly uuid: string; readonly host: string }[];
      readonly beganAt: number;
      readonly endedAt: number;
    }
  /** To one cluster since the start. */
  | { readonly kind: "requests"; readonly count: number };

const lifetime = new Lifetime();
let fake: FakeOpenStack | undefined;
const say = (message: FromFake) => process.send?.(message);

process.on("message", (message: ToFake) => {
  void handle(message);
});

async function handle(message: ToFake): Promise<void> {
  if (message.kind === "publish") {
    if (fake === undefined) return;
    const publishing = await publishChanges(fake, fake.cloud.clusters.length, message.url);
    lifetime.defer("publishing changes", publishing.stop);
    say({ kind: "publishing" });
    return;
  }
  if (message.kind === "count") {
    const own = fake?.journal.entries.filter(({ cluster }) => cluster === message.cluster);
    say({ kind: "requests", count: own?.length ?? 0 });
    return;
  }
  if (message.kind === "storm") return storm(message.cluster, message.machines);
  if (message.kind === "start") {
    fake = await startFakeOpenStack(message.options, lifetime);
    say(startedOf(fake));
  } else if (message.kind === "break") breakCloud(message.cluster, message.how);
  else migrateOne(message.cluster);
}

function startedOf({ cloud, authority = "", credentials, authUrl }: FakeOpenStack): FromFake {
  const clouds = cloud.clusters.map(({ index }) => {
    const { password, username, project } = credentials(index);
    return { authUrl: authUrl(index), password, username, project };
  });
  const computes = cloud.hosts.filter(({ role }) => role === "compute").length;
  return { kind: "started", hosts: cloud.hosts.length, computes, vms: cloud.vms.size, authority, clouds };
}

function breakCloud(cluster: number, how: Breakage): void {
  const switches = fake?.switches(cluster);
  if (how === "hangs") switches?.hang();
  else if (how === "answers 500") switches?.fail500();
  else if (how === "wrong certificate") switches?.strangeCertificate();
  else switches?.refuseTokens();
}

function migrateOne(cluster: number): void {
  if (fake === undefined) return;
  const { cloud, perform } = fake;
  for (const vm of cloud.vms.values()) {
    const host = cloud.hosts[vm.host];
    if (host?.cluster !== cluster || vm.state !== "running" || vm.target !== undefined) continue;
    const to = cloud.hosts.find((it) => it.cluster === cluster && it.role === "compute" && it.index !== vm.host);
    if (to === undefined || !perform({ kind: "migrate", vm: vm.index, to: to.index })) continue;
    say({ kind: "migrated", cluster, uuid: vmUuid(cloud, vm.index), at: epochMsOf(Date.now()) });
    return;
  }
}

/** Each machine begins to move, and arrives half a second later: four notifications. */
async function storm(cluster: number, machines: number): Promise<void> {
  if (fake === undefined) return;
  const { cloud, perform } = fake;
  const hosts = cloud.hosts.filter((host) => host.cluster === cluster && host.role === "compute");
  const beganAt = Date.now();
  const moving: { readonly vm: number; readonly host: string }[] = [];
  for (const vm of cloud.vms.values()) {
    if (moving.length >= machines) break;
    if (cloud.hosts[vm.host]?.cluster !== cluster || vm.state !== "running" || vm.target !== undefined) continue;
    const to = hosts.find(({ index }) => index !== vm.host);
    if (to !== undefined && perform({ kind: "migrate", vm: vm.index, to: to.index }))
      moving.push({ vm: vm.index, host: to.name });
  }
  await wait(Math.max(0, beganAt + 500 - Date.now()));
  for (const { vm } of moving) perform({ kind: "migrated", vm });
  await wait(Math.max(0, beganAt + 1_000 - Date.now()));
  const moved = moving.map(({ vm, host }) => ({ uuid: vmUuid(cloud, vm), host }));
  say({ kind: "stormed", moved, beganAt, endedAt: Date.now() });
}
