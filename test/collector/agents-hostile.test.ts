import { describe, expect, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { siteOfEachTest } from "../fixtures/site-of-each-test.ts";
import { hostNode, nic } from "../topology/arbitrary.ts";

const { site, start, agent } = siteOfEachTest();

describe("what is turned away", () => {
  test("an unknown token, a token of another host, and one connection too many", async () => {
    await start({
      identify: (token) => (token === "good" ? { kind: "agent", name: "rack-1", hosts: ["a", "c-*"] } : undefined),
      limits: { connections: 2 },
    });
    expect(await agent({ token: "bad" }).connected()).toMatchObject({
      code: "access.token_needed",
      hint: expect.any(String),
    });
    expect(await agent({ token: { $ne: 1 } }).connected()).toMatchObject({ code: "access.token_needed" });
    const [one, two] = [agent({ token: "good" }), agent({ token: "good" })];
    await one.connected();
    await two.connected();
    expect(await agent({ token: "good" }).connected()).toMatchObject({ code: "agent.too_many_connections" });
    expect(await one.hello("b")).toMatchObject({ kind: "refused", code: "agent.host_not_allowed" });
    expect(await two.hello("c-17")).toMatchObject({ kind: "full" });
    expect(await two.full([nic("a", "eth0")])).toMatchObject({ kind: "refused", code: "topology.not_owner" });
    expect(await two.hello("a")).toMatchObject({ kind: "refused", code: "agent.host_changed" });
  });

  const hello = { protocol: 1, host: "c-1", boot_id: "b", agent_version: "1", sent_at: 1, last_ack: 0 };
  const endless = (depth: number): unknown => {
    let list: unknown = 1;
    for (let level = 0; level < depth; level++) list = [list];
    return list;
  };
  const hellos: readonly (readonly [string, { readonly [member: string]: unknown }])[] = [
    ["a lone surrogate in the host", { host: "c-\ud800" }],
    ["a control character in the host", { host: "c-\u001b[2J" }],
    ["a line break in the host", { host: "c-1\nroot logged in" }],
    ["a host whose ids would be too long", { host: `c-${"h".repeat(127)}` }],
    ["a host whose encoded ids would be too long", { host: `c-${"\u20ac".repeat(15)}` }],
    ["a lone surrogate in the boot id", { boot_id: "\udfff" }],
    ["a control character in the version", { agent_version: "1\u0000" }],
    ["a lone surrogate in the digest", { digest: "\ud800" }],
    ["a protocol without end", { protocol: endless(2_000) }],
  ];
  test("a hostile hello that a token's pattern allows is refused, and the collector goes on", async () => {
    await start({ identify: () => ({ kind: "agent", name: "rack-1", hosts: ["c-*"] }) });
    const one = agent();
    for (const [name, fields] of hellos) {
      const reply = await one.say("hello", { ...hello, ...fields });
      expect(reply, name).toHaveProperty("code", expect.stringMatching(/^agent\.(message_invalid|protocol_unknown)$/));
    }
    expect(site().agents.statuses()).toEqual([]);
    expect(await agent().hello("c-1")).toMatchObject({ kind: "full" });
  });

  test("no string of an element may have a lone surrogate or a control character, not even escaped in an id", async () => {
    await start();
    const one = agent();
    await one.hello("a");
    const node = nic("a", "e");
    const ends = { from: node.id, to: node.id, attributes: {} };
    const unclean: readonly (readonly [string, unknown])[] = [
      ["id", { ...node, id: "host/a/if/%1B" }],
      ["name", { ...node, name: "\ud800" }],
      ["cluster", { ...node, cluster: "\u0007" }],
      ["host", { ...node, host: "a\n" }],
      ["parent", { ...node, parent: "host/a%00" }],
      ["attributes", { ...node, attributes: { alias: "\u001b[31m" } }],
      ["attributes", { ...node, attributes: { "\udc00": 1 } }],
      ["attributes", { ...node, attributes: { addresses: ["ok", "\ud800"] } }],
      ["to", { ...ends, id: "host/a/if/e/layer2/x", kind: "layer2", to: "host/b%0A" }],
    ];
    for (const [member, element] of unclean) {
      const put = { batch: 1, at: 1, clock_offset_ms: 0, put: [element], remove: [] };
      const reply = await one.say("changes", put);
      expect(reply, member).toMatchObject({ code: "agent.message_invalid", detail: expect.stringContaining(member) });
    }
    const removal = { batch: 1, at: 1, clock_offset_ms: 0, put: [], remove: ["host/a/if/%00"] };
    expect(await one.say("changes", removal)).toMatchObject({ code: "agent.message_invalid" });
    expect(site().recorder.graph.ownedBy({ kind: "agent", host: "a" }).size).toBe(0);
    expect(await one.changes([nic("a", "\u20ac \u{1f600}")])).toMatchObject({ kind: "ack" });
  });

  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
  const hostile: readonly (readonly [string, string, unknown])[] = [
    ["no message", "hello", undefined],
    ["a list", "hello", []],
    ["no host", "hello", { protocol: 1, boot_id: "b", agent_version: "1", sent_at: 1, last_ack: 0 }],
    [
      "an endless host",
      "hello",
      { protocol: 1, host: "h".repeat(9_999), boot_id: "b", agent_version: "1", sent_at: 1, last_ack: 0 },
    ],
    [
      "a time that is none",
      "hello",
      { protocol: 1, host: "a", boot_id: "b", agent_version: "1", sent_at: "now", last_ack: 0 },
    ],
    ["no elements", "full", { batch: 1, part: 0, parts: 1, at: 1, clock_offset_ms: 0 }],
    ["parts without end", "full", { batch: 1, part: 0, parts: 1e9, at: 1, clock_offset_ms: 0, elements: [] }],
    ["a negative time", "full", { batch: 1, part: 0, parts: 1, at: -1, clock_offset_ms: 0, elements: [] }],
    ["an offset that is none", "changes", { batch: 1, at: 1, clock_offset_ms: null, put: [], remove: [] }],
    ["removal of a number", "changes", { batch: 1, at: 1, clock_offset_ms: 0, put: [], remove: [7] }],
    [
      "a rename to nowhere",
      "changes",
      { batch: 1, at: 1, clock_offset_ms: 0, put: [], remove: [], renamed: { "a//b": "c" } },
    ],
    ["an element that is none", "changes", { batch: 1, at: 1, clock_offset_ms: 0, put: [null], remove: [] }],
    [
      "a kind nobody knows",
      "changes",
      { batch: 1, at: 1, clock_offset_ms: 0, put: [{ ...nic("a", "e"), kind: "toaster" }], remove: [] },
    ],
    [
      "an id with dots and slashes",
      "changes",
      { batch: 1, at: 1, clock_offset_ms: 0, put: [{ ...nic("a", "e"), id: "host/a/../../etc\n" }], remove: [] },
    ],
    [
      "reserved attributes",
      "changes",
      { batch: 1, at: 1, clock_offset_ms: 0, put: [{ ...nic("a", "e"), attributes: { "@parent": "x" } }], remove: [] },
    ],
    [
      "nested attributes",
      "changes",
      {
        batch: 1,
        at: 1,
        clock_offset_ms: 0,
        put: [{ ...nic("a", "e"), attributes: { deep: nested(200) } }],
        remove: [],
      },
    ],
    [
      "a poisoned prototype",
      "changes",
      {
        batch: 1,
        at: 1,
        clock_offset_ms: 0,
        put: [{ ...nic("a", "e"), attributes: JSON.parse('{"__proto__":{"x":1}}') }],
        remove: [],
      },
    ],
    [
      "more elements than fit",
      "changes",
      { batch: 1, at: 1, clock_offset_ms: 0, put: Array.from({ length: 2_001 }, () => nic("a", "e")), remove: [] },
    ],
  ];
  test("hostile messages get a clear refusal, change nothing, and the session goes on", async () => {
    await start();
    const one = agent();
    await one.hello("a");
    for (const [name, event, message] of hostile) {
      const reply = await one.say(event, message);
      expect(reply, name).toMatchObject({ kind: "refused", detail: expect.any(String), hint: expect.any(String) });
      expect(reply, name).toHaveProperty("code", expect.stringMatching(/^agent\.(message_invalid|protocol_unknown)$/));
    }
    expect(site().recorder.graph.ownedBy({ kind: "agent", host: "a" }).size).toBe(0);
    expect(await one.full([hostNode("a")])).toMatchObject({ kind: "ack" });
  });

  test("a message before hello is refused; one without a place for the answer, or too large, ends the connection", async () => {
    await start();
    const one = agent();
    expect(await one.changes([])).toMatchObject({ code: "agent.hello_first" });
    one.socket.emit("hello", { protocol: 1 });
    await eventually(() => one.socket.disconnected);
    const large = agent();
    await large.hello("a");
    large.socket.emit("full", "x".repeat(9 * 1024 * 1024));
    await eventually(() => large.socket.disconnected);
    expect(await agent().hello("a")).toMatchObject({ kind: "full" });
  });

  test("whoever does not say hello in time is disconnected", async () => {
    await start({ limits: { helloMs: 50 } });
    const one = agent();
    await one.connected();
    await eventually(() => one.socket.disconnected);
  });
});
