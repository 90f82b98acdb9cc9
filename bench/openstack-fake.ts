// Child process of bench/openstack-sync.ts: the fake clouds, so that what they cost is not counted as ours. Speaks over IPC.
import { epochMsOf } from "../core/clock.ts";
import { Lifetime } from "../core/lifetime.ts";
import { vmUuid } from "../simulator/cloud/identity.ts";
import { type FakeOpenStack, type FakeOpenStackOptions, startFakeOpenStack } from "../test/fakes/openstack/start.ts";

/** What may be wrong with a cloud. */
export type Breakage = "hangs" | "answers 500" | "wrong certificate" | "refuses tokens";

export type ToFake =
  | { readonly kind: "start"; readonly options: FakeOpenStackOptions }
  /** Some machine of the cluster begins to move to another host. */
  | { readonly kind: "migrate"; readonly cluster: number }
  | { readonly kind: "break"; readonly cluster: number; readonly how: Breakage };

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
  | { readonly kind: "migrated"; readonly cluster: number; readonly uuid: string; readonly at: number };

const lifetime = new Lifetime();
let fake: FakeOpenStack | undefined;
const say = (message: FromFake) => process.send?.(message);

process.on("message", (message: ToFake) => {
  void handle(message);
});

async function handle(message: ToFake): Promise<void> {
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
