import { type Channel, type ChannelModel, connect } from "amqplib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChangeHint } from "../../collector/openstack/notifications/hint.ts";
import { listenToNotifications } from "../../collector/openstack/notifications/listen.ts";
import { tryBrokers } from "../../collector/openstack/notifications/try-brokers.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { osloMessage, PORT } from "../collector/openstack/notifications/oslo-message.ts";
import { fakeCertificates } from "../fakes/openstack/certificates.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type BrokerSourceOptions, brokerSource, plainBroker } from "./fixtures/broker-source.ts";
import { type RabbitMq, startRabbitMq } from "./fixtures/rabbitmq.ts";

// What a real RabbitMQ says to somebody who is about to listen at it.

const certificates = fakeCertificates();
let rabbit: RabbitMq;
let cloud: ChannelModel;
let services: Channel;
beforeAll(async () => {
  rabbit = await startRabbitMq({ certificate: certificates.right });
  cloud = await connect(rabbit.amqpUrl);
  services = await cloud.createChannel();
  await services.assertExchange("nova", "topic", { durable: true });
});
afterAll(async () => {
  await cloud?.close();
  await rabbit?.stop();
});

type Options = BrokerSourceOptions;
const sourceOf = (options: Options) => brokerSource(rabbit, "nephoscope-test", options);

const unverified = { isUnverified: false };
test.each([
  ["is well", () => ({}), undefined, ""],
  ["has other exchanges only", () => ({ exchanges: ["nobody"] }), /none of the exchanges nobody/, "do they notify"],
  ["refuses the password", () => ({ password: "wrong" }), /ACCESS/, "check the password of guest"],
  ["has no such vhost", () => ({ vhost: "none" }), /vhost|530|NOT_ALLOWED|not found/i, "is there a vhost none"],
  ["is away", () => ({ brokers: ["127.0.0.1:1"] }), /ECONNREFUSED/, "does RabbitMQ run there"],
  [
    "has the certificate of an authority nobody knows",
    () => ({ brokers: [rabbit.amqps], tls: unverified }),
    /certificate/,
    "set ca_file",
  ],
  [
    "has a certificate of another name",
    () => ({
      brokers: [rabbit.amqps],
      tls: { ca: certificates.authority, serverName: "other.example", ...unverified },
    }),
    /other\.example/,
    "for another name",
  ],
  ["speaks no TLS", () => ({ brokers: [plainBroker(rabbit)], tls: unverified }), /./, "no TLS is spoken there"],
  ["wants TLS", () => ({ brokers: [rabbit.amqps] }), /./, "does that port want TLS"],
])("a broker that %s is tried, and what is wrong is said", async (_what, options: () => Options, reason, hint) => {
  const source = sourceOf(options());
  const [answer] = await tryBrokers(source);
  if (reason === undefined) expect(answer).toMatchObject({ exchanges: ["nova"], problem: undefined });
  else {
    expect(answer?.problem?.reason).toMatch(reason);
    expect(answer?.problem?.hint).toContain(hint);
  }
  expect(JSON.stringify(answer)).not.toContain("guest:guest");
});

test("a user with no more than the rights of the documentation is enough, and each right is needed", async () => {
  const user = { username: "nephoscope", password: "secret" };
  const rights = { configure: "^nephoscope", write: "^nephoscope", read: "^(nephoscope.*|nova)$" };
  const give = (change: object) => rabbit.call("PUT", "permissions/%2f/nephoscope", { ...rights, ...change });
  await rabbit.call("PUT", "users/nephoscope", { password: user.password, tags: "" });
  await give({});
  expect(await tryBrokers(sourceOf(user))).toMatchObject([{ exchanges: ["nova"], problem: undefined }]);
  const lifetime = new Lifetime();
  const heard: string[] = [];
  const receiver = { changed: (hint: ChangeHint) => void heard.push(`${hint.kind} ${hint.id}`), listening: () => {} };
  const notifications = listenToNotifications(sourceOf(user), { receiver, log: silentLog }, lifetime);
  await eventually(() => notifications.status().isListening);
  services.publish("nova", "notifications.info", osloMessage("port.update.end", { port: { id: PORT } }));
  await eventually(() => heard.includes(`port ${PORT}`));
  await lifetime.end();
  for (const right of ["configure", "write", "read"]) {
    await give({ [right]: "^$" });
    const [answer] = await tryBrokers(sourceOf(user));
    expect(answer?.problem?.reason, right).toContain("ACCESS");
    expect(answer?.problem?.hint, right).toContain("rabbitmqctl set_permissions");
  }
});
