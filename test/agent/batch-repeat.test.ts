import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { createBatchFolder } from "../../agent/delivery/batch-folder.ts";
import { BatchQueue } from "../../agent/delivery/batch-queue.ts";
import { startMetricSender } from "../../agent/delivery/metric-sender.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { serve } from "../collector/ingest/serve.ts";
import { eventually } from "../fixtures/eventually.ts";

test("an agent that was killed after the collector took a batch and before it knew: the collector takes it once", async () => {
  const { app, spool } = await serve();
  const collectorUrl = await app.listen({ port: 0, host: "127.0.0.1" });
  const folder = mkdtempSync(join(tmpdir(), "nephoscope-repeat-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [left, atKill] = [join(folder, "left"), join(folder, "at-kill")];
  const life = async (path: string, agentProcessId: string) => {
    const lifetime = new Lifetime();
    onTestFinished(() => lifetime.end());
    const queue = await BatchQueue.open({ maxBytes: 100_000, disk: createBatchFolder(path) }, silentLog);
    const random = (bytes: Uint8Array) => void bytes.fill(1);
    const options = { collectorUrl, token: undefined, agentProcessId, random };
    return { lifetime, queue, send: () => startMetricSender(options, queue, silentLog, lifetime) };
  };
  const first = await life(left, "agent-1");
  const body = gzipSync("cpu,host=a user=1 1790000000000");
  first.queue.push({ agent: "agent-1", sequence: 7, lines: 1, body });
  first.queue.end();
  cpSync(left, atKill, { recursive: true });
  const second = await life(left, "agent-2");
  second.send();
  await eventually(() => spool.frames.length === 1 && readdirSync(left).length === 0, { what: "the batch taken" });
  const third = await life(atKill, "agent-3");
  third.send().send(["cpu,host=a user=2 1790000001000"]);
  await eventually(() => spool.frames.length > 1 && readdirSync(atKill).length === 0, { what: "both settled" });
  expect(spool.frames.map(({ header }) => `${header.sender?.agent} ${header.sender?.sequence}`)).toEqual([
    "agent-1 7",
    "agent-3 1",
  ]);
});
