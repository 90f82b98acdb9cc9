import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { type LabelMatcher, METRIC_NAME, type Series } from "../../core/series.ts";
import type { EmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { newPath, openHead, writeLines } from "./fixtures/open-head.ts";

const HOUR_MS = 3_600_000;
const NOW = epochMsOf(Date.UTC(2026, 8, 21, 12, 15));
const START = epochMsOf(Math.floor(NOW / HOUR_MS) * HOUR_MS - HOUR_MS);
const HOSTS = 200;
const TICKS = 400;

/** More rows than a row group has; those of each second host miss a field. */
async function fill(head: EmbeddedMetrics): Promise<void> {
  for (let tick = 0; tick < TICKS; tick++) {
    const at = START + tick * 5_000;
    await writeLines(
      head,
      Array.from({ length: HOSTS }, (_, host) => {
        const free = host % 2 === 0 ? `,free_bytes=${tick}` : "";
        return `mem,host=h${String(host).padStart(3, "0")} total_bytes=${host * 1_000 + tick}${free} ${at}`;
      }),
    );
  }
  await head.seal();
}

const QUESTIONS: readonly (readonly [string, LabelMatcher, number, number])[] = [
  ["one host", { kind: "=", name: "host", value: "h017" }, 0, HOUR_MS],
  ["the last host", { kind: "=", name: "host", value: `h${HOSTS - 1}` }, 0, HOUR_MS],
  ["some hosts far apart", { kind: "=~", name: "host", pattern: /^(?:h.*7)$/ }, 0, HOUR_MS],
  ["all hosts, a minute", { kind: "!=", name: "host", value: "" }, 600_000, 660_000],
  ["nobody in that time", { kind: "=", name: "host", value: "h017" }, 3_000_000, HOUR_MS],
];

const ask = (head: EmbeddedMetrics, metric: string, [, matcher, from, to]: (typeof QUESTIONS)[number]) => {
  const matchers = [{ kind: "=", name: METRIC_NAME, value: metric } as const, matcher];
  return head.select({ matchers, from: epochMsOf(START + from), to: epochMsOf(START + to) });
};

function expected(metric: string, [, matcher, from, to]: (typeof QUESTIONS)[number]): readonly unknown[] {
  const fits = (host: string) =>
    matcher.kind === "=" ? host === matcher.value : matcher.kind === "=~" ? matcher.pattern.test(host) : true;
  return Array.from({ length: HOSTS }, (_, host) => {
    const name = `h${String(host).padStart(3, "0")}`;
    const isThere = fits(name) && (metric === "mem_total_bytes" || host % 2 === 0);
    const ticks = Array.from({ length: TICKS }, (__, tick) => tick).filter((tick) => {
      return isThere && tick * 5_000 >= from && tick * 5_000 <= to;
    });
    const values = ticks.map((tick) => (metric === "mem_total_bytes" ? host * 1_000 + tick : tick));
    return { host: name, times: ticks.map((tick) => START + tick * 5_000), values };
  }).filter(({ values }) => values.length > 0);
}

const written = (series: readonly Series[]) =>
  series.map(({ labels, timesMs, values }) => ({ host: labels.host, times: [...timesMs], values: [...values] }));

test.each([0, 1, 64])(
  "sealed hours answer alike with %i MB to keep them in, once and again",
  async (cacheMegabytes) => {
    const { head } = await openHead(newPath(), { nowMs: NOW }, { cacheMegabytes });
    await fill(head);
    for (let time = 0; time < 2; time++) {
      for (const metric of ["mem_total_bytes", "mem_free_bytes"]) {
        for (const question of QUESTIONS) {
          expect([question[0], written(await ask(head, metric, question))]).toEqual([
            question[0],
            expected(metric, question),
          ]);
        }
      }
    }
  },
);

test("what was asked for is not read again; what was not, is", async () => {
  const path = newPath();
  const { head } = await openHead(path, { nowMs: NOW });
  await fill(head);
  const [oneHost, lastHost] = [QUESTIONS[0], QUESTIONS[1]];
  if (oneHost === undefined || lastHost === undefined) throw new Error("no questions");
  await ask(head, "mem_total_bytes", oneHost);
  const folder = path.replace(/\.duckdb$/, "-sealed");
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  expect(written(await ask(head, "mem_total_bytes", oneHost))).toEqual(expected("mem_total_bytes", oneHost));
  await expect(ask(head, "mem_total_bytes", lastHost)).rejects.toMatchObject({
    code: expect.stringMatching(/^store\./),
  });
  await expect(ask(head, "mem_free_bytes", oneHost)).rejects.toMatchObject({ code: expect.stringMatching(/^store\./) });
});
