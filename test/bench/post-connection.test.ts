import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { gzipped } from "../../bench/metric-load.ts";
import { PostConnection } from "../../bench/post-connection.ts";

const answers = [
  { status: 204, text: "" },
  { status: 429, text: "later\r\n\r\nlater" },
  { status: 204, text: "" },
];
const received: string[] = [];
const server = createServer((request, reply) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    received.push(gunzipSync(Buffer.concat(chunks)).toString());
    const { status, text } = answers[received.length - 1] ?? { status: 500, text: "" };
    reply.writeHead(status, text === "" ? {} : { "content-length": text.length }).end(text);
  });
});

afterEach(() => server.close());

test("bodies are written one after the other over one connection, whatever they are answered with", async () => {
  let connections = 0;
  server.on("connection", () => connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const connection = new PostConnection(new URL(`http://127.0.0.1:${port}/write?precision=ms`));
  const statuses: number[] = [];
  for (const text of ["one", "two", "three"]) statuses.push(await connection.post(gzipped(text)));
  connection.close();
  expect(statuses).toEqual([204, 429, 204]);
  expect(received).toEqual(["one", "two", "three"]);
  expect(connections).toBe(1);
});
