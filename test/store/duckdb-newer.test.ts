import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, onTestFinished, test } from "vitest";
import { openMetricsPath } from "../../collector/metrics-path.ts";
import { systemClock } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { openDuckDb } from "../../store/embedded/duckdb.ts";
import { temporaryFolder } from "../collector/fixtures/temporary-folder.ts";

const HEADER_BYTES = 4_096;
const CHECKSUM_BYTES = 8;
const VERSION_AT = 12;
const LIMITS = { threads: 1, memoryMegabytes: 64 };

/** Source: DuckDB, src/common/checksum.cpp. */
function checksumOf(header: Buffer): bigint {
  let sum = 5_381n;
  for (let at = CHECKSUM_BYTES; at < HEADER_BYTES; at += 8) {
    sum ^= BigInt.asUintN(64, header.readBigUInt64LE(at) * 0xbf58_476d_1ce4_e5b9n);
  }
  return sum;
}

/** A database of which the header says that a later engine wrote it. */
async function newerDatabase(path: string): Promise<Buffer> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run("CREATE TABLE t (i INTEGER); CHECKPOINT");
  connection.closeSync();
  instance.closeSync();
  const bytes = readFileSync(path);
  expect(checksumOf(bytes)).toBe(bytes.readBigUInt64LE(0));
  bytes.writeBigUInt64LE(9_999n, VERSION_AT);
  bytes.writeBigUInt64LE(checksumOf(bytes), 0);
  writeFileSync(path, bytes);
  return bytes;
}

test("a file of a newer release is refused as such, and is not called damaged", async () => {
  const path = join(temporaryFolder(), "any.duckdb");
  await newerDatabase(path);
  for (const limits of [LIMITS, { ...LIMITS, rowGroupRows: 2_048 }]) {
    await expect(openDuckDb(path, limits)).rejects.toMatchObject({
      code: "store.newer",
      message: expect.stringContaining(path),
      hint: expect.stringContaining("or a later one"),
    });
  }
});

test("a metric head of a newer release is not set aside, and stays as it is", async () => {
  const folder = temporaryFolder();
  const bytes = await newerDatabase(join(folder, "metrics.duckdb"));
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const opened = openMetricsPath({ folder, cluster: "c" }, { clock: systemClock, log: silentLog }, lifetime);
  await expect(opened).rejects.toMatchObject({ code: "store.newer" });
  expect(readFileSync(join(folder, "metrics.duckdb")).equals(bytes)).toBe(true);
  expect(readdirSync(folder)).toEqual(["metrics.duckdb"]);
});
