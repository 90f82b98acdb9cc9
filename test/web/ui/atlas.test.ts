import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Element } from "../../../core/element.ts";
import { interfaceId, netnsId } from "../../../core/element-id.ts";
import { type Topology, topologyOf } from "../../../topology/model/topology.ts";
import { type Atlas, place } from "../../../web/ui/layout/atlas.ts";
import { AtlasBook } from "../../../web/ui/layout/atlas-book.ts";
import type { Rect } from "../../../web/ui/layout/shapes.ts";
import { contentsOf } from "../../../web/ui/model/contents.ts";
import { addVm, bareHost, cloudOf, computeNode, hostBuilder } from "./fixture-cloud.ts";

const HOST = "c-1";
const full = cloudOf(computeNode("main", HOST, 30));

/** Any part of a busy host, as a topology of its own. */
const partOfHost = fc.subarray<Element>([...full.values()], { minLength: 0 }).map((elements) => topologyOf(elements));

const atlasOf = (topology: Topology, before?: Atlas): Atlas => place(before, contentsOf(topology, HOST));

const positions = (atlas: Atlas): ReadonlyMap<string, Rect> =>
  new Map<string, Rect>([...atlas.places, ...[...atlas.boxes].map(([key, box]) => [`box ${key}`, box] as const)]);

const rectOf = ({ x, y, width, height }: Rect): Rect => ({ x, y, width, height });

function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

describe("the atlas of a host", () => {
  test("survivors move 0 px, whatever comes and goes", () => {
    fc.assert(
      fc.property(fc.array(partOfHost, { minLength: 2, maxLength: 6 }), (versions) => {
        let atlas: Atlas | undefined;
        const given = new Map<string, Rect>();
        for (const version of versions) {
          atlas = atlasOf(version, atlas);
          for (const [id, rect] of positions(atlas)) {
            expect(rectOf(given.get(id) ?? rect), id).toEqual(rectOf(rect));
            given.set(id, rect);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test("what comes back stands where it stood", () => {
    const first = atlasOf(full);
    const without = topologyOf([...full.values()].filter(({ id }) => !id.includes("/tap")));
    const later = atlasOf(full, atlasOf(without, first));
    expect(later.places).toEqual(first.places);
  });

  test("nothing stands on anything else, also after the host grew", () => {
    fc.assert(
      fc.property(partOfHost, (start) => {
        const atlas = atlasOf(full, atlasOf(start));
        const places = [...atlas.places.values()];
        for (const [index, one] of places.entries()) {
          for (const other of places.slice(index + 1)) expect(overlap(one, other)).toBe(false);
        }
        const boxes = [...atlas.boxes.values()];
        for (const [index, one] of boxes.entries()) {
          for (const other of boxes.slice(index + 1)) expect(overlap(one, other)).toBe(false);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("everything stands within its band and its box", () => {
    const atlas = atlasOf(full, atlasOf(cloudOf(bareHost("main", HOST))));
    for (const { band: name, box: key, ...rect } of atlas.places.values()) {
      const band = atlas.bands.find((each) => each.name === name);
      expect(rect.y).toBeGreaterThanOrEqual(band?.y ?? Number.NaN);
      expect(rect.y + rect.height).toBeLessThanOrEqual((band?.y ?? 0) + (band?.height ?? 0));
      const box = key === undefined ? undefined : atlas.boxes.get(key);
      if (box !== undefined) {
        expect(rect.x).toBeGreaterThanOrEqual(box.x);
        expect(rect.x + rect.width).toBeLessThanOrEqual(box.x + box.width);
        expect(rect.y + rect.height).toBeLessThanOrEqual(box.y + box.height);
      }
    }
  });

  test("the same host is laid out the same, byte by byte, in whatever order it is told", () => {
    const reversed = topologyOf([...full.values()].reverse());
    expect(JSON.stringify([...positions(atlasOf(reversed))].sort())).toBe(
      JSON.stringify([...positions(atlasOf(full))].sort()),
    );
  });

  test("laying out what is already there gives the very same atlas", () => {
    const atlas = atlasOf(full);
    expect(atlasOf(full, atlas)).toBe(atlas);
  });

  test("a namespace that outgrows its box goes on in another one", () => {
    const it = hostBuilder("main", HOST);
    const netns = it.netns("router", "name");
    it.device("loopback", "lo", {}, "router");
    const before = atlasOf(cloudOf(it.elements()));
    for (let index = 0; index < 20; index++) it.device("interface", `qr-${index}`, {}, "router");
    const after = atlasOf(cloudOf(it.elements()), before);
    const parts = [...after.boxes.values()].filter(({ id }) => id === netns).map(({ part }) => part);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts).toEqual(parts.map((_, index) => index + 1));
    const lo = interfaceId(HOST, "router", "lo");
    expect(after.places.get(lo)).toEqual(before.places.get(lo));
  });

  test("the second of a namespace's name is not taken for the first one's continuation", () => {
    const it = hostBuilder("main", HOST);
    for (const name of ["java", "java~2"]) {
      it.netns(name, "process");
      it.device("veth", "eth0", {}, name);
    }
    const before = atlasOf(cloudOf(it.elements()));
    for (let index = 1; index < 20; index++) it.device("veth", `eth${index}`, {}, "java");
    const atlas = atlasOf(cloudOf(it.elements()), before);
    const second = netnsId(HOST, "java~2");
    expect(atlas.boxes.get(second)).toEqual(before.boxes.get(second));
    expect([...atlas.places.values()].filter(({ box }) => box === second)).toHaveLength(1);
  });

  test("what hangs on something stands in its order, so that cables do not cross", () => {
    const contents = contentsOf(full, HOST);
    const atlas = atlasOf(full);
    const slotOf = (id: string): number => {
      const placed = atlas.places.get(id);
      return placed === undefined ? Number.NaN : placed.x * 1_000 + placed.y;
    };
    const attached = contents.cables
      .filter(({ kind }) => kind === "attached")
      .map(({ from, to }) => [slotOf(from), slotOf(to)] as const)
      .sort(([a], [b]) => a - b);
    expect(attached.length).toBe(30);
    expect(attached.map(([, vm]) => vm)).toEqual(attached.map(([, vm]) => vm).sort((a, b) => a - b));
  });

  test("the bands keep their order and their height", () => {
    const before = atlasOf(cloudOf(bareHost("main", HOST)));
    const after = atlasOf(full, before);
    const shape = (atlas: Atlas) => atlas.bands.map(({ name, y, height }) => ({ name, y, height }));
    expect(shape(after)).toEqual(shape(before));
    expect(shape(after).map(({ name }) => name)).toEqual([
      "physical",
      "tunnels",
      "bridges",
      "virtual",
      "namespaces",
      "workloads",
    ]);
  });

  test("220 virtual machines fit a screen's shape", () => {
    const atlas = atlasOf(cloudOf(computeNode("main", HOST, 220)));
    const ratio = atlas.width / atlas.height;
    expect(ratio).toBeGreaterThan(1.2);
    expect(ratio).toBeLessThan(4);
  });

  test("a book keeps an atlas per host until it is told to forget it", () => {
    const book = new AtlasBook();
    const small = contentsOf(cloudOf(bareHost("main", HOST)), HOST);
    const it = hostBuilder("main", HOST);
    for (let index = 0; index < 80; index++) addVm(it, index);
    const large = contentsOf(cloudOf(bareHost("main", HOST), it.elements()), HOST);
    book.atlasFor(small);
    const grown = book.atlasFor(large);
    book.forget(HOST);
    expect(book.atlasFor(large).bands).not.toEqual(grown.bands);
  });
});
