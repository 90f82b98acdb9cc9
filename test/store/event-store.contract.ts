import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { elementIdOf, isWithin } from "../../core/element-id.ts";
import type { EventFilter, EventStore, RecordedEvent } from "../../store/event-store.ts";
import { SEVERITIES } from "../../store/events/events-table.ts";

const ms = epochMsOf;
const HOSTS = ["h1", "h2"];
const KINDS = ["vm-started", "oom-kill", "log-match"];

export interface OpenedEvents {
  readonly events: () => EventStore;
  reopen(): Promise<void>;
  close(): Promise<void>;
}

const eventArbitrary = fc
  .record({
    at: fc.integer({ min: 0, max: 60 }),
    host: fc.constantFrom(...HOSTS),
    number: fc.integer({ min: 0, max: 40 }),
    kind: fc.constantFrom(...KINDS),
    below: fc.constantFrom(undefined, "if/eth0", "if/eth01", "domain/a"),
    severity: fc.constantFrom(...SEVERITIES),
    text: fc.constantFrom("a line", 'with "quotes" and 中文', ""),
  })
  .map(
    ({ at, host, number, below, ...rest }): Omit<RecordedEvent, "cluster"> => ({
      ...rest,
      at: ms(at),
      knownAt: ms(at + 5),
      host,
      id: `e${number}`,
      element: elementIdOf("host", host, ...(below?.split("/") ?? [])),
      attributes: { number, list: ["x", 1] },
    }),
  );

const filterArbitrary = fc.record(
  {
    root: fc.constantFrom(elementIdOf("host", "h1"), elementIdOf("host", "h1", "if", "eth0")),
    element: fc.constantFrom(elementIdOf("host", "h1"), elementIdOf("host", "h2", "domain", "a")),
    kinds: fc.uniqueArray(fc.constantFrom(...KINDS), { maxLength: 2 }),
    severity: fc.constantFrom(...SEVERITIES),
  },
  { requiredKeys: [] },
);

/** The slow, obvious oracle. */
function kept(told: readonly RecordedEvent[]): readonly RecordedEvent[] {
  const byId = new Map<string, RecordedEvent>();
  for (const event of told) if (!byId.has(`${event.host} ${event.id}`)) byId.set(`${event.host} ${event.id}`, event);
  return [...byId.values()];
}

function fits({ root, element, kinds = [], severity }: Omit<EventFilter, "cluster">, event: RecordedEvent): boolean {
  return (
    (root === undefined || isWithin(event.element, root)) &&
    (element === undefined || event.element === element) &&
    (kinds.length === 0 || kinds.includes(event.kind)) &&
    (severity === undefined || SEVERITIES.indexOf(event.severity) >= SEVERITIES.indexOf(severity))
  );
}

const newestFirst = (a: RecordedEvent, b: RecordedEvent) =>
  b.at - a.at || (a.host < b.host ? 1 : a.host > b.host ? -1 : 0) || (a.id < b.id ? 1 : -1);

/** Every `EventStore` keeps these promises. */
export function eventStoreContract(name: string, open: () => Promise<OpenedEvents>): void {
  describe(`${name} as a store of events`, () => {
    let opened: OpenedEvents;
    let clusters = 0;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    /** A told event is told again with the same time, as it is from one agent. */
    const told = (events: readonly Omit<RecordedEvent, "cluster">[], cluster: string): readonly RecordedEvent[] => {
      const times = new Map<string, (typeof events)[number]>();
      return events.map((event) => {
        const key = `${event.host} ${event.id}`;
        const first = times.get(key) ?? event;
        times.set(key, first);
        return { ...first, cluster };
      });
    };

    test("what was told is found, page by page, newest first, each once however often it was told", async () => {
      const history = fc.array(fc.array(eventArbitrary, { size: "medium" }), { maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(history, filterArbitrary, fc.integer({ min: 1, max: 7 }), async (batches, filter, limit) => {
          const cluster = `c${++clusters}`;
          const events = told(batches.flat(), cluster);
          const ends = batches.map((_, index) => batches.slice(0, index + 1).flat().length);
          await Promise.all(ends.map((end, index) => opened.events().append(events.slice(ends[index - 1] ?? 0, end))));
          const from = ms(10);
          const to = ms(50);
          const found: RecordedEvent[] = [];
          let after: string | undefined;
          do {
            const page = await opened.events().events({ cluster, ...filter, from, to, limit, after });
            expect(page.events.length).toBeLessThanOrEqual(limit);
            found.push(...page.events);
            after = page.next;
          } while (after !== undefined);
          const expected = kept(events).filter((event) => from < event.at && event.at <= to && fits(filter, event));
          expect(found).toEqual(expected.toSorted(newestFirst));
        }),
        { numRuns: 25 },
      );
    });

    test("the density counts every event of the span in one bucket", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(eventArbitrary, { size: "medium" }),
          filterArbitrary,
          fc.integer({ min: 1, max: 50 }),
          async (batch, filter, buckets) => {
            const cluster = `c${++clusters}`;
            const events = told(batch, cluster);
            await opened.events().append(events);
            const [from, to] = [ms(7), ms(55)];
            const counted = await opened.events().density({ cluster, ...filter, from, to, buckets });
            expect(counted.length).toBeLessThanOrEqual(buckets);
            expect([counted[0]?.from, counted.at(-1)?.to]).toEqual([from, to]);
            for (const [index, bucket] of counted.entries()) {
              expect(bucket.from).toBe(counted[index - 1]?.to ?? from);
              const inside = kept(events).filter(({ at }) => bucket.from <= at && at < bucket.to);
              for (const severity of SEVERITIES) {
                const wanted = inside.filter((event) => event.severity === severity && fits(filter, event));
                expect(bucket[severity]).toBe(wanted.length);
              }
            }
          },
        ),
        { numRuns: 25 },
      );
    });

    test("what was acknowledged is there after a restart, and retention forgets what is before its moment only", async () => {
      const cluster = `c${++clusters}`;
      const event = (at: number): RecordedEvent => ({
        ...{ cluster, id: `e${at}`, at: ms(at), knownAt: ms(at), host: "h1", kind: "oom-kill", severity: "critical" },
        ...{ element: elementIdOf("host", "h1"), text: "killed", attributes: {} },
      });
      await opened.events().append([event(1), event(2), event(3)]);
      await opened.reopen();
      const times = async () =>
        (await opened.events().events({ cluster, from: ms(0), to: ms(9), limit: 9 })).events.map(({ at }) => at);
      expect(await times()).toEqual([3, 2, 1]);
      await opened.events().retain(cluster, ms(2));
      expect(await times()).toEqual([3, 2]);
    });

    test("a cursor that is none of ours is refused", async () => {
      const query = { cluster: "c", from: ms(0), to: ms(9), limit: 9 };
      await expect(opened.events().events({ ...query, after: "'; DROP TABLE events" })).rejects.toMatchObject({
        code: "events.cursor_unknown",
        status: 400,
      });
    });
  });
}
