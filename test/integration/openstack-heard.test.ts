import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../core/clock.ts";
import type { Node } from "../../core/element.ts";
import { elementIdOf } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { hostAt, vmUuid } from "../../simulator/cloud/identity.ts";
import { type FakeOpenStack, startFakeOpenStack } from "../fakes/openstack/start.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type RabbitMq, startRabbitMq } from "./fixtures/rabbitmq.ts";
import { clusterName, type SyncedClouds, syncClouds } from "./fixtures/synced-clouds.ts";
import { publishChanges } from "./fixtures/told-changes.ts";

// Clouds whose changes are told by a real RabbitMQ. Rounds are an hour apart: what is seen meanwhile was seen by a hint.

const HOUR_MS = 3_600_000;
let rabbit: RabbitMq;
beforeAll(async () => {
  rabbit = await startRabbitMq();
});
afterAll(() => rabbit?.stop());

let lifetime: Lifetime;
let publishing: Awaited<ReturnType<typeof publishChanges>>;
beforeEach(() => {
  lifetime = new Lifetime();
});
afterEach(async () => {
  await publishing?.stop();
  await lifetime.end();
});

async function start(options: { clusters?: number; pollEveryMs?: number } = {}) {
  const { clusters = 1, pollEveryMs = HOUR_MS } = options;
  const fake = await startFakeOpenStack({ size: { clusters, hosts: clusters * 12, vmsPerHost: 4 } }, lifetime);
  publishing = await publishChanges(fake, clusters, rabbit.amqpUrl);
  const asked = { fake, clusters, pollEveryMs, fullEveryMs: HOUR_MS, broker: rabbit.amqpUrl };
  const synced = await syncClouds({ ...asked, limits: { perSecond: 1_000 } }, lifetime, silentLog);
  for (let cluster = 0; cluster < clusters; cluster++) {
    await eventually(() => isRead(synced, cluster) && isListening(synced, cluster), {
      what: () => JSON.stringify(synced.openstack.status()),
    });
  }
  return { fake, synced };
}

const isRead = ({ health }: SyncedClouds, cluster: number) =>
  (["compute", "network", "volume", "load-balancer"] as const).every(
    (service) => health(cluster, service)?.fullAt !== undefined,
  );
const isListening = ({ openstack }: SyncedClouds, cluster: number) =>
  openstack.notifications.get(clusterName(cluster))?.status().isListening === true;

/** A machine that runs, its id, and what is known of it. */
function machineOf(fake: FakeOpenStack, synced: SyncedClouds, cluster: number) {
  const vm = [...fake.cloud.vms.values()].find(
    ({ state, host }) => state === "running" && hostAt(fake.cloud, host).cluster === cluster,
  );
  if (vm === undefined) throw new Error("the cloud has no machine");
  const graph = synced.recorders.get(clusterName(cluster))?.graph;
  const id = elementIdOf("vm", vmUuid(fake.cloud, vm.index));
  const other = fake.cloud.hosts.find(
    (host) => host.cluster === cluster && host.role === "compute" && host.index !== vm.host,
  );
  return {
    index: vm.index,
    to: other?.index ?? 0,
    toName: other?.name,
    known: () => graph?.get(id) as Node | undefined,
    ports: () =>
      [...(graph?.linksAt(id) ?? [])].filter(({ from }) => from.startsWith("neutron/port/")).map(({ from }) => from),
    uuid: vmUuid(fake.cloud, vm.index),
  };
}

/** Waits until what was done is seen, prints how long that took, and gives what Nova and Neutron were asked meanwhile. */
async function askedUntil(
  fake: FakeOpenStack,
  act: Parameters<FakeOpenStack["perform"]>[0],
  { isSeen, what }: { readonly isSeen: () => boolean; readonly what: string },
): Promise<readonly string[]> {
  const [from, beganMs] = [fake.journal.entries.length, systemClock.monotonicMs()];
  expect(fake.perform(act)).toBe(true);
  await eventually(isSeen, { what: `${what} to be seen` });
  process.stdout.write(`${what} was seen ${(systemClock.monotonicMs() - beganMs).toFixed(0)} ms after it\n`);
  return fake.journal.entries
    .slice(from)
    .filter(({ service }) => service === "compute" || service === "network")
    .map(({ service, path, query }) => `${service} ${path}?${query}`);
}

