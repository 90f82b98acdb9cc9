import { expect, test } from "vitest";
import { interfaceProbe } from "../../agent/metrics/interface-probe.ts";
import { createVacantNamespaces } from "../../agent/network-node/vacant-namespaces.ts";
import type { ProcReader } from "../../agent/proc-reader.ts";
import { epochMsOf, systemClock } from "../../core/clock.ts";
import { quietContext } from "./probe-context.ts";

test("where hundreds of interfaces take turns, each has two samples in every minute, so that there is a rate", async () => {
  const names = Array.from({ length: 300 }, (_, n) => `tap${n}`);
  const lines = names.map((name) => `${name}: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0`);
  const netDev = ["h", "h", ...lines, ""].join("\n");
  const proc: ProcReader = {
    text: (path) => (path === "/proc/net/dev" ? netDev : undefined),
    names: () => [],
    link: () => undefined,
  };
  const namespaces = () => undefined;
  const vacant = createVacantNamespaces({ namespaces, clock: systemClock });
  const session = await interfaceProbe(proc, namespaces, vacant).detect(quietContext());
  const told = new Map<string, number[]>(names.map((name) => [name, []]));
  const sizes: number[] = [];
  for (let sample = 0; sample < 30; sample++) {
    let size = 0;
    await session?.sample?.(epochMsOf(1_700_000_000_000 + sample * 10_000), ({ tags }) => {
      told.get(tags.interface ?? "")?.push(sample);
      size++;
    });
    sizes.push(size);
  }
  expect(Math.max(...sizes.slice(1)), "a sample stays small").toBeLessThan(200);
  for (const [name, samples] of told) {
    for (let from = 1; from + 6 <= 30; from++) {
      const within = samples.filter((it) => it >= from && it < from + 6).length;
      expect(within, `${name} from sample ${from} on`).toBeGreaterThanOrEqual(2);
    }
  }
});
