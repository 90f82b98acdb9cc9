import fc from "fast-check";
import { expect, test } from "vitest";
import { createRpcSplitter, encodeCall } from "../../agent/vm/libvirt/rpc-message.ts";
import { XdrError, XdrReader } from "../../agent/vm/libvirt/xdr-reader.ts";
import { XdrWriter } from "../../agent/vm/libvirt/xdr-writer.ts";

test("what is written is read back, with nothing left", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 40 });
  const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, number, fc.maxSafeInteger())), (items) => {
      const writer = new XdrWriter();
      for (const [string, unsigned] of items)
        writer
          .string(string)
          .unsigned(unsigned)
          .int(unsigned | 0);
      const reader = new XdrReader(writer.bytes());
      for (const [string, unsigned] of items) {
        expect([reader.string(), reader.unsigned(), reader.int()]).toEqual([string, unsigned, unsigned | 0]);
      }
      expect(reader.remaining).toBe(0);
    }),
  );
});

test("64-bit numbers keep what a counter needs of them", () => {
  const bytes = Buffer.alloc(24);
  bytes.writeBigUInt64BE(9_007_199_254_740_991n, 0);
  bytes.writeBigUInt64BE(18_446_744_073_709_551_615n, 8);
  bytes.writeBigInt64BE(-5n, 16);
  const reader = new XdrReader(bytes);
  expect([reader.unsignedHyper(), reader.unsignedHyper(), reader.hyper()]).toEqual([2 ** 53 - 1, 2 ** 64, -5]);
});

test.each([
  ["a length beyond the end", (reader: XdrReader) => reader.string()],
  ["a list that cannot be in what is left", (reader: XdrReader) => reader.list(4, () => reader.unsigned())],
])("%s is refused, not read", (_, read) => {
  const bytes = Buffer.from([0x7f, 0xff, 0xff, 0xff, 1, 2, 3, 4]);
  expect(() => read(new XdrReader(bytes))).toThrow(XdrError);
});

const call = (payload: Buffer, serial = 1) => encodeCall({ program: 0x20008086, procedure: 14, serial, payload });

test("messages come out whole however the stream is cut", () => {
  const payload = fc
    .uint8Array({ maxLength: 50 })
    .map((bytes) => new XdrWriter().string(Buffer.from(bytes).toString("hex")).bytes());
  fc.assert(
    fc.property(fc.array(payload, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(80)), (payloads, cuts) => {
      const split = createRpcSplitter();
      let rest = Buffer.concat(payloads.map((it, index) => call(it, index + 1)));
      const messages = [];
      for (const cut of [...cuts, rest.length]) {
        messages.push(...split.push(rest.subarray(0, cut)));
        rest = rest.subarray(cut);
      }
      messages.push(...split.push(rest));
      expect(messages.map(({ serial }) => serial)).toEqual(payloads.map((_, index) => index + 1));
      expect(messages.map((it) => it.payload.toString("hex"))).toEqual(payloads.map((it) => it.toString("hex")));
    }),
  );
});

test.each([
  ["a length less than its header", Buffer.from([0, 0, 0, 8])],
  ["a length that nobody sends", Buffer.from([0x40, 0, 0, 0])],
  ["text", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
  [
    "another version of a program",
    Buffer.concat([Buffer.from([0, 0, 0, 28, 0x20, 0, 0x80, 0x86, 0, 0, 0, 9]), Buffer.alloc(16)]),
  ],
])("%s is no message", (_, bytes) => {
  expect(() => createRpcSplitter().push(bytes)).toThrow(XdrError);
});