test("a machine that moves, arrives and goes is seen, and its port, without any round", async () => {
  const { fake, synced } = await start();
  const rounds = () => [synced.health(0, "compute")?.rounds, synced.health(0, "network")?.rounds];
  const before = rounds();
  const machine = machineOf(fake, synced, 0);
  const ports = machine.ports();
  expect(ports).toHaveLength(1);
  const names = [machine.uuid, ...ports.map((port) => port.replace("neutron/port/", ""))];
  const isOfAll = (question: string) => !names.some((name) => question.includes(name));
  const moving = await askedUntil(
    fake,
    { kind: "migrate", vm: machine.index, to: machine.to },
    { isSeen: () => machine.known()?.attributes.status === "MIGRATING", what: "the migration" },
  );
  const moved = await askedUntil(
    fake,
    { kind: "migrated", vm: machine.index },
    { isSeen: () => machine.known()?.host === machine.toName, what: "the new host" },
  );
  for (const asked of [moving, moved]) {
    expect(asked).toContain(`compute /v2.1/servers/${machine.uuid}?`);
    expect(asked.filter(isOfAll)).toEqual([]);
  }
  const gone = await askedUntil(
    fake,
    { kind: "delete", vm: machine.index },
    { isSeen: () => machine.known() === undefined && machine.ports().length === 0, what: "the end" },
  );
  // Of a machine that is not found by its id it is asked once more what changed: so an end is told from a failure.
  expect(gone.find((question) => question.startsWith("compute"))).toBe(`compute /v2.1/servers/${machine.uuid}?`);
  const changes = expect.stringMatching(/^compute \/v2\.1\/servers\/detail\?changes-since=/);
  expect(gone.filter(isOfAll)).toEqual([changes]);
  expect(rounds()).toEqual(before);
  expect(fake.journal.violations).toEqual([]);
  expect(synced.openstack.status()).toContainEqual(
    expect.objectContaining({
      ...{ name: "OpenStack os-1 notifications", state: "ok" },
      detail: expect.stringMatching(/^listening at nova\.1, neutron\.1: \d+ notifications, \d+ hints$/),
    }),
  );
});

test("a broker that is killed: changes are seen by asking as before; when it is back, what was missed is seen at once", async () => {
  const [ASKED_OFTEN, ASKED_SELDOM] = [0, 1];
  const { fake, synced } = await start({ clusters: 2 });
  const often = await syncClouds({ fake, clusters: 1, pollEveryMs: 500 }, lifetime, silentLog);
  await eventually(() => isRead(often, ASKED_OFTEN));
  const [seldom, polled] = [machineOf(fake, synced, ASKED_SELDOM), machineOf(fake, often, ASKED_OFTEN)];
  const restarted = rabbit.restart();
  const status = () => synced.openstack.status().find(({ name }) => name === "OpenStack os-2 notifications");
  await eventually(() => status()?.state === "degraded", { what: () => JSON.stringify(status()) });
  expect(status()).toMatchObject({ detail: expect.stringContaining("seen by asking alone"), hint: expect.any(String) });
  for (const machine of [seldom, polled]) {
    expect(fake.perform({ kind: "migrate", vm: machine.index, to: machine.to })).toBe(true);
  }
  await eventually(() => polled.known()?.attributes.status === "MIGRATING", {
    what: "the change to be seen by asking",
  });
  expect(seldom.known()?.attributes.status).toBe("ACTIVE");
  await restarted;
  await eventually(() => isListening(synced, ASKED_SELDOM), {
    withinMs: 60_000,
    what: "the broker to be listened at again",
  });
  // Nobody tells of that change again: listening anew is the reason to look.
  await eventually(() => seldom.known()?.attributes.status === "MIGRATING", {
    withinMs: 60_000,
    what: "what was missed to be seen",
  });
  publishing = await publishChanges(fake, 2, rabbit.amqpUrl);
  expect(fake.perform({ kind: "migrated", vm: seldom.index })).toBe(true);
  await eventually(() => seldom.known()?.host === seldom.toName, { what: "the next change to be heard of" });
  await eventually(() => status()?.state === "ok");
}, 180_000);
