import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CommandContext } from "../../cli/command.ts";
import { topologyCommand } from "../../cli/commands/topology.ts";
import { runCommand } from "../../cli/run-command.ts";
import { systemClock } from "../../core/clock.ts";
import type { DiffResponse } from "../../web/api/topology.ts";
import { counts, much, nic, nothing } from "./difference-answers.ts";

const server = createServer((request, response) => {
  asked.push(request);
  response
    .writeHead(status, { "content-type": "application/json" })
    .end(status === 204 ? undefined : JSON.stringify(answer));
});
let asked: IncomingMessage[] = [];
let answer: unknown;
let status = 200;

beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));
beforeEach(() => {
  asked = [];
  status = 200;
});

async function run(args: readonly string[], more: Partial<CommandContext> = {}) {
  const [out, errors]: [string[], string[]] = [[], []];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const context: CommandContext = {
    env: { NEPHOSCOPE_URL: url },
    clock: systemClock,
    print: (line) => out.push(line),
    printError: (line) => errors.push(line),
    ...more,
  };
  const code = await runCommand("topology", topologyCommand, args, {
    ...context,
    env: { ...context.env, NEPHOSCOPE_URL: url },
  });
  return { code, out, errors };
}

describe("topology diff is a gate for changes", () => {
  test.each<[string, number, DiffResponse, number]>([
    ["0 without a difference", 200, nothing, 0],
    ["1 with one", 200, much, 1],
    ["0 when all that is missing is unknown", 200, { ...nothing, counts: { ...counts, unknown: 3 } }, 0],
  ])("exit code %s", async (_what, code, body, expected) => {
    [status, answer] = [code, body];
    expect((await run(["diff", "last-night", "now"])).code).toBe(expected);
  });

  test.each<[string, number, unknown, readonly string[], string]>([
    [
      "a refusal",
      422,
      { code: "topology.too_many_changes", detail: "too many", hint: "closer" },
      ["x", "now"],
      "too many",
    ],
    ["an answer of another shape", 200, { added: [] }, ["x", "now"], "has not the shape"],
    ["a missing moment", 200, nothing, [], "needs a time"],
    ["flags that exclude each other", 200, nothing, ["x", "--flat", "--group"], "exclude"],
    ["an unknown flag", 200, nothing, ["x", "--no-such"], "no-such"],
  ])("exit code 2 with %s", async (_what, code, body, args, message) => {
    [status, answer] = [code, body];
    const { code: exit, errors, out } = await run(["diff", ...args]);
    expect([exit, out]).toEqual([2, []]);
    expect(errors.join("\n")).toContain(message);
  });

  test("exit code 2 when nobody answers", async () => {
    expect((await run(["diff", "x", "--url", "http://127.0.0.1:1"])).code).toBe(2);
  });

  test("asks for what the flags say", async () => {
    answer = nothing;
    await run([
      "diff",
      "a",
      "--root",
      "region/r",
      "--ignore",
      "mtu",
      "--ignore",
      "@state",
      "--kind",
      "vm",
      "--cluster",
      "c",
      "--flat",
    ]);
    const query = new URL(asked[0]?.url ?? "", "http://x").searchParams;
    expect(Object.fromEntries(query)).toEqual({
      from: "a",
      to: "now",
      root: "region/r",
      ignore: "mtu,@state",
      kinds: "vm",
      cluster: "c",
      group: "false",
    });
  });
});

