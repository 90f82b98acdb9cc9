import { type Channel, type ChannelModel, connect } from "amqplib";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { ChangeHint } from "../../collector/openstack/notifications/hint.ts";
import { listenToNotifications, type Notifications } from "../../collector/openstack/notifications/listen.ts";
import { tryBrokers } from "../../collector/openstack/notifications/try-brokers.ts";
import { isRecord } from "../../core/json.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { type Log, silentLog } from "../../core/log.ts";
import { instance, osloMessage, PORT, SERVER } from "../collector/openstack/notifications/oslo-message.ts";
import { fakeCertificates } from "../fakes/openstack/certificates.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type BrokerSourceOptions, brokerSource, plainBroker } from "./fixtures/broker-source.ts";
import { keptLog } from "./fixtures/kept-log.ts";
import { type RabbitMq, startRabbitMq } from "./fixtures/rabbitmq.ts";

const OSLO_QUEUE = "notifications.info";

let rabbit: RabbitMq;
let cloud: ChannelModel;
let services: Channel;
let queue: string;
let made = 0;
let lifetime: Lifetime;
let heard: string[];

const certificates = fakeCertificates();
beforeAll(async () => {
  rabbit = await startRabbitMq({ certificate: certificates.right });
});
afterAll(() => rabbit?.stop());

/** The services' side, as oslo.messaging does it: an exchange of each, and a queue that it declares for whoever comes. */
async function startServices(): Promise<void> {
  cloud = await connect(rabbit.amqpUrl);
  cloud.on("error", () => undefined);
  services = await cloud.createChannel();
  services.on("error", () => undefined);
  await services.assertExchange("nova", "topic", { durable: true });
  await services.assertQueue(OSLO_QUEUE, { durable: true });
  await services.bindQueue(OSLO_QUEUE, "nova", OSLO_QUEUE);
}

beforeEach(async () => {
  queue = `nephoscope-${made++}`;
  lifetime = new Lifetime();
  heard = [];
  await startServices();
});
afterEach(async () => {
  await lifetime.end();
  await services.deleteQueue(queue);
  await services.deleteQueue(OSLO_QUEUE);
  await cloud.close();
});

interface Options extends BrokerSourceOptions {
  readonly log?: Log;
  changed?(hint: ChangeHint): Promise<void>;
}

const plain = () => plainBroker(rabbit);
const sourceOf = (options: Options) => brokerSource(rabbit, queue, options);

async function listen(options: Options = {}) {
  const { changed, log = silentLog } = options;
  const receiver = {
    changed: async (hint: ChangeHint) => {
      heard.push(`${hint.deleted ? "-" : ""}${hint.kind} ${hint.id}`);
      await changed?.(hint);
    },
    listening: () => void heard.push("listening"),
  };
  return listenToNotifications(sourceOf(options), { receiver, log }, lifetime);
}
const isListening = (notifications: Notifications) =>
  eventually(() => notifications.status().isListening, {
    what: () => `notifications to be heard: ${JSON.stringify(notifications.status())}`,
  });
const becomesHeard = (expected: readonly string[]) =>
  eventually(() => heard.length >= expected.length, {
    withinMs: 30_000,
    what: () => `${expected}; heard: ${heard}`,
  }).then(() => expect(heard).toEqual(expected));

const notify = (eventType: string, payload: unknown, key = OSLO_QUEUE, exchange = "nova") =>
  services.publish(exchange, key, osloMessage(eventType, payload), { deliveryMode: 2 });

async function figuresOf(name: string): Promise<{ ready: number; unacked: number } | undefined> {
  const reply = await rabbit.call("GET", `queues/%2f/${encodeURIComponent(name)}`).catch(() => undefined);
  if (!isRecord(reply) || typeof reply.messages_ready !== "number") return undefined;
  return { ready: reply.messages_ready, unacked: Number(reply.messages_unacknowledged) };
}
const waiting = async (name: string) => (await services.checkQueue(name)).messageCount;

test("changes are told in the order they were notified, versioned or not, and nobody else's queue loses any", async () => {
  const notifications = await listen();
  await isListening(notifications);
  notify("instance.create.start", instance(SERVER), "versioned_notifications.info");
  notify("instance.delete.start", instance(SERVER), "versioned_notifications.info");
  notify("instance.create.end", instance(SERVER), "versioned_notifications.info");
  notify("port.update.end", { port: { id: PORT } });
  notify("compute.instance.delete.end", { instance_id: SERVER });
  await becomesHeard([...["listening", `server ${SERVER}`, `server ${SERVER}`, `port ${PORT}`, `-server ${SERVER}`]]);
  expect(notifications.counts()).toEqual({ received: 5, hints: 4, ignored: 1, refused: 0, connections: 1 });
  expect(await waiting(OSLO_QUEUE)).toBe(2);
});

test("what cannot be read is refused and counted once, and what follows it is told", async () => {
  const notifications = await listen();
  await isListening(notifications);
  for (const poison of ["", "{", '{"oslo.version":"2.0","oslo.message":"[]"}'])
    services.publish("nova", OSLO_QUEUE, Buffer.from(poison));
  notify("port.update.end", { port: { id: PORT } });
  await becomesHeard(["listening", `port ${PORT}`]);
  expect(notifications.counts()).toMatchObject({ received: 4, refused: 3, hints: 1 });
  expect(await waiting(queue)).toBe(0);
});

