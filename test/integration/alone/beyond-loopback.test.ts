import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../../fixtures/eventually.ts";
import { makeCertificate } from "../fixtures/certificate.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "../fixtures/nephoscope.ts";
import { end } from "../fixtures/server-process.ts";

const LAUNCHER = join(import.meta.dirname, "../../../launcher.mjs");
const WITHIN_MS = 30_000;
const sha256 = (token: string) => createHash("sha256").update(token).digest("hex");

/** As on a control node: every address, TLS with a private authority, tokens for people and for agents. */
describe("tokens and TLS", () => {
  const folder = temporaryFolder();
  const config = join(folder.path, "nephoscope.yaml");
  let [cert, key] = ["", ""];
  let nephoscope: Nephoscope;
  const agents: ChildProcess[] = [];

  beforeAll(async () => {
    ({ cert, key } = makeCertificate({
      folder: folder.path,
      commonName: "cloud.example",
      alternativeNames: "DNS:cloud.example,IP:127.0.0.1",
    }));
    writeFileSync(
      config,
      [
        "access:",
        "  people:",
        `    - { name: vera, role: viewer, token_sha256: ${sha256("nsct_vera")} }`,
        "  agents:",
        `    - { name: computes, hosts: ['compute-*'], token_sha256: ${sha256("nsct_computes")} }`,
        `listen: { address: 0.0.0.0, tls_cert_file: ${cert}, tls_key_file: ${key}, public_url: "https://127.0.0.1" }`,
        `agent: { interval_seconds: 1 }`,
      ].join("\n"),
    );
    nephoscope = await start();
  });
  const start = () =>
    startNephoscope({
      data: join(folder.path, "data"),
      port: PORT,
      flags: ["--config", config, "--host", "control-1"],
    });
  afterAll(async () => {
    for (const agent of agents) await end(agent, "SIGTERM");
    await nephoscope.stop();
    folder.remove();
  });

  const PORT = 21_000 + (process.pid % 10_000);
  const get = (path: string, token?: string) => call("GET", path, { token });
  const call = async (method: string, path: string, options: { token?: string | undefined; body?: string } = {}) => {
    const headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
    const sent = request({ host: "127.0.0.1", port: PORT, method, path, headers, ca: readFileSync(cert) });
    sent.end(options.body);
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    let text = "";
    for await (const chunk of answer) text += String(chunk);
    return { status: answer.statusCode ?? 0, text };
  };
  const write = (token: string | undefined, host: string) =>
    call("POST", "/api/v2/write", { token, body: `bl,host=${host} value=1` });
  const runAgent = (host: string) => {
    const authority = ["--set", `agent.ca_file=${cert}`, "--set", "agent.interval_seconds=1"];
    authority.push("--set", `agent.state_folder=${folder.path}/agent-${host}`);
    const child = spawn(
      process.execPath,
      [LAUNCHER, "agent", "--collector", `https://127.0.0.1:${PORT}`, "--host", host, ...authority],
      {
        env: { ...process.env, NEPHOSCOPE_AGENT_TOKEN: "nsct_computes" },
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    agents.push(child);
    let output = "";
    child.stderr?.on("data", (chunk) => (output += String(chunk)));
    return { child, output: () => output };
  };

  test("nothing is told without a token, and a viewer may look but not change", async () => {
    expect((await get("/api/v1/topology?at=now")).status).toBe(401);
    expect((await get("/api/v1/topology?at=now", "nsct_vera")).status).toBe(200);
    const snapshot = await call("POST", "/api/v1/topology/snapshots", { token: "nsct_vera" });
    expect([403, 415]).toContain(snapshot.status);
    expect((await get("/healthz")).status).toBe(200);
  });

  test("the agent of the same process has a token of its own: metrics and topology arrive", async () => {
    await eventually(
      async () => {
        const { text } = await get("/api/v1/query?query=system_load1{host='control-1'}", "nsct_vera");
        return text.includes('"host":"control-1"');
      },
      { withinMs: WITHIN_MS, what: "a sample of control-1" },
    );
    expect((await get("/api/v1/topology?at=now", "nsct_vera")).text).toContain('"id":"host/control-1"');
  });

  test("an agent's token is good for its own hosts only", async () => {
    expect((await write("nsct_computes", "compute-7")).status).toBe(204);
    expect((await write("nsct_computes", "control-1")).status).toBe(403);
    expect((await write("nsct_vera", "compute-7")).status).toBe(403);
    expect((await write(undefined, "compute-7")).status).toBe(401);
  });

  test("an agent in a process of its own reports over TLS", async () => {
    const running = runAgent("compute-1");
    await eventually(
      async () => (await get("/api/v1/topology?at=now", "nsct_vera")).text.includes('"id":"host/compute-1"'),
      {
        withinMs: WITHIN_MS,
        what: () => `host/compute-1; the agent said:\n${running.output()}`,
      },
    );
    await end(running.child, "SIGTERM");
  });

  test("an agent comes back to a collector that was stopped in order and started again", async () => {
    const running = runAgent("compute-2");
    const session = async () =>
      /"host":"compute-2"[^}]*"session":"(\w+)"/.exec((await get("/api/v1/status", "nsct_vera")).text)?.[1];
    const connected = () =>
      eventually(async () => (await session()) === "connected", {
        withinMs: WITHIN_MS,
        what: () => `compute-2 to be connected; the agent said:\n${running.output()}`,
      });
    await connected();
    await eventually(
      async () => (await get("/api/v1/topology?at=now", "nsct_vera")).text.includes('"host/compute-2"'),
      {
        withinMs: WITHIN_MS,
        what: "its full state",
      },
    );
    const sessions = () => [...running.output().matchAll(/"start":"(full|resume)"/g)].map(([, how]) => how);
    // What was durable when the collector stopped, but not yet acknowledged, is told again: only a return at rest resumes.
    for (let returns = 1; returns <= 3 && sessions().at(-1) !== "resume"; returns++) {
      await nephoscope.stop();
      nephoscope = await start();
      await eventually(() => sessions().length === returns + 1, {
        withinMs: WITHIN_MS,
        what: () => `session ${returns + 1}; the agent said:\n${running.output()}`,
      });
      await connected();
    }
    expect(sessions().at(-1)).toBe("resume");
    await end(running.child, "SIGTERM");
  });

  test("an agent that speaks for a host it may not is refused with a hint", async () => {
    const running = runAgent("control-2");
    await eventually(() => /hint/.test(running.output()) && /refused|not/.test(running.output()), {
      withinMs: WITHIN_MS,
      what: () => `a refusal; the agent said:\n${running.output()}`,
    });
    expect((await get("/api/v1/topology?at=now", "nsct_vera")).text).not.toContain("control-2");
    await end(running.child, "SIGTERM");
    expect(running.output()).not.toContain("nsct_computes");
  });
});
