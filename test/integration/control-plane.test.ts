import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Haproxy, startHaproxy } from "./fixtures/haproxy.ts";
import { type MariaDb, startMariaDb } from "./fixtures/mariadb.ts";
import { type Memcached, startMemcached } from "./fixtures/memcached.ts";
import { type RabbitMq, startRabbitMq } from "./fixtures/rabbitmq.ts";
import { is, isThere, type WatchedServices, watchServices } from "./fixtures/watched-services.ts";

let api: Server;
let apiStatus = 200;
let [rabbit, maria, cache, proxy]: [RabbitMq?, MariaDb?, Memcached?, Haproxy?] = [];
let watched: WatchedServices;
const becomes: WatchedServices["becomes"] = (...asked) => watched.becomes(...asked);
const ask: WatchedServices["ask"] = (query) => watched.ask(query);

/** The services of a control plane, each real, and the collector that asks them as a user configures it. */
beforeAll(async () => {
  api = createServer((_request, reply) => {
    reply.statusCode = apiStatus;
    reply.end("nova");
  });
  api.listen(0, "127.0.0.1");
  await once(api, "listening");
  const bound = api.address();
  const backend = `127.0.0.1:${typeof bound === "object" ? bound?.port : ""}`;
  [rabbit, maria, cache, proxy] = await Promise.all([
    startRabbitMq(),
    startMariaDb(),
    startMemcached(),
    startHaproxy(backend),
  ]);
  const queues = { names: ["notifications.*"] };
  watched = await watchServices([
    { kind: "rabbitmq", targets: [rabbit.prometheus], queues, labels: { host: "ctl-1" } },
    {
      ...{ kind: "rabbitmq-management", targets: [rabbit.management], queues, cluster: "queens" },
      basic_auth: { username: "guest", password: "guest" },
    },
    { kind: "mysql", targets: [maria.exporter] },
    { kind: "memcached", targets: [cache.address] },
    { kind: "haproxy", targets: [proxy.prometheus] },
  ]);
});
afterAll(async () => {
  await watched?.stop();
  await Promise.all([rabbit?.stop(), maria?.stop(), cache?.stop(), proxy?.stop()]);
  api?.close();
  api?.closeAllConnections();
});

test("every service is up, and of its page what is chosen for its kind is kept", async () => {
  await becomes("up", (samples) => samples.length === 5 && samples.every(({ value }) => value === 1));
  await becomes("mysql_up", is(1));
  expect(await ask("go_goroutines")).toEqual([]);
  const [kept] = await becomes('scrape_samples_post_metric_relabeling{job="mysql"}', isThere);
  const [all] = await ask('scrape_samples_scraped{job="mysql"}');
  expect(all?.value).toBeGreaterThan(1_000);
  expect(kept?.value).toBeLessThan(100);
});

describe.each([
  ["the plugin for Prometheus", "test"],
  ["the management API", "queens"],
])("RabbitMQ by %s", (_what, cluster) => {
  const of = (name: string, queue?: string) =>
    `${name}{cluster="${cluster}"${queue === undefined ? "" : `,queue="${queue}"`}}`;
  const broker = (): RabbitMq => rabbit as RabbitMq;

  test("a queue whose messages nobody consumes is told, an empty one is not, a named one always", async () => {
    for (const name of ["conductor", "empty", "notifications.info"]) await broker().declareQueue(name);
    await broker().publish("conductor", "x");
    await becomes(of("rabbitmq_detailed_queue_messages_ready", "conductor"), isThere);
    await becomes(of("rabbitmq_detailed_queue_consumers", "conductor"), is(0));
    await becomes(of("rabbitmq_detailed_queue_messages_ready", "notifications.info"), isThere);
    expect(await ask(of("rabbitmq_detailed_queue_messages_ready", "empty"))).toEqual([]);
    await becomes(`sum(${of("rabbitmq_queue_messages_ready")})`, ([total]) => (total?.value ?? 0) >= 1);
  });

  test("a queue that was emptied is not told any more", async () => {
    await broker().publish("conductor", "x");
    await becomes(of("rabbitmq_detailed_queue_messages_ready", "conductor"), isThere);
    await broker().call("DELETE", "queues/%2f/conductor/contents");
    await becomes(of("rabbitmq_detailed_queue_messages_ready", "conductor"), (samples) => samples.length === 0);
  });

  test("connections that come and go are counted", async () => {
    await becomes(of("rabbitmq_connections_opened_total"), isThere);
    const [before] = await ask(of("rabbitmq_connections_opened_total"));
    // Each message that is published by HTTP has a connection of its own.
    for (let i = 0; i < 5; i++) await broker().publish("notifications.info", "x");
    await becomes(of("rabbitmq_connections_opened_total"), ([now]) => (now?.value ?? 0) >= (before?.value ?? 0) + 5);
    await becomes(of("rabbitmq_connections_closed_total"), ([now]) => (now?.value ?? 0) >= 5);
  });

  test("messages are counted as they come in", async () => {
    const received = `sum(${of("rabbitmq_global_messages_received_total")})`;
    await broker().publish("notifications.info", "x");
    const [before] = await becomes(received, isThere);
    await broker().publish("notifications.info", "x");
    await becomes(received, ([now]) => (now?.value ?? 0) > (before?.value ?? 0));
  });

  test("an alarm for want of disk is told, and its end", async () => {
    const alarm = of("rabbitmq_alarms_free_disk_space_watermark");
    await becomes(alarm, is(0));
    await broker().ctl("set_disk_free_limit", "100000GB");
    await becomes(alarm, is(1));
    await broker().ctl("set_disk_free_limit", "1MB");
    await becomes(alarm, is(0));
  });

  test("memory and files in use are told beside their limits", async () => {
    for (const [used, limit] of [
      ["rabbitmq_process_resident_memory_bytes", "rabbitmq_resident_memory_limit_bytes"],
      ["rabbitmq_process_open_fds", "rabbitmq_process_max_fds"],
      ["rabbitmq_erlang_processes_used", "rabbitmq_erlang_processes_limit"],
    ] as const) {
      const [share] = await becomes(`${of(used)} / ${of(limit)}`, isThere);
      expect(share?.value, used).toBeGreaterThan(0);
      expect(share?.value, used).toBeLessThan(1);
    }
  });
});

