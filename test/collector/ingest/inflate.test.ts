import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { inflate } from "../../../collector/ingest/inflate.ts";

const MOST = 1_000_000;

async function inflated(body: Buffer): Promise<string> {
  const result = await inflate(body, "gzip", MOST);
  return result.kind === "bytes" ? result.bytes.toString("hex") : result.kind;
}

test.each([0, 1, 100, 8_191, 8_192, 16_384, 70_000, 256 * 1024, 256 * 1024 + 1, 600_000])(
  "%d bytes come out as they went in",
  async (length) => {
    const content = randomBytes(length);
    expect(await inflated(gzipSync(content))).toBe(content.toString("hex"));
  },
);

test("the length a gzip says it has is not believed", async () => {
  const content = randomBytes(50_000);
  for (const told of [0, 1, 49_999, 50_001, 200_000, 4_000_000_000]) {
    const body = gzipSync(content);
    body.writeUInt32LE(told, body.length - 4);
    // Zlib compares it with what came out.
    expect(await inflated(body)).toBe("malformed");
  }
});

test("a gzip of several members is all of them", async () => {
  const [first, second] = [randomBytes(30_000), randomBytes(10)];
  const body = Buffer.concat([gzipSync(first), gzipSync(second)]);
  expect(await inflated(body)).toBe(Buffer.concat([first, second]).toString("hex"));
});

test.each([
  ["nothing", Buffer.alloc(0), "malformed"],
  ["no gzip", randomBytes(500), "malformed"],
  ["a gzip cut off", gzipSync(randomBytes(500)).subarray(0, 300), "malformed"],
  ["a small gzip that becomes too large", gzipSync(Buffer.alloc(MOST + 1)), "too_large"],
  ["two members that together become too large", gzipTwice(Buffer.alloc(MOST / 2 + 1)), "too_large"],
])("%s is refused", async (_, body, kind) => {
  expect(await inflated(body)).toBe(kind);
});

test("what was inflated is given back when nobody reads it any more", async () => {
  const body = gzipSync(randomBytes(100_000));
  const before = process.memoryUsage().arrayBuffers;
  for (let time = 0; time < 100; time++) {
    const result = await inflate(body, "gzip", MOST);
    if (result.kind === "bytes") result.giveBack();
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
});

function gzipTwice(content: Buffer): Buffer {
  return Buffer.concat([gzipSync(content), gzipSync(content)]);
}
