import fc from "fast-check";
import { expect, test } from "vitest";
import { SlabPool } from "../../store/embedded/metrics/slab-pool.ts";
import { SLAB_BYTES, type Slab } from "../../store/embedded/metrics/slabs.ts";

test("no slab has two owners, and there are never more than were in use together", () => {
  // Of three parts, one takes some slabs, or gives all of its own back.
  const step = fc.record({ part: fc.nat(2), taken: fc.option(fc.nat(6)), small: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const pool = new SlabPool();
      const owned: Slab[][] = [[], [], []];
      let mostUsed = 0;
      for (const { part, taken, small } of steps) {
        if (taken === null) pool.giveBack(owned[part]?.splice(0) ?? []);
        else {
          for (let i = 0; i < taken; i++) owned[part]?.push(pool.take(SLAB_BYTES));
          if (small) owned[part]?.push(pool.take(1_024));
        }
        const used = owned.flat().filter(({ length }) => length === SLAB_BYTES).length;
        mostUsed = Math.max(mostUsed, used);
        expect(new Set(owned.flat()).size).toBe(owned.flat().length);
        expect(owned.flat().every(({ length }) => length === SLAB_BYTES || length === 1_024)).toBe(true);
        expect(pool.freeBytes).toBeLessThanOrEqual((mostUsed - used) * SLAB_BYTES);
      }
    }),
  );
});

test("what was given back is taken again, and goes when nobody needs as many any more", () => {
  const pool = new SlabPool();
  const take = (count: number) => Array.from({ length: count }, () => pool.take(SLAB_BYTES));
  const first = take(20);
  pool.giveBack(first);
  expect(pool.freeBytes).toBe(20 * SLAB_BYTES);
  const again = take(20);
  expect(new Set(again)).toEqual(new Set(first));
  expect(pool.freeBytes).toBe(0);
  pool.giveBack(again);
  for (let part = 0; part < 100; part++) pool.giveBack(take(2));
  expect(pool.freeBytes).toBe(2 * SLAB_BYTES);
});
