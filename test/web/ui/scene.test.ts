// @vitest-environment jsdom
import { describe, expect, test } from "vitest";
import { interfaceId, ovsBridgeId } from "../../../core/element-id.ts";
import type { Topology } from "../../../topology/model/topology.ts";
import { place } from "../../../web/ui/layout/atlas.ts";
import { createDrawing } from "../../../web/ui/map/draw.ts";
import { buildScene, type Scene, type SceneInput } from "../../../web/ui/map/scene.ts";
import { contentsOf } from "../../../web/ui/model/contents.ts";
import { cloudOf, computeNode } from "./fixture-cloud.ts";

const HOST = "c-1";
const topology = cloudOf(computeNode("main", HOST, 8));
const nic = interfaceId(HOST, undefined, "ens1f0");

function sceneOf(options: Partial<SceneInput> = {}, state: Topology = topology): Scene {
  const contents = contentsOf(state, HOST);
  return buildScene({
    topology: state,
    contents,
    atlas: place(place(undefined, contentsOf(topology, HOST)), contents),
    agentIsSilent: false,
    hidden: new Set(),
    query: "",
    selected: undefined,
    alerts: new Map(),
    diff: undefined,
    ...options,
  });
}

const itemOf = (scene: Scene, id: string) => scene.items.find(({ element }) => element === id);
const positions = (scene: Scene) => new Map(scene.items.map(({ id, place: { x, y } }) => [id, `${x} ${y}`]));

describe("the scene", () => {
  test("finding dims the rest and moves nothing", () => {
    const [all, found] = [sceneOf(), sceneOf({ query: "ens1f0" })];
    expect(found.items.filter(({ dimmed }) => !dimmed).map(({ name }) => name)).toEqual(["ens1f0"]);
    expect(positions(found)).toEqual(positions(all));
  });

  test("a hidden layer takes its cables along and moves nothing else", () => {
    const [all, without] = [sceneOf(), sceneOf({ hidden: new Set(["workloads"]) })];
    expect(without.items.some(({ place: { band } }) => band === "workloads")).toBe(false);
    expect(without.cables.some(({ kind }) => kind === "attached")).toBe(false);
    for (const [id, position] of positions(without)) expect(positions(all).get(id)).toBe(position);
  });

  test("a silent agent makes its elements unknown", () => {
    const scene = sceneOf({ agentIsSilent: true });
    expect(itemOf(scene, nic)?.condition).toBe("unknown");
  });

  test("in a difference of a silent host the unchanged is unknown, but what changed is said", () => {
    const diff = {
      mark: (id: string) => (id === nic ? "added" : "unchanged") as never,
      counts: new Map(),
      only: false,
    };
    const scene = sceneOf({ agentIsSilent: true, diff });
    expect(itemOf(scene, nic)?.diff).toBe("added");
    expect(itemOf(scene, interfaceId(HOST, undefined, "lo"))?.diff).toBe("unknown");
  });

  test("only changes: the unchanged is dimmed, never taken away", () => {
    const diff = {
      mark: (id: string) => (id === nic ? "changed" : "unchanged") as never,
      counts: new Map(),
      only: true,
    };
    const scene = sceneOf({ diff });
    expect(scene.items.filter(({ dimmed }) => !dimmed).map(({ element }) => element)).toEqual([nic]);
    expect(scene.items).toHaveLength(sceneOf().items.length);
  });

  test("a cable that only passes the boxes of another band is drawn behind them", () => {
    const scene = sceneOf();
    expect(scene.cables.filter(({ kind }) => kind === "attached").every(({ passes }) => passes)).toBe(true);
    expect(scene.cables.filter(({ kind }) => kind === "patch").some(({ passes }) => passes)).toBe(false);
  });
});

describe("the drawing", () => {
  const draw = (...scenes: readonly Scene[]): SVGGElement => {
    const root = document.createElementNS("http://www.w3.org/2000/svg", "g");
    const drawing = createDrawing(root);
    for (const scene of scenes) drawing.update(scene, { animated: false });
    return root;
  };
  const drawnIds = (root: SVGGElement, selector: string): readonly string[] =>
    [...root.querySelectorAll(selector)].map((each) => each.getAttribute("data-element-id") ?? "").sort();

  test("has every element of the scene, and after it went no longer", () => {
    const less = new Map([...topology].filter(([id]) => id !== nic));
    const root = draw(sceneOf(), sceneOf({}, less));
    expect(drawnIds(root, ".m-item")).toEqual(
      sceneOf({}, less)
        .items.map(({ element }) => element)
        .sort(),
    );
    expect(drawnIds(root, ".m-item")).not.toContain(nic);
  });

  test("says condition, difference and alert in attributes, and in a difference no health", () => {
    const alerts = new Map([[nic, "critical" as const]]);
    const live = draw(sceneOf({ alerts })).querySelector(`.m-item[data-element-id="${nic}"]`);
    expect(live?.getAttribute("data-condition")).toBe("up");
    expect(live?.getAttribute("data-alert")).toBe("critical");
    expect(live?.querySelector(".m-alert")).not.toBeNull();
    const diff = { mark: () => "changed" as const, counts: new Map([[nic, 3]]), only: false };
    const compared = draw(sceneOf({ diff })).querySelector(`.m-item[data-element-id="${nic}"]`);
    expect(compared?.getAttribute("data-condition")).toBeNull();
    expect(compared?.getAttribute("data-diff")).toBe("changed");
    expect(compared?.querySelector(".m-diff-mark")?.textContent).toBe("~3");
  });

  test("takes a mark away when what it said is over", () => {
    const diff = { mark: () => "added" as const, counts: new Map(), only: false };
    const root = draw(sceneOf({ diff }), sceneOf());
    expect(root.querySelectorAll(".m-diff-mark, .m-pattern, .m-corner")).toHaveLength(0);
  });

  test("emphasises the cables of what the pointer is on", () => {
    const root = document.createElementNS("http://www.w3.org/2000/svg", "g");
    const drawing = createDrawing(root);
    drawing.update(sceneOf(), { animated: false });
    drawing.hover(interfaceId(HOST, undefined, "bond0"));
    const touched = root.querySelectorAll(".m-touched").length;
    expect(touched).toBeGreaterThan(1);
    expect(touched).toBeLessThan(sceneOf().cables.length);
    drawing.hover(undefined);
    expect(root.querySelectorAll(".m-touched")).toHaveLength(0);
  });

  test("a bridge is drawn with its name even where cables cross it", () => {
    const root = draw(sceneOf());
    const layers = [...root.children].map((layer) => layer.getAttribute("class"));
    expect(layers.indexOf("m-titles")).toBeGreaterThan(layers.lastIndexOf("m-cables"));
    expect(drawnIds(root, ".m-boxes .m-box")).toContain(ovsBridgeId(HOST, "br-int"));
  });
});
