import { parseArgs } from "node:util";
import { LineReader } from "../collector/line-protocol/parse.ts";
import { SeriesKeys } from "../collector/line-protocol/series-keys.ts";
import { epochMsOf } from "../core/clock.ts";
import { seeded } from "./collector-figures.ts";

// What reading line protocol costs: lines of ten fields, in the order hosts send them and shuffled.
//   node bench/line-protocol.ts [--hosts 1000] [--rounds 40] [--seed 1]

const { values: options } = parseArgs({
  options: {
    hosts: { type: "string", default: "1000" },
    rounds: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
  },
});
const [HOSTS, ROUNDS, SEED] = [Number(options.hosts), Number(options.rounds), Number(options.seed)];
const LINES_PER_HOST = 50;
const FIELD_NAMES = "rx_bytes tx_ratio rx_pps rx_drops tx_load tx_pps errors carrier mtu speed".split(" ");
const FIELDS = FIELD_NAMES.length;
const random = seeded(SEED);

console.log(`seed ${SEED}, ${HOSTS} hosts x ${LINES_PER_HOST} lines of ${FIELDS} fields, ${ROUNDS} rounds`);
measure("a body a host, its lines in order", bodies(false));
measure("shuffled lines, 50 a body", bodies(true));

function bodies(isShuffled: boolean): readonly Buffer[] {
  const lines = Array.from({ length: HOSTS }, (_, host) =>
    Array.from({ length: LINES_PER_HOST }, (__, line) => lineOf(host, line)),
  ).flat();
  if (isShuffled) {
    for (let last = lines.length - 1; last > 0; last--) {
      const other = Math.floor(random() * (last + 1));
      [lines[last], lines[other]] = [lines[other] ?? "", lines[last] ?? ""];
    }
  }
  return Array.from({ length: HOSTS }, (_, body) =>
    Buffer.from(lines.slice(body * LINES_PER_HOST, (body + 1) * LINES_PER_HOST).join("")),
  );
}

function lineOf(host: number, line: number): string {
  const fields = Array.from({ length: FIELDS }, (_, field) => {
    const value = random();
    // Counters, ratios and sizes, as agents send them.
    const text = [`${Math.floor(value * 1e9)}i`, value.toFixed(3), String(Math.floor(value * 1e4))][field % 3];
    return `${FIELD_NAMES[field]}=${text}`;
  });
  const at = 1_790_000_000_000 + Math.floor(random() * 1_000);
  return `net,host=compute-${host},interface=eth${line} ${fields.join(",")} ${at}\n`;
}

function measure(name: string, bodies: readonly Buffer[]): void {
  const keys = new SeriesKeys({ series: 2_000_000, bytes: 1e9 });
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  let [sum, lines] = [0, 0];
  const read = () => {
    for (const body of bodies) {
      const reader = new LineReader(body, { precision: "ms", receivedAt: epochMsOf(0), keys });
      while (reader.next() === "line") {
        lines++;
        sum += reader.valueAt(FIELDS - 1);
      }
    }
  };
  read();
  read();
  lines = 0;
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    read();
    const { user, system } = process.cpuUsage(before);
    took.push((user + system) / 1e6);
  }
  const sorted = took.toSorted((left, right) => left - right);
  const [median, worst] = [sorted[Math.floor(sorted.length / 2)] ?? 0, sorted.at(-1) ?? 0];
  const perRound = lines / ROUNDS;
  const millions = (seconds: number) => (perRound / seconds / 1e6).toFixed(2);
  console.log(
    `${name.padEnd(36)} ${millions(median)} M lines a CPU second, worst round ${millions(worst)}; ${(bytes / 1e6 / median).toFixed(0)} MB/s; check ${sum.toFixed(0)}`,
  );
}
