import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Answer, Body } from "./call.ts";

/** Pieces of a list are written when they have become this long: no list is ever whole in memory. */
const PIECE_CHARACTERS = 64 * 1_024;

export async function writeAnswer(reply: ServerResponse, answer: Answer, isHead: boolean): Promise<void> {
  const { status, headers, body } = answer;
  reply.writeHead(status, {
    "x-openstack-request-id": `req-${randomUUID()}`,
    ...(body.kind === "none" ? {} : { "content-type": body.kind === "text" ? body.type : "application/json" }),
    ...headers,
  });
  if (isHead) return void reply.end();
  for (const piece of piecesOf(body)) {
    if (reply.destroyed) return;
    if (!reply.write(piece)) await drained(reply);
  }
  reply.end();
}

/** Or until the client is gone. */
function drained(reply: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      reply.off("drain", settle).off("close", settle);
      resolve();
    };
    reply.on("drain", settle).on("close", settle);
  });
}

/** A body that says how long it is and ends before that, and the connection with it. */
export function writeTruncated(reply: ServerResponse, { status, headers, body }: Answer): void {
  const bytes = Buffer.from([...piecesOf(body)].join(""));
  reply.writeHead(status, { "content-type": "application/json", ...headers, "content-length": bytes.length });
  reply.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => reply.socket?.destroy());
}

/** As long as it was, and nothing that can be read. */
export function writeInvalidJson(reply: ServerResponse, { status, headers, body }: Answer): void {
  const text = [...piecesOf(body)].join("");
  reply.writeHead(status, { "content-type": "application/json", ...headers });
  reply.end(`${text.slice(0, -2)},,`);
}

function* piecesOf(body: Body): Generator<string> {
  if (body.kind === "none") return;
  if (body.kind === "text") return yield body.text;
  if (body.kind === "json") return yield JSON.stringify(body.value);
  let piece = `{${JSON.stringify(body.name)}: [`;
  let isFirst = true;
  for (const item of body.items) {
    piece += `${isFirst ? "" : ", "}${JSON.stringify(item)}`;
    isFirst = false;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = "";
  }
  const rest = Object.entries(body.rest).map(([name, value]) => `, ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  yield `${piece}]${rest.join("")}}`;
}
