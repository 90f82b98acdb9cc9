import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openGobgp } from "../../agent/fabric/gobgp/gobgp-reader.ts";
import { connectGrpc } from "../../agent/fabric/gobgp/grpc-connection.ts";
import { Lifetime } from "../../core/lifetime.ts";

let lifetime: Lifetime;
beforeEach(() => {
  lifetime = new Lifetime();
});
afterEach(() => lifetime.end());

async function addressOf(server: Server | Http2Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  lifetime.defer("server", () => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function connected(answer: (stream: ServerHttp2Stream) => void) {
  const server = createServer();
  server.on("stream", answer);
  const grpc = await connectGrpc(await addressOf(server), lifetime.signal);
  if (grpc === undefined) throw new Error("not connected");
  return grpc;
}

/** Ends a call as a gRPC server does that has nothing to say but this. */
function respondWithStatus(stream: ServerHttp2Stream, status: string): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": status }, { endStream: true });
}

test("messages come whole, however their bytes come", async () => {
  const grpc = await connected(async (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    const frames = Buffer.from([0, 0, 0, 0, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 7, 8, 9]);
    for (const byte of frames) {
      stream.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    stream.end();
  });
  const messages: number[][] = [];
  expect(await grpc.call("s/M", Buffer.alloc(0), (message) => messages.push([...message]))).toBe(true);
  expect(messages).toEqual([[1, 2], [], [7, 8, 9]]);
});

test("another gRPC server than gobgpd is none", async () => {
  const grpc = await connected((stream) => respondWithStatus(stream, "12"));
  expect(await openGobgp(grpc)).toBeUndefined();
});

test("a refusal is told, and so is an answer that is no gRPC", async () => {
  const refusing = await connected((stream) => respondWithStatus(stream, "7"));
  const noMessage = () => {};
  await expect(refusing.call("s/M", Buffer.alloc(0), noMessage)).rejects.toMatchObject({
    code: "agent.gobgp_unanswered",
    message: "gobgpd does not answer s/M: status 7",
  });
  const page = await connected((stream) => {
    stream.respond({ ":status": 200 });
    stream.end("<html>Welcome</html>");
  });
  await expect(page.call("s/M", Buffer.alloc(0), noMessage)).rejects.toMatchObject({ code: "agent.gobgp_unanswered" });
});

test("who does not speak HTTP/2, or does not listen, is no server", async () => {
  const web = createTcpServer((socket) => {
    // The other end may hang up first.
    socket.on("error", () => undefined);
    socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  const address = await addressOf(web);
  expect(await connectGrpc(address, lifetime.signal)).toBeUndefined();
  expect(await connectGrpc("127.0.0.1:1", lifetime.signal)).toBeUndefined();
});

test("the end of the server is told", async () => {
  let end = () => {};
  const grpc = await connected((stream) => {
    const { session } = stream;
    end = () => session?.destroy();
    respondWithStatus(stream, "0");
  });
  await grpc.call("s/M", Buffer.alloc(0), () => {});
  end();
  expect(await grpc.closed).toBeTruthy();
});

test("a server that answers without end is left", async () => {
  const grpc = await connected((stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    stream.on("error", () => undefined);
    const frame = Buffer.alloc(5 + 60_000);
    frame.writeUInt32BE(60_000, 1);
    const more = () => {
      if (stream.destroyed) return;
      stream.write(frame, more);
    };
    more();
  });
  let bytes = 0;
  const call = grpc.call("s/M", Buffer.alloc(0), (message) => {
    bytes += message.length;
  });
  await expect(call).rejects.toMatchObject({ message: "gobgpd does not answer s/M: answers without end" });
  expect(bytes).toBeLessThan(20_000_000);
});
