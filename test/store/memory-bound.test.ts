import { expect, test } from "vitest";
import { partsToClose, partsToSeal } from "../../store/embedded/metrics/memory-bound.ts";
import type { RowPart } from "../../store/embedded/metrics/parts.ts";

const part = (table: string, hour: number, generation = 0): RowPart => ({ kind: "rows", table, hour, generation });
const [cpu0, cpu1, cpu2, mem0] = [part("cpu", 7), part("cpu", 7, 1), part("cpu", 7, 2), part("mem", 7)];

function memory(bytes: ReadonlyMap<RowPart, number>, closed: readonly RowPart[]) {
  const sum = [...bytes.values()].reduce((all, one) => all + one, 0);
  return [
    { isClosed: (one: RowPart) => closed.includes(one) },
    { bytes: sum, bytesOf: (one: RowPart) => bytes.get(one) ?? 0, maxBytes: 1_000 },
  ] as const;
}

test("parts are closed when those that rows go to have half of the memory; small ones go on", () => {
  const bytes = new Map([
    [cpu0, 400],
    [mem0, 5],
  ]);
  expect(partsToClose([cpu0, mem0], ...memory(bytes, []))).toEqual([]);
  bytes.set(cpu0, 500);
  expect(partsToClose([cpu0, mem0], ...memory(bytes, []))).toEqual([cpu0]);
  expect(partsToClose([cpu0, mem0], ...memory(bytes, [cpu0]))).toEqual([]);
});

test("of closed parts the oldest of each table is sealed when nearly all is taken; open ones and others are not", () => {
  const bytes = new Map([
    [cpu0, 300],
    [cpu1, 300],
    [cpu2, 200],
    [mem0, 40],
  ]);
  const all = [cpu2, cpu1, cpu0, mem0];
  expect(partsToSeal(all, ...memory(bytes, [cpu0, cpu1, mem0]))).toEqual([]);
  bytes.set(cpu2, 220);
  expect(partsToSeal(all, ...memory(bytes, [cpu0, cpu1, mem0]))).toEqual([cpu0, mem0]);
  const earlier = part("cpu", 6, 4);
  bytes.set(earlier, 10);
  expect(partsToSeal([...all, earlier], ...memory(bytes, [cpu0, earlier]))).toEqual([earlier]);
  // Those that are not in memory are sealed for another reason.
  bytes.delete(earlier);
  expect(partsToSeal([...all, earlier], ...memory(bytes, [cpu1, earlier]))).toEqual([cpu1]);
});
