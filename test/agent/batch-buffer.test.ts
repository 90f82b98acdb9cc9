import fc from "fast-check";
import { expect, test } from "vitest";
import { BatchBuffer } from "../../agent/delivery/batch-buffer.ts";
import { batchesOf } from "../../agent/delivery/metric-sender.ts";

test("the buffer never holds more than its bound, drops the oldest first and counts every line it dropped", () => {
  const sizes = fc.array(fc.record({ bytes: fc.nat(60), lines: fc.nat(9), take: fc.boolean() }), { maxLength: 40 });
  fc.assert(
    fc.property(sizes, (script) => {
      const buffer = new BatchBuffer(100);
      let [pushedLines, takenLines, lastTaken] = [0, 0, 0];
      script.forEach(({ bytes, lines, take }, index) => {
        buffer.push({ sequence: index + 1, lines, body: new Uint8Array(bytes) });
        pushedLines += lines;
        expect(buffer.bytes).toBeLessThanOrEqual(100);
        const taken = take ? buffer.take() : undefined;
        if (taken === undefined) return;
        expect(taken.sequence).toBeGreaterThan(lastTaken);
        lastTaken = taken.sequence;
        takenLines += taken.lines;
      });
      for (let rest = buffer.take(); rest !== undefined; rest = buffer.take()) takenLines += rest.lines;
      expect(takenLines + buffer.droppedLines).toBe(pushedLines);
      expect(buffer.bytes).toBe(0);
    }),
  );
});

test("a sample is cut into parts of bounded size, in order, with nothing lost", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, maxLength: 30 }), { maxLength: 30 }), (lines) => {
      const batches = batchesOf(lines, 40);
      expect(batches.flat()).toEqual(lines);
      for (const batch of batches) expect(batch.length === 1 || batch.join("\n").length <= 40).toBe(true);
    }),
  );
});
