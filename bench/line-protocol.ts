import { parseArgs } from "node:util";
import { LineReader } from "../collector/line-protocol/parse.ts";
import { SeriesKeys } from "../collector/line-protocol/series-keys.ts";
import { epochMsOf } from "../core/clock.ts";
import { seeded } from "./collector-figures.ts";

// What reading line protocol costs: lines of ten fields, in the order hosts send them and shuffled. Beside it the same lines as objects in
// JSON, by `JSON.parse`, so that figures of two machines can be compared.
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
measureJson();

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
  const { told, median } = timed(read);
  if (lines !== ROUNDS * HOSTS * LINES_PER_HOST) throw new Error(`${lines} lines were read`);
  console.log(`${name.padEnd(36)} ${told}; ${(bytes / 1e6 / median).toFixed(0)} MB/s; check ${sum.toFixed(0)}`);
}

function measureJson(): void {
  const texts = bodies(false).map((body) => {
    const keys = new SeriesKeys();
    const reader = new LineReader(body, { precision: "ms", receivedAt: epochMsOf(0), keys });
    const lines: object[] = [];
    while (reader.nextGood()) {
      const fields = FIELD_NAMES.map((name, field) => [name, reader.valueAt(field)]);
      lines.push({ ...reader.series.key, at: reader.at, fields: Object.fromEntries(fields) });
    }
    return JSON.stringify(lines);
  });
  const { told } = timed(() => {
    for (const text of texts) JSON.parse(text);
  });
  console.log(`${"the same in JSON, by JSON.parse".padEnd(36)} ${told}`);
}

function timed(read: () => void): { readonly told: string; readonly median: number } {
  const took = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    read();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  }).sort((left, right) => left - right);
  const [best = 0, median = 0, worst = 0] = [took[0], took[Math.floor(took.length / 2)], took.at(-1)];
  const millions = (seconds: number) => ((HOSTS * LINES_PER_HOST) / seconds / 1e6).toFixed(2);
  const told = `${millions(median)} M lines a CPU second, best round ${millions(best)}, worst ${millions(worst)}`;
  return { told, median };
}
