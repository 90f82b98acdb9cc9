import { gzipSync } from "node:zlib";
import { seeded } from "./collector-figures.ts";

/** As the agent compresses. */
const GZIP = { level: 9, windowBits: 15, memLevel: 8 } as const;
const SEED = 11;
/** What interfaces of a host count that has run for months. */
const GROWN = { bytes: 1e13, packets: 1e10 } as const;

/** Bytes of a sample as it would be if every interface had counted for months: a new host's numbers are short. */
export function grownBytes(lines: readonly string[]): number {
  const random = seeded(SEED);
  const added = new Map<string, number>();
  const grown = lines.map((line) => {
    const [, measurement, interfaceName] = /^(net_if|vm_net),.*?interface=([^, ]+)/.exec(line) ?? [];
    if (measurement === undefined) return line;
    return line.replace(/\b([rt]x)_(bytes|packets)=(\d+)i/g, (_, way: string, unit: "bytes" | "packets", value) => {
      // What a machine sends its host receives: the same counter.
      const ofHost = measurement === "net_if" ? way : way === "rx" ? "tx" : "rx";
      const key = `${interfaceName} ${ofHost} ${unit}`;
      const more = added.get(key) ?? Math.floor(random() * GROWN[unit]);
      added.set(key, more);
      return `${way}_${unit}=${Number(value) + more}i`;
    });
  });
  return gzipSync(grown.join("\n"), GZIP).length;
}

/** What each measurement adds to a sample as compressed: how much shorter the sample is without it. The most first. */
export function bytesByMeasurement(lines: readonly string[]): readonly (readonly [string, number])[] {
  const size = (of: readonly string[]) => gzipSync(of.join("\n"), GZIP).length;
  const measurement = (line: string) => /^[^, ]*/.exec(line)?.[0] ?? "";
  const whole = size(lines);
  const names = [...new Set(lines.map(measurement))];
  const added = names.map((name) => [name, whole - size(lines.filter((line) => measurement(line) !== name))] as const);
  return added.toSorted((a, b) => b[1] - a[1]);
}