describe("MariaDB", () => {
  const db = (): MariaDb => maria as MariaDb;

  test("a slow statement is counted", async () => {
    const [before] = await becomes("mysql_global_status_slow_queries", isThere);
    db().sql("select sleep(0.2)");
    await becomes("mysql_global_status_slow_queries", ([now]) => (now?.value ?? 0) > (before?.value ?? 0));
  });

  test("sessions are told beside their limit, while one waits for a lock of another", async () => {
    await becomes("mysql_global_variables_max_connections", is(20));
    const holder = db().session("begin; update nova.instances set host=2 where id=1; select sleep(60)");
    const waiter = db().session("select sleep(0.5); update nova.instances set host=3 where id=1");
    await becomes("mysql_global_status_innodb_row_lock_current_waits", is(1));
    await becomes("mysql_global_status_threads_connected", ([now]) => (now?.value ?? 0) >= 3);
    holder.kill("SIGKILL");
    waiter.kill("SIGKILL");
  });

  test("a deadlock is counted", async () => {
    await becomes("mysql_global_status_innodb_deadlocks", is(0));
    const both = (first: number, second: number) =>
      db().session(
        `begin; update nova.instances set host=7 where id=${first}; select sleep(1); update nova.instances set host=7 where id=${second}; commit`,
      );
    both(1, 2);
    both(2, 1);
    await becomes("mysql_global_status_innodb_deadlocks", is(1));
  });

  test("a database that is gone is not up, though its exporter is", async () => {
    await db().kill();
    await becomes("mysql_up", is(0));
    expect(await ask('up{job="mysql"}')).toMatchObject([{ value: 1 }]);
  });
});

describe("memcached", () => {
  test("hits and misses are counted", async () => {
    await cache?.talk("set a 0 0 1\r\nx\r\nget a\r\nget b\r\n");
    await becomes('memcached_commands_total{command="get",status="hit"}', is(1));
    await becomes('memcached_commands_total{command="get",status="miss"}', is(1));
  });

  test("items that had to go for others are counted", async () => {
    const value = "x".repeat(50_000);
    const sets = Array.from({ length: 200 }, (_, place) => `set k${place} 0 0 50000\r\n${value}\r\n`);
    await cache?.talk(sets.join(""));
    await becomes("memcached_items_evicted_total", ([now]) => (now?.value ?? 0) > 0);
    await becomes("memcached_limit_bytes", is(2 * 1024 * 1024));
  });

  test("one that is gone is down, and all it said ends", async () => {
    await cache?.stop();
    await becomes('up{job="memcached"}', is(0));
    expect(await ask("memcached_up")).toEqual([]);
  });
});

describe("haproxy", () => {
  test("answers of the API and their time are told", async () => {
    await becomes('haproxy_backend_status{proxy="nova_api",state="UP"}', is(1));
    await fetch(proxy?.frontendUrl ?? "");
    await becomes(
      'haproxy_backend_http_responses_total{proxy="nova_api",code="2xx"}',
      ([now]) => (now?.value ?? 0) > 0,
    );
    await becomes('haproxy_backend_response_time_average_seconds{proxy="nova_api"}', isThere);
  });

  test("a backend without a server is down, and its clients get 503", async () => {
    apiStatus = 500;
    await becomes('haproxy_backend_status{proxy="nova_api",state="DOWN"}', is(1));
    await becomes('haproxy_backend_active_servers{proxy="nova_api"}', is(0));
    expect((await fetch(proxy?.frontendUrl ?? "")).status).toBe(503);
    const errors = 'haproxy_frontend_http_responses_total{proxy="nova_api_front",code="5xx"}';
    await becomes(errors, ([now]) => (now?.value ?? 0) > 0);
  });
});
