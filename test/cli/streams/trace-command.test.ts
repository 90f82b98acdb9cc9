import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { traceCommand } from "../../../cli/commands/trace.ts";
import { runCommand } from "../../../cli/run-command.ts";
import { systemClock } from "../../../core/clock.ts";
import { temporaryFolder } from "../../integration/fixtures/nephoscope.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder.path, "logs"));
});
afterEach(() => folder.remove());

async function trace(...args: string[]) {
  const [printed, errors]: [string[], string[]] = [[], []];
  const context = {
    env: {},
    clock: systemClock,
    print: (line: string) => void printed.push(line),
    printError: (line: string) => void errors.push(line),
  };
  const code = await runCommand("trace", traceCommand, [...args, "--data", folder.path], context);
  return { code, printed, errors };
}
const write = (name: string, ...lines: object[]) => {
  const path = join(folder.path, name);
  writeFileSync(path, `not a line\n${lines.map((line) => JSON.stringify(line)).join("\n")}\n{"torn": "${TRACE}`);
  return path;
};
const at = (second: number) => `2026-01-31T02:41:0${second}.000Z`;

test("lines of all streams, of files set aside and of other logs come in the order of time", async () => {
  write(
    "logs/tracing.ndjson",
    { time: at(4), stream: "tracing", kind: "notify", name: "message to feishu", trace_id: TRACE, outcome: "ok" },
    {
      time: at(5),
      stream: "tracing",
      kind: "notify",
      name: "summary",
      trace_id: "9".repeat(32),
      about_trace_ids: [TRACE],
    },
    { time: at(5), stream: "tracing", kind: "alert", name: "another", trace_id: "8".repeat(32), about: TRACE },
  );
  write("logs/tracing.1.ndjson", {
    time: at(2),
    stream: "tracing",
    kind: "write",
    name: "samples durable",
    trace_id: TRACE,
  });
  write("logs/operations.ndjson", {
    time: at(6),
    stream: "operations",
    what: "incident.acknowledge",
    who: "ada",
    trace_id: TRACE,
  });
  const agent = write("agent.log", {
    time: at(1),
    level: "info",
    msg: "delivery of metrics",
    trace_id: TRACE,
    lines: 7,
  });
  const use = { stream: "behaviour", kind: "use", trace_id: TRACE, who: "ada", method: "GET" };
  write("logs/behaviour.ndjson", { time: at(7), ...use, route: "/api/v1/search" }, { time: at(8), ...use });
  const { code, printed } = await trace(TRACE.slice(0, 12), agent);
  expect(code).toBe(0);
  expect(printed).toEqual([
    `${at(1)} log info           delivery of metrics lines=7`,
    `${at(2)} tracing write      samples durable`,
    `${at(4)} tracing notify     message to feishu outcome=ok`,
    `${at(5)} tracing notify     summary about_trace_ids=["${TRACE}"]`,
    `${at(6)} operations         incident.acknowledge who=ada`,
    `${at(7)} behaviour use      GET /api/v1/search who=ada`,
    `${at(8)} behaviour use      GET (no such path) who=ada`,
  ]);
  const json = await trace(TRACE, "--json");
  expect(json.printed.map((line) => JSON.parse(line).time)).toEqual([2, 4, 5, 6, 7, 8].map(at));
});

test("of the trace of a message, or a write, come those that it is about, with their ids; not what else those are named by", async () => {
  const [card, other] = ["9".repeat(32), "7".repeat(32)];
  const line = (second: number, name: string, fields: object) => ({
    time: at(second),
    stream: "tracing",
    name,
    ...fields,
  });
  write(
    "logs/tracing.ndjson",
    line(1, "alert fired", { kind: "alert", trace_id: TRACE }),
    line(2, "alert fired", { kind: "alert", trace_id: "8".repeat(32) }),
    line(3, "summary", { kind: "notify", trace_id: card, about_trace_ids: [TRACE] }),
    line(4, "another summary", { kind: "notify", trace_id: other, about_trace_ids: [TRACE] }),
  );
  const { printed } = await trace(card.slice(0, 12));
  expect(printed).toEqual([
    `${at(1)} tracing alert      [${TRACE.slice(0, 12)}] alert fired`,
    `${at(3)} tracing notify     summary about_trace_ids=["${TRACE}"]`,
  ]);
});

test("what is no id, and what is not there, is said with what to do", async () => {
  expect(await trace("hello")).toMatchObject({
    code: 1,
    errors: [expect.stringContaining("not a trace id"), expect.anything()],
  });
  expect(await trace("abcdef12")).toMatchObject({
    code: 1,
    printed: [],
    errors: [expect.stringContaining("nothing in"), expect.stringContaining("docs/streams.md")],
  });
});
