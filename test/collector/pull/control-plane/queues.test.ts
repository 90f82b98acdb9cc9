import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readDetailedQueues } from "../../../../collector/pull/control-plane/detailed-queues.ts";
import { PageText } from "../../../../collector/pull/control-plane/page-text.ts";
import { addQueues, type QueueFigures, selectQueues } from "../../../../collector/pull/control-plane/queues.ts";

const figures = (queue: string, ready: number, consumers = 1): QueueFigures => ({
  ...{ vhost: "/", queue, ready, unacked: 0, consumers },
});
const anyQueues = fc
  .uniqueArray(fc.record({ queue: fc.string(), ready: fc.nat(50), consumers: fc.nat(2) }), {
    selector: ({ queue }) => queue,
    maxLength: 60,
  })
  .map((list) => list.map(({ queue, ready, consumers }) => figures(queue, ready, consumers)));
const anySelection = fc.record({
  names: fc.array(fc.constantFrom("a*", "?", "reply_*"), { maxLength: 2 }),
  backlog: fc.integer({ min: 1, max: 60 }),
  most: fc.nat(20),
});

describe("whatever the queues are,", () => {
  test("no more are told than may be, and those left out are counted", () => {
    fc.assert(
      fc.property(anyQueues, anySelection, (queues, selection) => {
        const { told, omitted } = selectQueues(queues, selection);
        const all = selectQueues(queues, { ...selection, most: queues.length });
        expect(told.length).toBeLessThanOrEqual(selection.most);
        expect(told.length + omitted).toBe(all.told.length);
        expect(all.omitted).toBe(0);
      }),
    );
  });

  test("their order says nothing", () => {
    fc.assert(
      fc.property(anyQueues, anySelection, (queues, selection) => {
        expect(selectQueues(queues.toReversed(), selection)).toEqual(selectQueues(queues, selection));
      }),
    );
  });

  test("one that is not told is not named, or there are too many, and has less than the backlog or fewer than those told", () => {
    fc.assert(
      fc.property(anyQueues, anySelection, (queues, selection) => {
        const unnamed = { ...selection, names: [] };
        const { told, omitted } = selectQueues(queues, unnamed);
        const least = Math.min(...told.map(({ ready }) => ready));
        for (const queue of queues.filter((it) => !told.includes(it))) {
          const isWorth = queue.ready >= selection.backlog || (queue.ready > 0 && queue.consumers === 0);
          expect(isWorth).toBe(isWorth && omitted > 0);
          if (isWorth) expect(queue.ready).toBeLessThanOrEqual(least);
        }
      }),
    );
  });

  test("a page says them as they are", async () => {
    await fc.assert(
      fc.asyncProperty(anyQueues, async (queues) => {
        const page = new PageText();
        addQueues({ told: queues, omitted: 0 }, page);
        const named = queues.filter(({ queue }) => queue !== "");
        expect(await readDetailedQueues(Buffer.from(page.toString()))).toEqual(named);
      }),
    );
  });
});

test("queues by name come before the fullest", () => {
  const { told } = selectQueues([figures("full", 100), figures("named", 0), figures("fuller", 200)], {
    ...{ names: ["named"], backlog: 10, most: 2 },
  });
  expect(told.map(({ queue }) => queue)).toEqual(["named", "fuller"]);
});

test("of the page with everything only figures of single queues are taken", async () => {
  const page = [
    "# TYPE rabbitmq_queue_messages_ready gauge",
    'rabbitmq_queue_messages_ready{vhost="/",queue="q"} 3',
    "rabbitmq_queue_messages_ready 12",
    'rabbitmq_queue_messages_ready_bytes{vhost="/",queue="q"} 99',
    'rabbitmq_queue_consumers{vhost="/",queue="q"} 2',
    'rabbitmq_channel_consumers{channel="1"} 7',
    "",
  ].join("\n");
  expect(await readDetailedQueues(Buffer.from(page))).toEqual([figures("q", 3, 2)]);
  expect(await readDetailedQueues(Buffer.from("<html>"))).toMatchObject({ reason: expect.stringContaining("line 1") });
});
