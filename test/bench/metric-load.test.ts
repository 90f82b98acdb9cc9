import { describe, expect, test } from "vitest";
import { bodyAt, bodyOf, LINES_PER_BODY, replacing, SAMPLES_PER_BODY } from "../../bench/metric-load.ts";

const TICKS_PER_HOUR = 360;
const HOSTS = 300;

describe("the load of the metric benches", () => {
  test("a body has the lines and samples that are counted", () => {
    const lines = bodyOf(1, 3, 5, 1_790_000_000_000).trimEnd().split("\n");
    expect(lines).toHaveLength(LINES_PER_BODY);
    expect(lines.reduce((sum, line) => sum + fieldsOf(line), 0)).toBe(SAMPLES_PER_BODY);
    expect(new Set(lines.map(keyOf)).size).toBe(LINES_PER_BODY);
  });

  test("the same moment has the same body, another seed has another", () => {
    const moment = { seed: 1, host: 3, tick: 5, at: 1_790_000_000_000 };
    const generationOf = replacing(0.05 / TICKS_PER_HOUR);
    expect(bodyAt(moment, generationOf)).toBe(bodyAt(moment, generationOf));
    expect(bodyAt({ ...moment, seed: 2 }, generationOf)).not.toBe(bodyAt(moment, generationOf));
  });

  test("a twentieth of the series is new within an hour, spread over it", () => {
    const known = new Set<string>();
    const newAt: number[] = [];
    for (let tick = 0; tick <= TICKS_PER_HOUR; tick += 60) {
      let fresh = 0;
      for (let host = 0; host < HOSTS; host++) {
        for (const line of bodyAt({ seed: 1, host, tick, at: 1 }, replacing(0.05 / TICKS_PER_HOUR))
          .trimEnd()
          .split("\n")) {
          if (known.has(keyOf(line))) continue;
          known.add(keyOf(line));
          fresh += fieldsOf(line);
        }
      }
      newAt.push(fresh);
    }
    const [first = 0, ...later] = newAt;
    expect(first).toBe(HOSTS * SAMPLES_PER_BODY);
    const share = later.reduce((sum, fresh) => sum + fresh, 0) / first;
    expect(share).toBeGreaterThan(0.045);
    expect(share).toBeLessThan(0.055);
    expect(Math.max(...later)).toBeLessThan((share * first) / 4);
  });
});

function keyOf(line: string): string {
  return line.split(" ")[0] ?? "";
}

function fieldsOf(line: string): number {
  return line.split(" ")[1]?.split(",").length ?? 0;
}