describe("topology diff prints", () => {
  beforeEach(() => {
    answer = much;
  });

  test("a line for each cause, single changes with their attributes, and the sums", async () => {
    expect((await run(["diff", "last-night"])).out).toEqual([
      "main: 2026-01-31 03:00:00Z -> 2026-01-31 09:12:11.500Z",
      "- host c-12 gone  2 elements",
      "? agent on c-9 silent: unknown, not removed",
      "> vm web-1 moved c-1 -> c-2",
      "    besides flavor of vm/7",
      "> nic uplink on c-1 renamed from eth7",
      "~ mtu 1500 -> 9000 on 2 elements (nic)  2 elements",
      "~ host host/c",
      '    os: (none) -> ""',
      "? c-9: its agent was silent; what is missing there is unknown, not removed",
      "1 added, 2 removed, 3 changed, 1 moved, 1 unknown",
    ]);
  });

  test("with --group what each cause folds, with --flat every element", async () => {
    const open = (await run(["diff", "x", "--group"])).out;
    expect(open).toContain("    - nic host/c-12/if/eth0");
    expect(open).toContain("        mtu: 1500 -> 9000");
    const flat = (await run(["diff", "x", "--flat"])).out;
    expect(flat.filter((line) => /^[-+~>?] /.test(line))).toHaveLength(9);
    expect(flat).toContain("> nic host/c-1/if/uplink (was host/c-1/if/eth7)");
  });

  test("with --json the answer as it came", async () => {
    expect(JSON.parse((await run(["diff", "x", "--json"])).out.join("\n"))).toEqual(JSON.parse(JSON.stringify(much)));
  });

  test("colours and cuts on a terminal alone, and no colours when told so", async () => {
    const esc = String.fromCharCode(27);
    const plain = (await run(["diff", "x"])).out.join("\n");
    expect(plain).not.toContain(esc);
    const { out } = await run(["diff", "x"], { terminal: { columns: 30 } });
    expect(out.join("\n")).toContain(`${esc}[31m- host c-12 gone${esc}[0m`);
    const visible = out.map((line) => line.replaceAll(new RegExp(`${esc}\\[\\d+m`, "g"), ""));
    expect(Math.max(...visible.map((line) => line.length))).toBe(30);
    expect(visible).toContain("- host c-12 gone    2 elements");
    const uncoloured = await run(["diff", "x"], { terminal: { columns: 30 }, env: { NO_COLOR: "1" } });
    expect(uncoloured.out.join("\n")).not.toContain(esc);
  });
});

describe("topology log, at and snapshot", () => {
  test("the log names what was renamed, whose update it is, and that there is more", async () => {
    const common = { ordinal: 0, known_at: 0, cluster: "main", origin: "agent/c" };
    answer = {
      changes: [
        { ...common, revision: 3, at: 0, change: { kind: "add", element: nic("c", "b"), renamed_from: "host/c/if/a" } },
        {
          ...common,
          revision: 4,
          at: 1_000,
          change: { kind: "update", id: "vm/7", subject: { kind: "vm", name: "w" }, before: {}, after: { x: [1] } },
        },
      ],
      next: "cursor",
    };
    expect((await run(["log"])).out).toEqual([
      "1970-01-01 00:00:00Z main@r3 + nic host/c/if/b (was host/c/if/a)",
      "1970-01-01 00:00:01Z main@r4 ~ vm vm/7 (w)",
      "    x: (none) -> [1]",
      "… more happened: give a later --from, or a higher --limit",
    ]);
  });

  test("a topology is a tree of what stands in what, then its links", async () => {
    const elements = [
      { ...nic("c", "b"), parent: "host/c" },
      { id: "host/c", kind: "host", name: "c", cluster: "main", attributes: {} },
      { id: "l", kind: "layer2", from: "host/c/if/b", to: "x", attributes: {} },
    ];
    answer = { cluster: "main", at: 0, revision: 9, elements };
    expect((await run(["at"])).out).toEqual([
      "main@r9 1970-01-01 00:00:00Z: 2 nodes, 1 link",
      "host host/c",
      "  nic host/c/if/b",
      "layer2 host/c/if/b -- x",
    ]);
  });

  test("snapshots are a table, made and deleted by name in a cluster", async () => {
    const snapshot = { cluster: "main", revision: 1, created_at: 0, created_by: "wang", note: "" };
    answer = {
      snapshots: [
        { ...snapshot, name: "old", at: 0 },
        { ...snapshot, name: "before-upgrade", at: 1_000, note: "Neutron" },
      ],
    };
    expect((await run(["snapshot", "list"])).out).toEqual([
      "before-upgrade  1970-01-01 00:00:01Z  main@r1  wang  Neutron",
      "old             1970-01-01 00:00:00Z  main@r1  wang",
    ]);
    [status, answer] = [201, { ...snapshot, name: "x", at: 0 }];
    expect((await run(["snapshot", "create", "x", "--cluster", "c"])).out).toEqual(["snapshot x kept"]);
    [status, answer] = [204, undefined];
    expect((await run(["snapshot", "delete", "x", "--cluster", "c"])).code).toBe(0);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "GET /api/v1/topology/snapshots",
      "POST /api/v1/topology/snapshots",
      "DELETE /api/v1/topology/snapshots/x?cluster=c",
    ]);
    expect((await run(["snapshot", "toString"])).code).toBe(2);
    expect((await run(["toString"])).code).toBe(2);
  });
});

