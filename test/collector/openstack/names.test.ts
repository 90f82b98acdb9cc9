import fc from "fast-check";
import { expect, test } from "vitest";
import { Names } from "../../../collector/openstack/names.ts";
import { openRegion } from "./region.ts";
import { StubApi } from "./stub-api.ts";

const IDS = ["a", "b", "c", "d"] as const;
const namesArbitrary = fc.dictionary(fc.constantFrom(...IDS), fc.constantFrom("x", "y"));

test("whoever uses an id is told of each name that is another than he was answered, or is no more", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...IDS), namesArbitrary)), fc.subarray([...IDS]), (steps, users) => {
      const names = new Names();
      const answered = new Map<string, string | undefined>();
      const ask = (id: string) => answered.set(id, names.get(id));
      names.onLate((ids) => {
        for (const id of ids) if (answered.has(id)) ask(id);
      });
      for (const id of users) ask(id);
      for (const step of steps) {
        if (typeof step === "string") ask(step);
        else names.replace(new Map(Object.entries(step)));
        for (const [id, name] of answered) expect([id, name]).toEqual([id, names.get(id)]);
      }
    }),
  );
});

test("of projects that are gone, with all that were theirs, nothing is kept", () => {
  const names = new Names();
  for (let round = 0; round < 3; round++) {
    const ids = Array.from({ length: 1_000 }, (_, number) => `${round}-${number}`);
    names.replace(new Map(ids.map((id) => [id, "name"])));
    for (const id of ids) names.get(id);
    expect(names.used).toBe(1_000);
  }
  names.replace(new Map());
  expect(names.used).toBe(0);
});

test("an image that is renamed or gone is told of by its machines alone: nothing else is read, and of Neutron nothing", async () => {
  const api = new StubApi();
  for (const id of ["i1", "i2"]) api.put("/images", { id, name: id });
  for (let number = 0; number < 6; number++) {
    api.put("/servers/detail", { id: `s${number}`, name: "s", image: { id: `i${1 + (number % 2)}` } });
  }
  const region = await openRegion(api);
  const { glance, nova, neutron, round } = region;
  for (const service of [glance, nova, neutron]) await service.full(round);
  const imagesOf = () => [0, 1].map((number) => region.known()[`vm/s${number}`]?.attributes.image);
  expect(imagesOf()).toEqual(["i1", "i2"]);
  const generations = [nova.generation(), neutron.generation()];
  api.put("/images", { id: "i1", name: "renamed" });
  api.drop("/images", "i2");
  await glance.full(round);
  api.asked.length = 0;
  await nova.poll(round);
  expect(imagesOf()).toEqual(["renamed", undefined]);
  expect([nova.generation(), neutron.generation()]).toEqual(generations);
  const lists = api.asked.filter(({ path }) => path === "/servers/detail").map(({ query }) => new Map(query));
  expect(lists.map((query) => query.get("image"))).toEqual([undefined, "i1", "i2"]);
  expect(lists[0]?.has("changes-since")).toBe(true);
  // More than a few at once are told by one reading of Nova, and of Nova alone.
  const many = Array.from({ length: 30 }, (_, number) => `many${number}`);
  for (const id of many) api.put("/images", { id, name: id });
  for (const id of many) api.put("/servers/detail", { id: `s-${id}`, name: "s", image: { id } });
  for (const service of [glance, nova]) await service.full(round);
  for (const id of many) api.drop("/images", id);
  await glance.full(round);
  expect([nova.generation(), neutron.generation()]).toEqual([(generations[0] ?? 0) + 1, generations[1]]);
  await region.end();
});
