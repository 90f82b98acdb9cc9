import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { memcachedPages } from "../../../../collector/pull/control-plane/memcached.ts";
import { memcachedPage } from "../../../../collector/pull/control-plane/memcached-stats.ts";
import { rabbitmqManagement } from "../../../../collector/pull/control-plane/rabbitmq-management.ts";
import { rabbitmqPages } from "../../../../collector/pull/control-plane/rabbitmq-pages.ts";
import { createPageFetcher, type PageFetcher } from "../../../../collector/pull/scrape/fetch-page.ts";
import { startExporter } from "../exporter.ts";
import { jobOf } from "../scrape-site.ts";

const SELECTION = { names: [], backlog: 10, most: 100 };
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Answers by path, without the query; anything else is 404. */
async function serve(replies: Readonly<Record<string, string>>): Promise<{ url: URL; asked: string[] }> {
  const asked: string[] = [];
  const { address } = await startExporter((request, reply) => {
    asked.push(request.url ?? "");
    const body = replies[(request.url ?? "").split("?")[0] ?? ""];
    reply.statusCode = body === undefined ? 404 : 200;
    reply.end(body);
  });
  return { url: new URL(`http://${address}`), asked };
}

async function read(fetcher: PageFetcher, url: URL, path: string): Promise<readonly string[] | string> {
  ends.push(() => fetcher.close());
  const page = await fetcher.fetch(new URL(path, url), AbortSignal.timeout(5_000));
  return "body" in page ? page.body.toString().trim().split("\n") : page.reason;
}
const pages = () => createPageFetcher(jobOf());

/** As RabbitMQ 3.6 says it: no churn_rates, and of a node that is down nearly nothing. */
const OVERVIEW = {
  rabbitmq_version: "3.6.5",
  message_stats: { publish: 900, publish_details: { rate: 1.2 }, deliver_get: 890, ack: 880 },
  queue_totals: { messages: 12, messages_ready: 10, messages_unacknowledged: 2 },
  object_totals: { consumers: 40, queues: 33, exchanges: 12, connections: 25, channels: 51 },
};
const NODES = [
  {
    ...{ name: "rabbit@ctl-1", running: true, partitions: ["rabbit@ctl-3"], mem_used: 5e8, mem_limit: 1e9 },
    ...{ mem_alarm: false, disk_free: 2e9, disk_free_limit: 5e7, disk_free_alarm: true, fd_used: 60, fd_total: 1024 },
    ...{ sockets_used: 20, sockets_total: 829, proc_used: 400, proc_total: 1048576, run_queue: 0, uptime: 61_000 },
  },
  { name: "rabbit@ctl-2", running: false, partitions: [], fd_used: "unknown" },
];
const QUEUES = [
  { name: "conductor", vhost: "/", messages_ready: 15, messages_unacknowledged: 3, consumers: 2 },
  { name: 'a "b"\\c', vhost: "/", messages_ready: 1, messages_unacknowledged: 0, consumers: 0 },
  { name: "just-declared", vhost: "/" },
];
const replies = (overview: unknown = OVERVIEW, nodes: unknown = NODES, queues: unknown = QUEUES) => ({
  "/api/overview": JSON.stringify(overview),
  "/api/nodes": JSON.stringify(nodes),
  "/api/queues": JSON.stringify(queues),
});

