import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { connect } from "node:net";
import { afterAll, expect, test } from "vitest";
import { openDoor } from "../../cli/up/door.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { makeCertificate } from "./fixtures/certificate.ts";
import { temporaryFolder } from "./fixtures/nephoscope.ts";

const folder = temporaryFolder();
const lifetime = new Lifetime();
afterAll(async () => {
  await lifetime.end();
  folder.remove();
});

test("a door with a certificate says `not_ready` over TLS, and nothing to who speaks plain HTTP", async () => {
  const files = makeCertificate({ folder: folder.path, commonName: "door", alternativeNames: "IP:127.0.0.1" });
  const [cert, key] = [readFileSync(files.cert, "utf8"), readFileSync(files.key, "utf8")];
  const door = await openDoor({ address: "127.0.0.1", port: 0, tls: { cert, key } }, lifetime);
  const sent = request({ host: "127.0.0.1", port: door.port, path: "/readyz", ca: cert }).end();
  const [reply] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of reply) text += String(chunk);
  expect([reply.statusCode, JSON.parse(text)]).toEqual([503, expect.objectContaining({ code: "not_ready" })]);

  const plain = connect(door.port, "127.0.0.1", () => plain.write("GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n"));
  let heard = "";
  plain.on("data", (chunk) => (heard += String(chunk)));
  plain.on("error", () => undefined);
  await once(plain, "close");
  expect(heard).not.toContain("HTTP/1.1 503");
});
