import { type ChildProcess, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a collector process tells of itself over HTTP. */
export interface CollectorFigures {
  json(path: string): Promise<unknown>;
  /** Elements of a Skydive type. */
  count(type: string): Promise<number>;
  /** A number of `/metrics` by its name without `nephoscope_`; NaN when it has none. */
  metric(name: string): Promise<number>;
  /** The event loop's delays since they were last asked for, for people. */
  loop(): Promise<string>;
}

export function figuresOf(url: string): CollectorFigures {
  const metrics = async () => (await asked(`${url}/metrics`)).text();
  return {
    json: async (path) => {
      const reply = await asked(`${url}${path}`);
      if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
      return reply.json();
    },
    count: async (type) => {
      const body = JSON.stringify({ query: `G.V().Has('Type', '${type}').Count()` });
      const headers = { "content-type": "application/json" };
      const reply = await fetch(`${url}/api/v1/topology/query`, { method: "POST", headers, body });
      return ((await reply.json()) as { count: number }).count;
    },
    metric: async (name) =>
      Number(new RegExp(`^nephoscope_${name} (\\S+)$`, "m").exec(await metrics())?.[1] ?? Number.NaN),
    loop: async () => {
      const text = await metrics();
      const ms = (name: string) => {
        const found = new RegExp(`^nephoscope_nodejs_eventloop_lag_${name}_seconds (\\S+)$`, "m").exec(text)?.[1];
        return (Number(found) * 1_000).toFixed(0);
      };
      return `event loop p99 ${ms("p99")}, worst ${ms("max")} ms`;
    },
  };
}

/** A connection kept open may be closed just when it is used again; a client asks again then, on a new one. */
async function asked(url: string): Promise<Response> {
  try {
    return await fetch(url);
  } catch {
    return fetch(url);
  }
}

export function memoryOf(child: Pick<ChildProcess, "pid">): string {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  const mb = (name: string) => ((Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1_024) / 1e6).toFixed(0);
  return `${mb("VmRSS")} MB resident (peak ${mb("VmHWM")})`;
}

export function cpuSecondsOf(child: Pick<ChildProcess, "pid"> | undefined): number {
  if (child?.pid === undefined) return 0;
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
}

/** Numbers from 0 up to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

export function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return value.toFixed(value < 10 ? 1 : 0);
  };
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)}`;
}

export function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(1);
}

export function row(name: string, found: string, aim: string): void {
  console.log(`${name.padEnd(28)}${found}   aim ${aim}`);
}