describe("the management API", () => {
  const ask = async (served: Readonly<Record<string, string>>) =>
    read(rabbitmqManagement(pages(), SELECTION), (await serve(served)).url, "/api");

  test("of version 3.6 becomes the plugin's series", async () => {
    const page = await ask(replies());
    for (const line of [
      "rabbitmq_queue_messages_ready 10",
      "rabbitmq_connections 25",
      "rabbitmq_global_messages_received_total 900",
      'rabbitmq_node_running{node="rabbit@ctl-1"} 1',
      'rabbitmq_node_running{node="rabbit@ctl-2"} 0',
      'rabbitmq_unreachable_cluster_peers_count{node="rabbit@ctl-1"} 1',
      'rabbitmq_alarms_free_disk_space_watermark{node="rabbit@ctl-1"} 1',
      'rabbitmq_alarms_memory_used_watermark{node="rabbit@ctl-1"} 0',
      'rabbitmq_erlang_uptime_seconds{node="rabbit@ctl-1"} 61',
      'rabbitmq_detailed_queue_messages_ready{vhost="/",queue="conductor"} 15',
      'rabbitmq_detailed_queue_consumers{vhost="/",queue="a \\"b\\"\\\\c"} 0',
      "rabbitmq_detailed_queues_omitted 0",
    ]) {
      expect(page).toContain(line);
    }
    expect(String(page)).not.toMatch(/just-declared|connections_opened|process_open_fds\{node="rabbit@ctl-2"/);
  });

  test("of a broker without any message yet is taken, too", async () => {
    expect(await ask(replies({ ...OVERVIEW, message_stats: [] }))).toContain("rabbitmq_queues 33");
  });

  test.each([
    ["an overview that is a list", replies([]), "/api/overview is no object"],
    ["nodes that are none", replies(OVERVIEW, {}), "/api/nodes is no list"],
    ["a node without a name", replies(OVERVIEW, [{ running: true }]), "name is no text"],
    ["a figure that is a text", replies({ ...OVERVIEW, queue_totals: { messages: "12" } }), "messages is no number"],
    ["queues that are no list", replies(OVERVIEW, NODES, { items: [] }), "/api/queues is no list"],
    ["a page of HTML", { ...replies(), "/api/overview": "<html>" }, "/api/overview is no object"],
  ])("is refused with %s", async (_what, served, reason) => {
    expect(await ask(served)).toContain(reason);
  });

  test("that is not there says which path", async () => {
    const { "/api/queues": _queues, ...rest } = replies();
    expect(await ask(rest)).toBe("queues: HTTP status 404");
  });
});

test("a broker that takes too long to list its queues is told what helps, one that says nothing at all is not", async () => {
  const silentAt = async (path: string) => {
    const { address } = await startExporter((request, reply) => {
      if (!request.url?.startsWith(path)) reply.end(replies()[(request.url ?? "").split("?")[0] as "/api/queues"]);
    });
    const fetcher = rabbitmqManagement(pages(), SELECTION);
    ends.push(() => fetcher.close());
    return fetcher.fetch(new URL(`http://${address}/api`), AbortSignal.timeout(300));
  };
  expect(await silentAt("/api/queues")).toMatchObject({
    reason: expect.stringMatching(/^queues: no page within/),
    hint: expect.stringContaining("tens of thousands of queues"),
  });
  expect(await silentAt("/api/overview")).toMatchObject({ hint: expect.stringContaining("drops packets") });
});

describe("the plugin for Prometheus", () => {
  const totals = "rabbitmq_connections 3\n";
  const queues = (prefix: string) => `${prefix}messages_ready{vhost="/",queue="q"} 20\n`;

  test("is asked for its queues apart, and only those worth it are told", async () => {
    const { url, asked } = await serve({
      "/metrics": totals,
      "/metrics/detailed": queues("rabbitmq_detailed_queue_"),
    });
    const page = await read(rabbitmqPages(pages(), SELECTION), url, "/metrics");
    expect(page).toContain("rabbitmq_connections 3");
    expect(page).toContain('rabbitmq_detailed_queue_messages_ready{vhost="/",queue="q"} 20');
    expect(asked).toEqual(["/metrics", "/metrics/detailed?family=queue_coarse_metrics&family=queue_consumer_count"]);
  });

  test("of versions before 3.10 is asked for everything instead", async () => {
    const { url } = await serve({ "/metrics": totals, "/metrics/per-object": queues("rabbitmq_queue_") });
    const page = await read(rabbitmqPages(pages(), SELECTION), url, "/metrics");
    expect(page).toContain('rabbitmq_detailed_queue_messages_ready{vhost="/",queue="q"} 20');
  });

  test("that has no queues' page at all is down, and it is said why", async () => {
    const { url } = await serve({ "/metrics": totals });
    expect(await read(rabbitmqPages(pages(), SELECTION), url, "/metrics")).toBe("its queues: HTTP status 404");
  });
});

describe("memcached", () => {
  test.each([
    ["nothing", ""],
    ["no end", "STAT uptime 3\r\n"],
    ["an error", "ERROR\r\n"],
    ["something else", "HTTP/1.1 400 Bad Request\r\nEND\r\n"],
    ["a figure that is none", "STAT uptime soon\r\nEND\r\n"],
  ])("that says %s is not memcached", (_what, answer) => {
    expect(memcachedPage(answer)).toBeUndefined();
  });

  test("says what it has", () => {
    expect(memcachedPage("STAT version 1.4.5\r\nSTAT evictions 7\r\nSTAT threads 4\r\nEND\r\n")).toBe(
      'memcached_up 1\nmemcached_version{version="1.4.5"} 1\nmemcached_items_evicted_total 7\n',
    );
  });

  async function answering(answer: (socket: Socket) => void): Promise<readonly string[] | string> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on("error", () => undefined));
      answer(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ends.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    const bound = server.address();
    const url = new URL(`memcached://127.0.0.1:${typeof bound === "object" ? bound?.port : ""}`);
    const fetcher = memcachedPages(200);
    const page = await fetcher.fetch(url, AbortSignal.timeout(200));
    return "body" in page ? page.body.toString().trim().split("\n") : page.reason;
  }

  test("that never ends its answer is given up", async () => {
    const long = "STAT a 1\r\n".repeat(1_000);
    const flood = (socket: Socket) => {
      const write = () => {
        while (!socket.destroyed && socket.write(long));
      };
      socket.on("drain", write);
      write();
    };
    expect(await answering(flood)).toBe("the answer to `stats` is not memcached's");
  });

  test("that says nothing is out of time", async () => {
    expect(await answering(() => undefined)).toBe("no page within 200 ms");
  });

  test("that comes in pieces is read to its end", async () => {
    expect(
      await answering((socket) => {
        socket.write("STAT uptime 3\r\nEN");
        socket.once("data", () => socket.write("D\r\n"));
      }),
    ).toEqual(["memcached_up 1", "memcached_uptime_seconds 3"]);
  });
});
