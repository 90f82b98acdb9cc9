// Child process of bench/openstack-sync.ts: the fake clouds, so that what they cost is not counted as ours. Speaks over IPC.
import { epochMsOf } from "../core/clock.ts";
import { Lifetime } from "../core/lifetime.ts";
import { vmUuid } from "../simulator/cloud/identity.ts";
import { type FakeOpenStackOptions, startFakeOpenStack } from "../test/fakes/openstack/start.ts";

export type ToFake =
  | { readonly kind: "start"; readonly options: FakeOpenStackOptions }
  /** Some machine of the cluster begins to move to another host. */
  | { readonly kind: "migrate"; readonly cluster: number }
  | { readonly kind: "hang"; readonly cluster: number };

export type FromFake =
  | {
      readonly kind: "started";
      readonly hosts: number;
      readonly vms: number;
      readonly clouds: readonly {
        readonly authUrl: string;
        readonly password: string;
        readonly username: string;
        readonly project: string;
      }[];
    }
  | { readonly kind: "migrated"; readonly cluster: number; readonly uuid: string; readonly at: number }
  | { readonly kind: "requests"; readonly count: number };

const lifetime = new Lifetime();
let fake: Awaited<ReturnType<typeof startFakeOpenStack>> | undefined;
const say = (message: FromFake) => process.send?.(message);

process.on("message", (message: ToFake) => {
  void handle(message);
});

async function handle(message: ToFake): Promise<void> {
  if (message.kind === "start") {
    fake = await startFakeOpenStack(message.options, lifetime);
    const { cloud } = fake;
    const clouds = cloud.clusters.map(({ index }) => {
      const { password, username, project } = fake?.credentials(index) ?? { password: "", username: "", project: "" };
      return { authUrl: fake?.authUrl(index) ?? "", password, username, project };
    });
    say({ kind: "started", hosts: cloud.hosts.length, vms: cloud.vms.size, clouds });
    return;
  }
  if (fake === undefined) return;
  if (message.kind === "hang") {
    fake.switches(message.cluster).hang();
    return;
  }
  const { cloud } = fake;
  const { cluster } = message;
  for (const vm of cloud.vms.values()) {
    const host = cloud.hosts[vm.host];
    if (host?.cluster !== cluster || vm.state !== "running" || vm.target !== undefined) continue;
    const to = cloud.hosts.find((it) => it.cluster === cluster && it.role === "compute" && it.index !== vm.host);
    if (to === undefined || !fake.perform({ kind: "migrate", vm: vm.index, to: to.index })) continue;
    say({ kind: "migrated", cluster, uuid: vmUuid(cloud, vm.index), at: epochMsOf(Date.now()) });
    return;
  }
}
