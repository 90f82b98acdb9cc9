import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { isRecord } from "../../../core/json.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { ask, cardMessage, SEND, tokenOf } from "./app-caller.ts";
import { type FakeFeishuApp, startFakeFeishuApp } from "./app-server.ts";
import { decodeFrame, encodeFrame, type Frame } from "./frame-codec.ts";

// The long connection without the SDK: what each rule of it does to a client that breaks it.

let app: FakeFeishuApp;
const sockets: WebSocket[] = [];
beforeEach(async () => {
  app = await startFakeFeishuApp({ nowMs: () => 0 });
  app.addChat({ chatId: "oc_ops" });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await app.close();
});

const ENDPOINT = "POST /callback/ws/endpoint";
const credentials = () => ({ AppID: app.options.appId, AppSecret: app.options.appSecret });
const address = async () => String((await ask(app, ENDPOINT, credentials())).data.URL);

async function connect(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  sockets.push(socket);
  await new Promise<void>((resolve, reject) => socket.on("open", resolve).on("error", reject));
  return socket;
}
const nextFrame = (socket: WebSocket) =>
  new Promise<Frame>((resolve) => socket.once("message", (data: Buffer) => resolve(decodeFrame(data))));
const control = (type: string): Frame => ({
  ...{ seqId: 0n, logId: 0n, service: 1, method: 0 },
  headers: { type },
  payload: Buffer.alloc(0),
});
async function click() {
  const { data } = await ask(app, SEND, cardMessage(), { token: await tokenOf(app) });
  return app.callbacks.click({ messageId: String(data.message_id), value: {} });
}

test.each([
  [{ AppSecret: "wrong" }, 514],
  [{ AppID: "cli_other" }, 514],
  [{ more: 1 }, 1],
])("%j gets no address, and no data beside the code", async (change, code) => {
  const { status, body } = await ask(app, ENDPOINT, { ...credentials(), ...change });
  expect([status, body.code, body.data]).toEqual([200, code, undefined]);
});

test("a ticket opens one connection", async () => {
  const url = await address();
  await connect(url);
  await expect(connect(url)).rejects.toThrow("403");
  await expect(connect(url.replace(/ticket=.*/, "ticket=made-up"))).rejects.toThrow("403");
  expect(app.longConnection.connections).toBe(1);
  expect(app.violations.length).toBe(2);
});

test("fifty connections are the most", async () => {
  for (let i = 0; i < 50; i++) await connect(await address());
  expect(await ask(app, ENDPOINT, credentials())).toMatchObject({ code: 1_000_040_350 });
});

test("a ping is answered with the intervals that are to be kept", async () => {
  const socket = await connect(await address());
  const answered = nextFrame(socket);
  socket.send(encodeFrame(control("ping")));
  const { headers, payload } = await answered;
  expect(headers).toEqual({ type: "pong" });
  expect(Object.keys(JSON.parse(payload.toString()))).toEqual([
    ...["PingInterval", "ReconnectInterval", "ReconnectNonce", "ReconnectCount"],
  ]);
});

test("a callback goes to one of the connections", async () => {
  const heard: string[] = [];
  const three = [await connect(await address()), await connect(await address()), await connect(await address())];
  for (const socket of three) {
    socket.on("message", (data: Buffer) => heard.push(decodeFrame(data).headers.type ?? ""));
  }
  app.longConnection.deliver(await click()).catch(() => {});
  // What was on its way before a pong has arrived before it.
  for (const socket of three) socket.send(encodeFrame(control("ping")));
  await eventually(() => heard.filter((type) => type === "pong").length === 3);
  expect(heard.filter((type) => type === "event").length).toBe(1);
});

test("an answer is base64 of JSON in a frame of the same message; all else is written down", async () => {
  const socket = await connect(await address());
  const say = async (payload: string, change: Partial<Frame> = {}) => {
    const [callback, frame] = [await click(), nextFrame(socket)];
    const answered = app.longConnection.deliver(callback);
    socket.send(encodeFrame({ ...(await frame), payload: Buffer.from(payload), ...change }));
    return answered;
  };
  const data = Buffer.from('{"toast":{"type":"info","content":"x"}}').toString("base64");
  expect(await say(JSON.stringify({ code: 200, data }))).toEqual({ toast: { type: "info", content: "x" } });
  expect(await say(JSON.stringify({ code: 200 }))).toBeUndefined();
  expect(app.violations).toEqual([]);
  expect(await say(JSON.stringify({ code: 500 }))).toBeUndefined();
  socket.send(encodeFrame({ ...control("event"), method: 1 }));
  socket.send(Buffer.from([0xff]));
  const answered = nextFrame(socket);
  socket.send(encodeFrame(control("ping")));
  await answered;
  expect(app.violations.map(({ what }) => what.split(":")[0])).toEqual([
    'the callback was answered with {"code"',
    "a frame that answers nothing",
    "no frame",
  ]);
});

test("nobody connected hears nothing", async () => {
  await expect(app.longConnection.deliver(await click())).rejects.toThrow("nobody is connected");
});

describe("frames", () => {
  const frame = fc.record({
    seqId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    logId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    service: fc.nat(),
    method: fc.nat(1),
    headers: fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { noNullPrototype: true }),
    payload: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  });

  test("come back as they went", () => {
    fc.assert(
      fc.property(frame, (one) => {
        expect(decodeFrame(encodeFrame(one))).toEqual(one);
      }),
    );
  });

  test("are the bytes protobuf says", () => {
    const bytes = encodeFrame({ ...control("ping"), seqId: 300n, payload: Buffer.from("{}") });
    expect(bytes.toString("hex")).toBe("08ac02100018012000" + "2a0c0a0474797065120470696e67" + "42027b7d");
  });

  test.each(["", "08", "0801", "5001", "0d00000000", "4205aa"])("%s is none", (hex) => {
    expect(() => decodeFrame(Buffer.from(hex, "hex"))).toThrow();
  });

  test("cut anywhere before their end are none, or one without its payload", () => {
    const whole = encodeFrame({ ...control("ping"), payload: Buffer.from("{}") });
    for (let length = 0; length < whole.length; length++) {
      const decoded = (() => {
        try {
          return decodeFrame(whole.subarray(0, length));
        } catch {
          return undefined;
        }
      })();
      expect(!isRecord(decoded) || decoded.payload.length === 0).toBe(true);
    }
  });
});
