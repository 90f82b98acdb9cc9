import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSavedState } from "../../../agent/logs/saved-state.ts";
import { recordedLog } from "../recorded-log.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nephoscope-saved-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("of what is saved while it is being saved the last counts", async () => {
  const { log, entries } = recordedLog();
  const state = createSavedState(join(folder, "made"), "place", log);
  expect(state.load()).toBeUndefined();
  await Promise.all([state.save({ n: 1 }), state.save({ n: 2 }), state.save({ n: "磁" })]);
  expect(createSavedState(join(folder, "made"), "place", log).load()).toEqual({ n: "磁" });
  expect(readdirSync(join(folder, "made"))).toEqual(["place.json"]);
  expect(entries).toEqual([]);
});

test("what is damaged is set aside", async () => {
  const { log, entries } = recordedLog();
  const state = createSavedState(folder, "place", log);
  await state.save({ offset: 12 });
  writeFileSync(join(folder, "place.json"), readFileSync(join(folder, "place.json"), "utf8").replace("12", "13"));
  expect(createSavedState(folder, "place", log).load()).toBeUndefined();
  expect(readdirSync(folder)).toEqual(["place.json.damaged"]);
  expect(entries.map(({ event }) => event)).toEqual(["saved place in the logs is damaged, set aside"]);
});

test("where nothing can be written nothing is saved, which is said once; without a folder it is not even tried", async () => {
  const { log, entries } = recordedLog();
  writeFileSync(join(folder, "file"), "");
  const state = createSavedState(join(folder, "file"), "place", log);
  await state.save(1);
  await state.save(2);
  await createSavedState(undefined, "place", log).save(3);
  expect(entries.map(({ event }) => event)).toEqual(["place in the logs cannot be saved"]);
});