describe("topology search, path and query", () => {
  const common = { cluster: "main", complete: true };
  const [eth, vm] = [nic("c", "b"), { id: "vm/7", kind: "vm", name: "web-1", cluster: "main", attributes: {} }];

  test("what is found is told with why, and what is gone with until when; 1 when nothing is", async () => {
    const hit = { cluster: "main", kind: "vm", name: "web-1" };
    answer = {
      hits: [
        { ...hit, id: "vm/7", state: "present", match: { what: "ip", key: "attributes.fixed_ips", value: "10.0.0.5" } },
        { ...hit, id: "vm/6", state: "deleted", until: 1_000, match: { what: "ip", value: "10.0.0.5" } },
      ],
      has_more: true,
    };
    const found = await run(["search", "10.0.0.5", "now-1h", "--limit", "2", "--cluster", "main"]);
    expect(found.out).toEqual([
      "main  vm vm/7 (web-1)  ip 10.0.0.5 in attributes.fixed_ips",
      "main  vm vm/6 (web-1)  ip 10.0.0.5  deleted, until 1970-01-01 00:00:01Z",
    ]);
    expect([found.code, found.errors.join()]).toEqual([0, expect.stringContaining("there are more")]);
    expect(asked[0]?.url).toBe("/api/v1/search?q=10.0.0.5&at=now-1h&cluster=main&limit=2");
    answer = { hits: [], has_more: false };
    expect(await run(["search", "nobody"])).toMatchObject({ code: 1, out: [] });
  });

  test("a path is a line for each stop, with the reason of each hop", async () => {
    const reason = { kind: "child", text: "web-1 runs on c" };
    answer = {
      ...common,
      complete: false,
      at: 0,
      from: eth.id,
      to: vm.id,
      stops: [{ element: eth }, { element: vm, reason }],
    };
    const { out, errors, code } = await run(["path", "b", "web-1", "now-5m"]);
    expect([code, out]).toEqual([0, ["nic host/c/if/b", "vm vm/7 (web-1)  (web-1 runs on c)"]]);
    expect(errors.join()).toContain("too much has changed");
  });

  test.each<[kind: string, answer: object, out: readonly string[]]>([
    ["a count", { kind: "count", count: 7 }, ["7"]],
    ["elements", { kind: "elements", elements: [eth], total: 3 }, ["nic host/c/if/b", "2 more are not shown"]],
    ["values", { kind: "values", values: ["up", 1500, { MTU: 9000 }], total: 3 }, ["up", "1500", '{"MTU":9000}']],
    ["paths", { kind: "paths", paths: [[eth, vm]], total: 1 }, ["nic host/c/if/b -> vm vm/7 (web-1)"]],
    ["changes", { kind: "changes", changes: [{ kind: "add", element: eth }], total: 1 }, ["+ nic host/c/if/b"]],
  ])("a query answers with %s", async (_kind, body, out) => {
    answer = { ...common, ...body };
    expect(await run(["query", "G.V()"])).toMatchObject({ code: 0, out });
    expect(asked[0]).toMatchObject({ method: "POST", url: "/api/v1/topology/query" });
  });

  test.each([[["query"]], [["query", "G.V()", "G.E()"]], [["path", "one"]], [["search"]]])(
    "%j without all it needs is refused with the usage",
    async (args) => {
      const { code, errors } = await run(args);
      expect([code, asked.length]).toEqual([2, 0]);
      expect(errors.join("\n")).toContain("nephoscope topology search TEXT");
    },
  );
});
