import fc from "fast-check";
import { expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import type { FindingEvent } from "../../../topology/invariants/finding.ts";
import { FindingBook } from "../../../topology/invariants/finding-book.ts";
import { Upheavals } from "../../../topology/invariants/upheaval.ts";
import { ovsPort } from "./elements.ts";
import { World } from "./world.ts";

const SETTLE_MS = 10_000;
const HOSTS = ["a", "b"] as const;

type Op =
  | { readonly kind: "tag"; readonly host: string; readonly isBroken: boolean }
  | { readonly kind: "silence"; readonly host: string; readonly isSilent: boolean }
  | { readonly kind: "pass"; readonly ms: number };

const host = fc.constantFrom(...HOSTS);
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ kind: fc.constant("tag" as const), host, isBroken: fc.boolean() }),
  fc.record({ kind: fc.constant("silence" as const), host, isSilent: fc.boolean() }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(1_000, 4_000, 11_000) }),
);

test("findings begin and end in turn, stand once and never early, and silence lets nothing begin, stand or end", () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
      const world = new World();
      const book = new FindingBook({
        graph: world.graph,
        upheavals: new Upheavals(),
        settleMsOf: () => SETTLE_MS,
      });
      let now = 0;
      const [broken, silent] = [new Set<string>(), new Set<string>()];
      /** Per host: since when the finding is there, or is known again; and whether it stands. */
      const open = new Map<string, { knownSinceMs: number; isStanding: boolean }>();
      const instant = () => ({ monotonicMs: now, at: epochMsOf(now) });
      const check = (events: readonly FindingEvent[]) => {
        for (const { kind, finding } of events) {
          const on = finding.subject.split("/")[1] ?? "";
          const known = open.get(on);
          if (kind !== "changed") expect(silent.has(on), `${kind} on a silent host`).toBe(false);
          if (kind === "began") {
            expect(known).toBeUndefined();
            open.set(on, { knownSinceMs: now, isStanding: false });
          } else if (known === undefined) expect.fail(`${kind} of what is not open`);
          else if (kind === "ended") open.delete(on);
          else if (kind === "standing") {
            expect(known.isStanding).toBe(false);
            expect(now - known.knownSinceMs).toBeGreaterThanOrEqual(SETTLE_MS);
            known.isStanding = true;
          } else known.knownSinceMs = now;
        }
      };
      for (const one of ops) {
        if (one.kind === "pass") {
          for (let left = one.ms; left > 0; left -= 1_000) {
            now += 1_000;
            check(book.advance(instant()));
          }
        } else if (one.kind === "silence") {
          if (one.isSilent) silent.add(one.host);
          else silent.delete(one.host);
          check(book.silence(one.host, one.isSilent, instant()));
        } else {
          if (one.isBroken) broken.add(one.host);
          else broken.delete(one.host);
          const put = [ovsPort(one.host, "t", { tag: one.isBroken ? 4095 : 1 })];
          for (const transition of world.change({ put })) check(book.apply(transition, instant()));
        }
        // Of hosts that speak, exactly what is broken is open, and what was open long enough stands.
        for (const on of HOSTS.filter((name) => !silent.has(name))) {
          const known = open.get(on);
          expect(known !== undefined).toBe(broken.has(on));
          if (known !== undefined && now - known.knownSinceMs > SETTLE_MS + 1_000) expect(known.isStanding).toBe(true);
        }
        expect(book.size).toBe(open.size);
      }
    }),
    { numRuns: 300 },
  );
});