test("a broker that is killed and comes back is listened to again, and what was notified before we were back is told", async () => {
  const notifications = await listen({ limits: { retryMs: [3_000, 3_000] } });
  await isListening(notifications);
  await rabbit.restart();
  await startServices();
  notify("port.update.end", { port: { id: PORT } });
  await becomesHeard(["listening", "listening", `port ${PORT}`]);
  expect(notifications.counts().connections).toBe(2);
});

test("while we are away the broker keeps no more than the bound, and after a while nothing at all", async () => {
  const notifications = await listen({ limits: { queueLength: 10, awayMs: 3_000 } });
  await isListening(notifications);
  await lifetime.end();
  for (let i = 0; i < 50; i++) notify("port.update.end", { port: { id: PORT } });
  expect(await eventually(async () => (await waiting(queue)) > 0 && waiting(queue))).toBeLessThanOrEqual(10);
  const isGone = async () => !(await queueNames()).includes(queue);
  await eventually(isGone, { what: "the queue to be deleted" });
});

async function queueNames(): Promise<readonly unknown[]> {
  const list = await rabbit.call("GET", "queues?columns=name");
  return Array.isArray(list) ? list.map((it) => (isRecord(it) ? it.name : undefined)) : [];
}

test("a message is acknowledged when it was handled, and no more are under way than allowed", async () => {
  const gate = Promise.withResolvers<void>();
  await isListening(await listen({ limits: { prefetch: 2 }, changed: () => gate.promise }));
  for (let i = 0; i < 5; i++) notify("port.update.end", { port: { id: PORT } });
  await eventually(
    async () => {
      const figures = await figuresOf(queue);
      return figures?.unacked === 2 && figures.ready === 3;
    },
    { what: "two messages under way and three waiting" },
  );
  expect(heard).toEqual(["listening", `port ${PORT}`, `port ${PORT}`]);
  gate.resolve();
  await becomesHeard(["listening", ...Array.from({ length: 5 }, () => `port ${PORT}`)]);
});

test("an exchange that is there only later is found, and never made by us", async () => {
  const exchange = `neutron-${queue}`;
  const notifications = await listen({ exchanges: ["nova", exchange] });
  await isListening(notifications);
  expect(notifications.status().exchanges).toEqual(["nova"]);
  await services.assertExchange(exchange, "topic", { durable: false });
  await eventually(() => notifications.status().exchanges.length === 2, { what: "the exchange to be found" });
  notify("port.update.end", { port: { id: PORT } }, OSLO_QUEUE, exchange);
  await becomesHeard(["listening", "listening", `port ${PORT}`]);
});

test("a queue that somebody deletes is made again", async () => {
  const notifications = await listen();
  await isListening(notifications);
  await services.deleteQueue(queue);
  await eventually(() => notifications.counts().connections === 2, { what: "a second connection" });
  notify("port.update.end", { port: { id: PORT } });
  await becomesHeard(["listening", "listening", `port ${PORT}`]);
});

test("a wrong password is said, with what to do, and nothing is heard", async () => {
  const notifications = await listen({ password: "wrong" });
  const problem = await eventually(() => notifications.status().problem, { what: "a problem" });
  expect(problem.reason).toContain("ACCESS");
  expect(problem.hint).toContain("check the password of guest");
  expect(notifications.status().isListening).toBe(false);
});

const NOBODY = "127.0.0.1:1";

test("with TLS, at a broker whose certificate the authority of ca_file has signed", async () => {
  const tls = { ca: certificates.authority, isUnverified: false };
  const notifications = await listen({ brokers: [rabbit.amqps], tls });
  await isListening(notifications);
  notify("port.update.end", { port: { id: PORT } });
  await becomesHeard(["listening", `port ${PORT}`]);
});

test("one broker is away: the next one is listened at, and the absence of the first is told once", async () => {
  const { log, lines } = keptLog();
  const notifications = await listen({ brokers: [NOBODY, "127.0.0.1:2", plain()], log });
  await isListening(notifications);
  notify("port.update.end", { port: { id: PORT } });
  await becomesHeard(["listening", `port ${PORT}`]);
  expect(notifications.status().problem).toBeUndefined();
  expect(lines.filter((line) => line.includes("not heard"))).toHaveLength(2);
});

test("brokers that stay away are told of once each, however often they are tried", async () => {
  const { log, lines } = keptLog();
  await listen({ brokers: [NOBODY, "127.0.0.1:2"], limits: { retryMs: [5, 5] }, log });
  const tries = () => lines.filter((line) => line.includes("not heard"));
  await eventually(() => tries().length >= 2);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(tries()).toHaveLength(2);
});

test("a try takes no message from a collector that listens there", async () => {
  const gate = Promise.withResolvers<void>();
  await isListening(await listen({ limits: { prefetch: 1 }, changed: () => gate.promise }));
  for (let i = 0; i < 5; i++) notify("port.update.end", { port: { id: PORT } });
  await eventually(async () => (await figuresOf(queue))?.ready === 4);
  await tryBrokers(sourceOf({}));
  gate.resolve();
  await becomesHeard(["listening", ...Array.from({ length: 5 }, () => `port ${PORT}`)]);
});
