import type { Head } from "../collector/head/head.ts";
import type { Frame } from "../collector/spool/frame.ts";
import { epochMsOf } from "../core/clock.ts";
import { mixed } from "./random-updates.ts";
import { HOST_METRICS } from "./rule-set.ts";
import type { MetricShape } from "./window-source.ts";

const HOSTS_PER_FRAME = 500;
const FRAMES_AT_ONCE = 4;

interface Tick {
  readonly seed: number;
  readonly hosts: number;
  /** Whether lines have as many fields as have the same tags, else each series has its own. */
  readonly isWide: boolean;
  readonly tick: number;
  readonly atMs: number;
}

interface Line {
  readonly measurement: string;
  readonly tags: string;
  readonly fields: readonly { readonly field: string; readonly kind: MetricShape["kind"] }[];
}

/** What a host says each time. */
const LINES = { wide: linesOf(HOST_METRICS, true), narrow: linesOf(HOST_METRICS, false) };

function linesOf(shapes: readonly MetricShape[], isWide: boolean): readonly Line[] {
  const lines = new Map<
    string,
    { measurement: string; tags: string; fields: { field: string; kind: MetricShape["kind"] }[] }
  >();
  for (const { name, kind, label, members } of shapes) {
    const length = name.startsWith("net_if_") ? "net_if".length : name.indexOf("_");
    const [measurement, field] = isWide ? [name.slice(0, length), name.slice(length + 1)] : [name, "value"];
    for (const member of members ?? [""]) {
      const tags = label === undefined ? "" : `,${label}=${member}`;
      const line = lines.get(measurement + tags) ?? { measurement, tags, fields: [] };
      lines.set(measurement + tags, line);
      line.fields.push({ field, kind });
    }
  }
  return [...lines.values()];
}

/** One sample of every series. Gauges are below one, counters rise by less than a thousand. */
export async function writeTick(head: Head, tick: Tick): Promise<void> {
  for (let first = 0; first < tick.hosts; first += HOSTS_PER_FRAME * FRAMES_AT_ONCE) {
    const frames: Frame[] = [];
    for (let i = 0; i < FRAMES_AT_ONCE; i++) frames.push(frameOf(first + i * HOSTS_PER_FRAME, tick));
    const outcome = await head.consume(frames, { segment: 1, offset: tick.tick });
    if (outcome.kind !== "ok") throw new Error(`the head answered ${outcome.kind}`);
  }
}

function frameOf(first: number, { seed, hosts, tick, atMs, isWide }: Tick): Frame {
  let body = "";
  for (let host = first; host < Math.min(hosts, first + HOSTS_PER_FRAME); host++) {
    const tags = `cluster=cluster-${Math.floor((host * 8) / hosts)},host=compute-${String(host).padStart(5, "0")}.dc1.example`;
    const at = atMs - 1_000 - (host % 8_000);
    for (const [place, line] of LINES[isWide ? "wide" : "narrow"].entries()) {
      const rack = line.measurement.startsWith("host") ? `,rack=rack-${Math.floor(host / 40)}` : "";
      body += `${line.measurement},${tags}${line.tags}${rack} `;
      for (const [i, { field, kind }] of line.fields.entries()) {
        const chance = mixed(seed ^ (host * 64 + place * 8 + i), tick) % 1_000;
        body += `${i === 0 ? "" : ","}${field}=${kind === "gauge" ? chance / 1_000 : tick * 500 + (chance >> 1)}`;
      }
      body += ` ${at}\n`;
    }
  }
  const position = { segment: 1, offset: tick };
  return {
    receivedAt: epochMsOf(atMs),
    encoding: "identity",
    precision: "ms",
    cluster: "bench",
    position,
    body: Buffer.from(body),
  };
}
