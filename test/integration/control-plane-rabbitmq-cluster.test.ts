import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { type RabbitMqCluster, startRabbitMqCluster } from "./fixtures/rabbitmq-cluster.ts";
import { end } from "./fixtures/server-process.ts";
import { is, isThere, type WatchedServices, watchServices } from "./fixtures/watched-services.ts";

// Two real nodes of one cluster: what a cut between them, and clients that fall silent, look like in metrics, logs and alerts.

const HOST = "ctl-1";
const SILENT_CLIENTS = join(import.meta.dirname, "fixtures/silent-clients-process.ts");
const CLIENTS = 15;

let cluster: RabbitMqCluster | undefined;
let watched: WatchedServices;
let clients: ChildProcess | undefined;

beforeAll(async () => {
  cluster = await startRabbitMqCluster();
  const [first, second] = cluster.nodes;
  watched = await watchServices(
    [
      {
        kind: "rabbitmq-management",
        targets: [first.management],
        basic_auth: { username: "guest", password: "guest" },
      },
      { kind: "rabbitmq", cluster: "plugin", targets: [first.prometheus, second.prometheus] },
    ],
    {
      host: HOST,
      agent: {
        interval_seconds: 1,
        logs: { files: [{ path: first.log, format: "rabbitmq", source: "rabbit@ctl-1" }] },
      },
    },
  );
});
afterAll(async () => {
  await end(clients, "SIGKILL");
  await watched?.stop();
  await cluster?.stop();
});

const nodes = () => cluster?.nodes.map(({ node }) => node) ?? [];
const onNode = (name: string, node: string | undefined) => `${name}{cluster="test",node="${node}"}`;
const linesOf = (pattern: string) => `log_lines{source="rabbit@ctl-1",pattern="${pattern}"}`;

test("a cluster that is whole is no alert; each of its nodes is told by the management API of one", async () => {
  for (const node of nodes()) {
    await watched.becomes(onNode("rabbitmq_node_running", node), is(1));
    await watched.becomes(onNode("rabbitmq_unreachable_cluster_peers_count", node), is(0));
  }
  await watched.becomes('up{job="rabbitmq"}', (samples) => samples.filter(({ value }) => value === 1).length === 3);
  await watched.becomes(linesOf("partition"), is(0));
  expect(await watched.ask("ALERTS")).toEqual([]);
});

test("a cut between the nodes is a node down; when it is mended, a partition, until one side starts over", async () => {
  const [first, second] = nodes();
  await cluster?.cut();
  await watched.becomes(onNode("rabbitmq_node_running", second), is(0));
  const down = await watched.fires("RabbitmqNodeDown");
  expect(down).toMatchObject({ severity: "critical", summary: `RabbitMQ's node ${second} does not run` });
  await cluster?.mend();
  await watched.becomes(onNode("rabbitmq_unreachable_cluster_peers_count", first), is(1));
  await watched.clears(down);
  const split = await watched.fires("RabbitmqPartitioned", ({ labels }) => labels.node === first);
  expect(split).toMatchObject({
    severity: "critical",
    summary: `RabbitMQ's cluster is split: ${first} does not reach 1 of its nodes`,
    description: expect.stringContaining("restart the nodes of the smaller side"),
  });
  // The plugin of before 3.12 does not tell it: the agent beside the broker does, by the log.
  await watched.becomes(linesOf("partition"), ([now]) => (now?.value ?? 0) >= 1);
  await cluster?.restartSecond();
  await watched.becomes(onNode("rabbitmq_unreachable_cluster_peers_count", first), is(0));
  await watched.clears(split);
});

test("clients that fall silent are closed by the broker, counted by the agent in its log, and an alert when they are many", async () => {
  const [broker] = cluster?.nodes ?? [];
  const args = [SILENT_CLIENTS, broker?.amqpUrl ?? "", String(CLIENTS)];
  clients = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  clients.stdout?.on("data", (chunk) => (said += String(chunk)));
  await eventually(() => said.includes("connected"), { what: "connections" });
  await watched.becomes('rabbitmq_connections{cluster="test"}', is(CLIENTS));
  const before = await watched.becomes(linesOf("missed-heartbeats"), isThere);
  expect(before).toMatchObject([{ value: 0 }]);
  clients.kill("SIGSTOP");
  const closed = () => readFileSync(broker?.log ?? "", "utf8").split("missed heartbeats from client").length - 1;
  await eventually(() => closed() === CLIENTS, { what: () => `the broker to close ${CLIENTS}, not ${closed()}` });
  await watched.becomes(linesOf("missed-heartbeats"), is(CLIENTS));
  await watched.becomes('rabbitmq_connections{cluster="test"}', is(0));
  const incident = await watched.fires("RabbitmqHeartbeatsMissed");
  expect(incident).toMatchObject({ severity: "warning", labels: { host: HOST, cluster: "test" } });
  expect(incident.summary).toMatch(/^RabbitMQ on ctl-1 closed [\d.]+ connections within five minutes for want of/);
});
