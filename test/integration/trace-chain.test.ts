import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Lifetime } from "../../core/lifetime.ts";
import { parseTraceparent } from "../../core/trace.ts";
import { type FakeCustomBot, startFakeCustomBot } from "../fakes/feishu/custom-bot-server.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";
import { end } from "./fixtures/server-process.ts";

// One trace from the sample an agent sent to the card in the group, in every line on the way, across a collector that is killed in between.

const MAIN = join(import.meta.dirname, "../../cli/main.ts");
const HOST = "traced-host";
const SECRET = "bot-secret";

const RULES = `
groups:
  - name: traced
    interval: 1s
    rules:
      - alert: AgentIsHere
        expr: agent_rss_bytes > 0
        labels: { severity: critical }
        annotations: { summary: "an agent is here" }
`;

let lifetime: Lifetime;
let bot: FakeCustomBot;
let folder: ReturnType<typeof temporaryFolder>;

beforeEach(async () => {
  lifetime = new Lifetime();
  folder = temporaryFolder();
  lifetime.defer("folder", () => folder.remove());
  bot = await startFakeCustomBot({ secret: SECRET, nowMs: () => Date.now() });
  lifetime.defer("bot", () => bot.close());
  mkdirSync(data(), { recursive: true });
  writeFileSync(join(folder.path, "rules.yaml"), RULES);
});
afterEach(() => lifetime.end());

const data = () => join(folder.path, "data");

async function startCollector(port = 0): Promise<Nephoscope> {
  const collector = await startNephoscope({
    data: data(),
    port,
    settings: [
      "agent.enabled=false",
      `alerts.rules=${join(folder.path, "rules.yaml")}`,
      `feishu.webhook=${bot.webhookUrl}`,
      `feishu.secret=${SECRET}`,
      "feishu.language=zh",
    ],
  });
  lifetime.defer("collector", () => collector.kill());
  return collector;
}

function startAgent(collectorUrl: string): { readonly output: () => string; readonly stop: () => Promise<void> } {
  const settings = [`host=${HOST}`, "agent.interval_seconds=1", `agent.state_folder=${join(folder.path, "agent")}`];
  const args = [MAIN, "agent", "--collector", collectorUrl, ...settings.flatMap((each) => ["--set", each])];
  const agent: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  agent.stderr?.on("data", (chunk) => (output += String(chunk)));
  const stop = () => end(agent, "SIGKILL");
  lifetime.defer("agent", stop);
  return { output: () => output, stop };
}

type Line = Readonly<Record<string, unknown>>;

const linesOf = (text: string): readonly Line[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line): Line => JSON.parse(line));

const stream = (name: string): readonly Line[] => {
  try {
    return linesOf(readFileSync(join(data(), "logs", `${name}.ndjson`), "utf8"));
  } catch {
    return [];
  }
};

test("the trace of a sample is in the log of its agent, the collector's stream, the alert, the message to Feishu and its card", async () => {
  bot.behave({ kind: "http_error", status: 503 });
  const first = await startCollector();
  const agent = startAgent(first.url);
  const fired = await eventually(
    () => linesOf(first.output()).find(({ msg, host }) => msg === "alert fired" && host === HOST),
    { withinMs: 60_000, what: () => `an alert; the collector said:\n${first.output()}\nthe agent:\n${agent.output()}` },
  );
  const traceId = String(fired.trace_id);

  // The agent said so first: its batch was delivered under that trace.
  const batch = await eventually(
    () => linesOf(agent.output()).find((line) => line.trace_id === traceId && line.kind === "batch"),
    { what: "the batch in the log of the agent" },
  );
  expect(batch).toMatchObject({ stream: "tracing", msg: "metrics delivered", outcome: "ok", host: HOST });
  const kept = await eventually(
    () => {
      const own = stream("tracing").filter((line) => line.trace_id === traceId);
      return own.some(({ kind }) => kind === "notify") && own;
    },
    { what: "an attempt to tell Feishu" },
  );
  // Of the write, kept since the alert goes back to it; then the alert, a child of it; then the attempt that failed.
  const write = kept.find(({ kind }) => kind === "write");
  expect(write).toMatchObject({ name: "samples durable", host: HOST, cluster: "test", kept_because: "alert" });
  expect(kept.find(({ kind }) => kind === "alert")).toMatchObject({ parent_span_id: write?.span_id, outcome: "ok" });
  expect(kept.find(({ kind }) => kind === "notify")).toMatchObject({ outcome: "failed", receiver: "feishu" });
  expect(bot.accepted).toEqual([]);

  await first.kill();
  await agent.stop();
  bot.behave({ kind: "well" });
  const second = await startCollector(Number(new URL(first.url).port));
  const message = await eventually(() => bot.accepted[0], { withinMs: 60_000, what: "the message to Feishu" });
  const told = parseTraceparent(message.traceparent);
  expect(told?.traceId).toBe(traceId);
  expect(message.text).toContain(`链路追踪 ${traceId.slice(0, 12)}`);
  // Its span is that of the attempt which is in the stream.
  const sent = await eventually(
    () =>
      stream("tracing").find(
        ({ kind, outcome, trace_id }) => kind === "notify" && outcome === "ok" && trace_id === traceId,
      ),
    { what: "the message in the tracing stream" },
  );
  expect(sent.span_id).toBe(told?.spanId);
  expect(linesOf(second.output()).find(({ msg }) => msg === "message sent")).toMatchObject({ trace_id: traceId });

  // A person takes note: the request's own trace is kept with the incident, and leads to who it was.
  const [incident] = (
    (await second.get("/api/v1/incidents")) as { incidents: readonly { id: string; trace_id: string }[] }
  ).incidents;
  expect(incident?.trace_id).toBe(traceId);
  const asked = "4bf92f3577b34da6a3ce929d0e0e4736";
  const answer = await fetch(`${second.url}/api/v1/incidents/${incident?.id}/ack`, {
    method: "POST",
    headers: { traceparent: `00-${asked}-00f067aa0ba902b7-00` },
  });
  expect(await answer.json()).toMatchObject({ acknowledged_by: "local", acknowledged_trace_id: asked });
  const { operations } = (await second.get("/api/v1/operations?what=incident")) as { operations: readonly Line[] };
  expect(operations).toMatchObject([{ what: "incident.acknowledge", who: "local", outcome: "done", trace_id: asked }]);
  expect(linesOf(second.output()).find(({ msg }) => msg === "incident acknowledged")).toMatchObject({
    trace_id: asked,
    fired_trace_id: traceId,
  });
  for (const name of ["tracing", "behaviour", "operations"]) {
    await eventually(() => stream(name).some(({ trace_id }) => trace_id === asked), { what: `the request in ${name}` });
  }
}, 180_000);
