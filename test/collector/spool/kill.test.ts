import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { openTestSpool, readEverything } from "./open-test-spool.ts";

const WRITER = new URL("../fixtures/spool-writer.ts", import.meta.url).pathname;

/** Runs a writer, kills it when it has acknowledged `after` bodies, and returns what it acknowledged. */
async function writeAndKill(folder: string, first: number, after: number): Promise<number[]> {
  const writer = spawn(process.execPath, [WRITER, folder, String(first)], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  let lines = 0;
  writer.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    lines += chunk.toString().split("\n").length - 1;
    if (lines >= after) writer.kill("SIGKILL");
  });
  await once(writer, "close");
  return output.slice(0, output.lastIndexOf("\n")).split("\n").map(Number);
}

test("a writer killed at any moment has every acknowledged body in the spool, and none twice", async () => {
  const folder = temporaryFolder();
  const acknowledged: number[] = [];
  for (let round = 0; round < 8; round++) {
    acknowledged.push(...(await writeAndKill(folder, round * 1_000_000, 1 + Math.floor(Math.random() * 800))));
  }
  const { spool } = await openTestSpool(folder, { consumers: [] });
  const kept = (await readEverything(spool, 200_000)).map((frame) => Number(frame.body.toString().split(" ")[0]));
  expect(new Set(kept).size).toBe(kept.length);
  expect(acknowledged.length).toBeGreaterThan(8);
  expect(acknowledged.filter((number) => !kept.includes(number))).toEqual([]);
});
