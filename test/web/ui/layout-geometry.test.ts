import { describe, expect, test } from "vitest";
import { place } from "../../../web/ui/layout/atlas.ts";
import { cablePath } from "../../../web/ui/layout/cables.ts";
import { type Direction, nearestInDirection } from "../../../web/ui/layout/nearest.ts";
import type { Rect } from "../../../web/ui/layout/shapes.ts";
import { fitting, levelOf, showing } from "../../../web/ui/map/camera.ts";
import { labelOf } from "../../../web/ui/map/labels.ts";
import { bridgePortOf, contentsOf } from "../../../web/ui/model/contents.ts";
import { cloudOf, computeNode } from "./fixture-cloud.ts";

describe("the nearest element in a direction", () => {
  const rect = (x: number, y: number): Rect => ({ x, y, width: 100, height: 20 });
  const grid: readonly (readonly [string, Rect])[] = [
    ["a1", rect(0, 0)],
    ["b1", rect(120, 0)],
    ["c1", rect(240, 0)],
    ["a2", rect(0, 60)],
    ["b2", rect(130, 60)],
    ["c3", rect(240, 400)],
  ];
  const cases: readonly [string, Direction, string | undefined][] = [
    ["b1", "left", "a1"],
    ["b1", "right", "c1"],
    ["b1", "down", "b2"],
    ["b1", "up", undefined],
    ["a2", "up", "a1"],
    ["c1", "down", "b2"],
    ["b2", "down", "c3"],
  ];
  test.each(cases)("from %s %s is %s", (from, direction, expected) => {
    const start = grid.find(([id]) => id === from)?.[1] ?? rect(0, 0);
    expect(nearestInDirection(start, direction, grid)).toBe(expected);
  });
});

describe("cables", () => {
  const contents = contentsOf(cloudOf(computeNode("main", "c-1", 40)), "c-1");
  const atlas = place(undefined, contents);

  test("touch both of their ends", () => {
    for (const link of contents.cables) {
      const port = bridgePortOf(link, contents.nodes);
      const ends = [link.from, link.to].map((id) => atlas.places.get(port?.bridge === id ? link.id : id));
      const [one, other] = ends;
      if (one === undefined || other === undefined) continue;
      const path = cablePath(one, other, atlas.bands);
      const numbers = path.match(/-?\d+(\.\d+)?/g)?.map(Number) ?? [];
      const [x, y] = numbers;
      const upper = one.y < other.y || (one.y === other.y && one.x <= other.x) ? one : other;
      expect(path).not.toMatch(/NaN|undefined/);
      expect(isOnEdge(upper, x ?? Number.NaN, y ?? Number.NaN), path).toBe(true);
    }
  });

  test("are the same whichever end is named first", () => {
    const [one, other] = [...atlas.places.values()];
    if (one === undefined || other === undefined) throw new Error("no places");
    expect(cablePath(one, other, atlas.bands)).toBe(cablePath(other, one, atlas.bands));
  });

  function isOnEdge({ x, y, width, height }: Rect, px: number, py: number): boolean {
    const isWithin = px >= x && px <= x + width && py >= y && py <= y + height;
    return isWithin && (px === x || px === x + width || py === y || py === y + height);
  }
});

describe("the camera", () => {
  test("shows the whole world, to the right of the names of the bands", () => {
    const transform = fitting({ width: 2_000, height: 900 }, { width: 1_440, height: 700 });
    const [left, top] = transform.apply([0, 0]);
    const [right, bottom] = transform.apply([2_000, 900]);
    expect(left).toBeGreaterThanOrEqual(124);
    expect(top).toBeGreaterThanOrEqual(0);
    expect(right).toBeLessThanOrEqual(1_440);
    expect(bottom).toBeLessThanOrEqual(700);
  });

  test("does not blow a small host up", () => {
    expect(fitting({ width: 200, height: 100 }, { width: 1_440, height: 700 }).k).toBe(1.2);
  });

  test("stays where it is when what is asked for can be seen and read", () => {
    const now = fitting({ width: 1_200, height: 600 }, { width: 1_440, height: 700 });
    expect(showing({ x: 500, y: 300, width: 100, height: 20 }, now, { width: 1_440, height: 700 })).toBeUndefined();
    const target = showing({ x: 5_000, y: 300, width: 100, height: 20 }, now, { width: 1_440, height: 700 });
    expect(target?.apply([5_050, 310])[1]).toBeCloseTo(350);
  });

  test.each([
    [0.2, "far"],
    [0.5, "low"],
    [0.6, "middle"],
    [1, "near"],
    [3, "close"],
  ])("at zoom %d the level is %s", (scale, level) => {
    expect(levelOf(scale)).toBe(level);
  });
});

describe("labels", () => {
  test.each([
    ["eth0", 10, "eth0"],
    ["tap5b1e9c03-2f", 14, "tap5b1e9c03-2f"],
    ["tap5b1e9c03-2f", 9, "tap5b…-2f"],
    ["eth0", 2, ""],
  ])("%s in %d characters is %s", (name, room, label) => {
    expect(labelOf(name, room)).toBe(label);
    expect(label.length).toBeLessThanOrEqual(room);
  });
});
