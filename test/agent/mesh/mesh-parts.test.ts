import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodePacket, encodePacket, type MeshPacket } from "../../../agent/mesh/mesh-packet.ts";
import { PathMtuSearch } from "../../../agent/mesh/path-mtu.ts";
import { PeerTrack } from "../../../agent/mesh/peer-track.ts";

const KEY = Buffer.alloc(32, 7);

describe("a packet", () => {
  const packet = fc.record({
    kind: fc.constantFrom("ask" as const, "answer" as const),
    asker: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString("hex")),
    number: fc.nat(0xffffffff),
    sentMs: fc.double({ min: 0, max: 1e12, noNaN: true }),
    sizeBytes: fc.integer({ min: 44, max: 9_000 }),
  });

  test("says what it was made of, and nothing to whoever has another key or another size of it", () => {
    fc.assert(
      fc.property(packet, fc.nat(), (made: MeshPacket, at) => {
        const bytes = encodePacket(made, KEY);
        expect(decodePacket(bytes, KEY)).toEqual(made);
        expect(decodePacket(bytes, Buffer.alloc(32, 8))).toBeUndefined();
        expect(decodePacket(bytes.subarray(0, bytes.length - 1), KEY)).toBeUndefined();
        const changed = Buffer.from(bytes);
        const place = at % 36;
        changed[place] = (changed[place] ?? 0) ^ 1;
        expect(decodePacket(changed, KEY)).toBeUndefined();
      }),
    );
  });

  test("whatever else comes to the port is none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodePacket(Buffer.from(bytes), KEY)).toBeUndefined();
      }),
    );
  });
});

describe("a peer", () => {
  /** Asks each second; `answers` tells after how many ms each question is answered, undefined for never. */
  function watched(answers: readonly (number | undefined)[]): { track: PeerTrack; endMs: number } {
    const track = new PeerTrack();
    const happenings = answers.flatMap((rttMs, index) => [
      { atMs: index * 1_000, run: (nowMs: number) => track.asked(index, nowMs) },
      ...(rttMs === undefined
        ? []
        : [{ atMs: index * 1_000 + rttMs, run: (nowMs: number) => track.answered(index, nowMs) }]),
    ]);
    const endMs = answers.length * 1_000 + 3_000;
    for (let nowMs = 500; nowMs <= endMs; nowMs += 500) happenings.push({ atMs: nowMs, run: (at) => track.expire(at) });
    for (const { atMs, run } of happenings.toSorted((a, b) => a.atMs - b.atMs)) run(atMs);
    return { track, endMs };
  }

  test("what comes within a second is an answer, all else is lost, and each question counts once", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 2_500 }), { nil: undefined })), (answers) => {
        const { track } = watched(answers);
        const good = answers.filter((rttMs) => rttMs !== undefined && rttMs <= 1_000);
        expect(track.counts).toEqual({ sent: answers.length, lost: answers.length - good.length });
        const times = good.flatMap((rttMs) => rttMs ?? []);
        const trips = track.takeRoundTrips();
        expect(trips?.count ?? 0).toBe(times.length);
        if (trips !== undefined) expect([trips.maxMs, trips.meanMs]).toEqual([Math.max(...times), mean(times)]);
        expect(track.takeRoundTrips()).toBeUndefined();
      }),
    );
  });

  const mean = (values: readonly number[]) =>
    expect.closeTo(values.reduce((sum, value) => sum + value, 0) / values.length, 6);

  test("is silent when nothing came for some seconds, not for one lost packet, and answers again at once", () => {
    const lost = (count: number) => Array.from({ length: count }, () => undefined);
    const stateOf = ({ track, endMs }: ReturnType<typeof watched>) => track.state(endMs);
    expect(stateOf(watched([1, 1, ...lost(1)]))).toBe("answers");
    expect(stateOf(watched([1, 1, ...lost(5)]))).toBe("silent");
    expect(stateOf(watched([1, ...lost(5), 1]))).toBe("answers");
    expect(stateOf(watched([]))).toBe("unknown");
  });

  test("refuses as long as its machine says so", () => {
    const { track, endMs } = watched([1, undefined, undefined, undefined, undefined, undefined]);
    track.refused(endMs);
    expect(track.state(endMs)).toBe("refuses");
    expect(track.state(endMs + 20_000)).toBe("silent");
  });
});

describe("the search for the path MTU", () => {
  /** Tries until it is found; one of three packets that would pass is lost on its way. */
  function found(linkMtu: number, pathMtu: number, loses: (n: number) => boolean) {
    const search = new PathMtuSearch(linkMtu);
    let packets = 0;
    for (let size = search.next; size !== undefined; size = search.next) {
      packets++;
      if (size <= pathMtu && !loses(packets)) search.answered();
      else search.lost();
    }
    return { mtu: search.found, packets };
  }

  test("finds what passes to within eight bytes, never more, though packets are lost", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_280, max: 9_216 }), fc.integer({ min: 600, max: 9_216 }), (linkMtu, way) => {
        const pathMtu = Math.min(linkMtu, way);
        const { mtu = 0, packets } = found(linkMtu, pathMtu, (n) => n % 3 === 2);
        expect(mtu).toBeLessThanOrEqual(pathMtu);
        expect(mtu).toBeGreaterThan(pathMtu - 9);
        expect(packets).toBeLessThan(80);
      }),
    );
  });

  test("is over with one packet when all is well, and finds nothing where nothing passes", () => {
    expect(found(1_500, 1_500, () => false)).toEqual({ mtu: 1_500, packets: 1 });
    expect(found(1_500, 0, () => false).mtu).toBeUndefined();
  });
});
