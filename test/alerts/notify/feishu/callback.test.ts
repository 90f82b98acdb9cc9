import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type CallbackKeys,
  type CallbackRequest,
  createCallbackReceiver,
  decrypt,
  MAX_CALLBACK_BYTES,
} from "../../../../alerts/notify/feishu/callback.ts";
import { epochMsOf } from "../../../../core/clock.ts";
import { type SignedRequest, signRequest } from "../../../fakes/feishu/callback-sender.ts";

const NOW = epochMsOf(1_767_225_600_000);
const KEYS: CallbackKeys = {
  appId: "cli_0123456789abcdef",
  encryptKey: "encrypt-key-0123456789",
  verificationToken: "verification-token-0123456789",
};
const HEADER = {
  event_id: "event-1",
  token: KEYS.verificationToken,
  event_type: "card.action.trigger",
  app_id: KEYS.appId,
};
const EVENT = {
  operator: { open_id: "ou_alice", user_id: "alice" },
  token: "c-1",
  action: { value: { do: "acknowledge", what: "网卡" }, tag: "button" },
  context: { open_message_id: "om_1", open_chat_id: "oc_ops" },
};
const ACTION = {
  eventId: "event-1",
  messageId: "om_1",
  chatId: "oc_ops",
  operator: { openId: "ou_alice", userId: "alice" },
  value: EVENT.action.value,
  token: "c-1",
};
const CHALLENGE = { challenge: "prove it", token: KEYS.verificationToken, type: "url_verification" };

const click = (header: object = {}, event: object = {}) => ({
  schema: "2.0",
  header: { ...HEADER, ...header },
  event: { ...EVENT, ...event },
});
const signed = (payload: unknown, atMs: number = NOW, encryptKey = KEYS.encryptKey) =>
  signRequest(JSON.stringify(payload), { encryptKey, nowMs: () => atMs });
const received = ({ headers, body }: SignedRequest): CallbackRequest => ({ headers, body: Buffer.from(body) });
const receive = (request: SignedRequest, now: number = NOW, keys = KEYS) =>
  createCallbackReceiver(keys).receive(received(request), epochMsOf(now));
const unsigned = ({ body }: SignedRequest): SignedRequest => ({ headers: {}, body });

// Encrypted and signed with openssl, and with spaces that no other writer of JSON would make.
const ENCRYPTED = [
  "AAECAwQFBgcICQoLDA0OD4apBmdqDFZw+EEwddlORpJd3zjOXR4ZRPcbXVoAi58npFRNnHoknLp0Jj0tf2Zrsu9/j2kN/W2M",
  "v2ukeRoy6iw4KjFj0QQReiJJw7lMwB3T+K3k7uJiAWsytK1RnJb+YjMgyM2L1jA27XE1fo4KxhmUM+92/1FN7BIfcZDyLAm3",
  "bPx7nBhr84B0GrCTj07oNgjOsWJvGk6+LqaCjXG9opuJ1/wzE7PGpkByTrgJkyVVzvpuuW6ohsTUmoXN2x/3GKGm5PEbX506",
  "qA633jjEYIgPbP5K2CvA9jCpxoyFaIaFxqXn4Uplp7ZflQeEAJxuNRQxsoO70DtgAbjaYOfMYsDbfTh3c0J1oM+7oX1/VjdG",
  "Gq3ZWLtxJKW1UqCohWltTOVKHakpeP2XYS6CiVnpPmXWD3oU+v6IPqnqex4kOhpF4GfYhxQc/1u2YS9FErGH6Gf1g3xVV1Bh",
  "Tk5Uzsvw9c8/Uluj6mC6tzGctQMU5zyeQmSSUblc4aTu1pYxTQlOxSh3IhZVfsdIuFT8OkhMGZixPb8pD3gkz8VCxrKjfHId",
  "w0YzXrBhWs5YCtlkzN1BFZLC62y7rx3eDWHvh258f4pfPUeNM+TMfgDiP/hhVan4",
].join("");
const RECORDED: SignedRequest = {
  headers: {
    "x-lark-request-timestamp": "1767225600",
    "x-lark-request-nonce": "nonce-1",
    "x-lark-signature": "3ac1af3a78b24b5efc7a0be8535fb46dff89ae3414795c5b5f934111a3bf2228",
  },
  body: `{ "encrypt" : "${ENCRYPTED}" }`,
};

test("the documented vector is decrypted", () => {
  expect(decrypt("P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=", "test key")).toBe("hello world");
});

test("a request made by another program is taken: the signature is over the bytes, not over what they mean", () => {
  const action = { ...ACTION, eventId: "f7984f25108f8137722bb63c" };
  expect(receive(RECORDED)).toEqual({ kind: "card_action", action });
});

test("any changed byte of the body refuses", () => {
  const whole = Buffer.from(RECORDED.body);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
      const body = Buffer.from(whole);
      body[at] = (body[at] ?? 0) ^ difference;
      const verdict = createCallbackReceiver(KEYS).receive({ headers: RECORDED.headers, body }, NOW);
      expect(verdict).toMatchObject({ kind: "refused", status: 401 });
    }),
    { numRuns: 500 },
  );
});

test("a byte more or less of the body refuses", () => {
  fc.assert(
    fc.property(fc.nat(RECORDED.body.length), fc.boolean(), (at, isMore) => {
      const { body } = RECORDED;
      const changed = isMore ? `${body.slice(0, at)} ${body.slice(at)}` : body.slice(0, at) + body.slice(at + 1);
      if (changed === body) return;
      expect(receive({ ...RECORDED, body: changed })).toMatchObject({ kind: "refused", status: 401 });
    }),
    { numRuns: 200 },
  );
});

test.each(Object.keys(RECORDED.headers))("any change of %s refuses, and so does its absence", (name) => {
  const value = RECORDED.headers[name] ?? "";
  const withValue = (text: string | readonly string[] | undefined) =>
    createCallbackReceiver(KEYS).receive(
      { ...received(RECORDED), headers: { ...RECORDED.headers, [name]: text } },
      NOW,
    );
  fc.assert(
    fc.property(fc.nat(value.length - 1), fc.string({ minLength: 0, maxLength: 2 }), (at, text) => {
      const changed = value.slice(0, at) + text + value.slice(at + 1);
      if (changed === value) return;
      expect(withValue(changed)).toMatchObject({ kind: "refused", status: 401 });
    }),
  );
  for (const other of [undefined, "", [value], [value, value]]) {
    expect(withValue(other)).toMatchObject({ kind: "refused", status: 401 });
  }
});

test("a request is good for five minutes before and after", () => {
  const request = signed(click());
  for (const differenceMs of [-300_000, 0, 300_000]) {
    expect(receive(request, NOW + differenceMs).kind).toBe("card_action");
  }
  for (const differenceMs of [-300_001, 300_001, -86_400_000 * 365 * 25]) {
    expect(receive(request, NOW + differenceMs)).toMatchObject({ kind: "refused", status: 401 });
  }
});

test("the same request is taken once, however long it is good and whatever came in between", () => {
  const receiver = createCallbackReceiver(KEYS);
  const ahead = received(signed(click(), NOW + 300_000));
  expect(receiver.receive(ahead, NOW).kind).toBe("card_action");
  for (const laterMs of [0, 1, 300_001, 599_999, 600_000, 600_001]) {
    const now = epochMsOf(NOW + laterMs);
    expect(receiver.receive(received(signed(click({ event_id: `e-${laterMs}` }), now)), now).kind).toBe("card_action");
    expect(receiver.receive(ahead, now)).toMatchObject({ kind: "refused", status: 401 });
  }
});

test("the same click under another signature is answered and runs nothing", () => {
  const receiver = createCallbackReceiver(KEYS);
  expect(receiver.receive(received(signed(click())), NOW).kind).toBe("card_action");
  expect(receiver.receive(received(signed(click())), NOW)).toEqual({ kind: "ignored", why: "repeated" });
});

test("what is remembered has a bound, and nothing that still counts is forgotten for it", () => {
  const receiver = createCallbackReceiver(KEYS, 3);
  const at = (id: string, now: number) =>
    receiver.receive(received(signed(click({ event_id: id }), now)), epochMsOf(now));
  const first = received(signed(click({ event_id: "first" })));
  expect(receiver.receive(first, NOW).kind).toBe("card_action");
  for (const id of ["second", "third"]) expect(at(id, NOW).kind).toBe("card_action");
  for (const id of ["fourth", "fifth"]) expect(at(id, NOW + 600_000)).toMatchObject({ kind: "refused", status: 503 });
  expect(receiver.receive(first, NOW)).toMatchObject({ kind: "refused", status: 401 });
  expect(at("later", NOW + 600_001).kind).toBe("card_action");
});

test("the challenge of the console is answered: encrypted, not signed, with our token", () => {
  const answered = { kind: "challenge", answer: { challenge: "prove it" } };
  expect(receive(unsigned(signed(CHALLENGE)))).toEqual(answered);
  expect(receive(signed(CHALLENGE))).toEqual(answered);
  expect(receive(unsigned(signed({ ...CHALLENGE, token: "another" })))).toMatchObject({ kind: "refused", status: 401 });
  expect(receive(unsigned(signed({ ...CHALLENGE, challenge: 1 })))).toMatchObject({ kind: "refused", status: 400 });
  const inClear = { headers: {}, body: JSON.stringify(CHALLENGE) };
  expect(receive(inClear)).toMatchObject({ kind: "refused", status: 401 });
});

test.each<[string, SignedRequest, object]>([
  ["a click that is not signed", unsigned(signed(click())), { status: 401 }],
  ["a click of another key", signed(click(), NOW, "another-key"), { status: 401 }],
  ["a click with another token", signed(click({ token: "another" })), { status: 401 }],
  [
    "a click with the token elsewhere",
    signed({ ...click({ token: undefined }), token: HEADER.token }),
    { status: 401 },
  ],
  ["a click in a card of another app", signed(click({ app_id: "cli_another" })), { status: 400 }],
  ["a click without its message", signed(click({}, { context: {} })), { status: 400 }],
  ["a value that is a text", signed(click({}, { action: { value: "acknowledge" } })), { status: 400 }],
  ["an event of version 1", signed({ uuid: "u", token: HEADER.token, event: { type: "message" } }), { status: 400 }],
])("%s is refused", (_name, request, expected) => {
  expect(receive(request)).toMatchObject({ kind: "refused", ...expected });
});

test("another event is answered and runs nothing", () => {
  const request = signed(click({ event_type: "im.message.receive_v1" }));
  expect(receive(request)).toEqual({ kind: "ignored", why: "another_event" });
});

test("without an Encrypt Key the verification token is what counts", () => {
  const keys = { ...KEYS, encryptKey: undefined };
  const inClear = (payload: unknown) => receive({ headers: {}, body: JSON.stringify(payload) }, NOW, keys);
  expect(inClear(click())).toEqual({ kind: "card_action", action: ACTION });
  expect(inClear(click({ token: "another" }))).toMatchObject({ kind: "refused", status: 401 });
  expect(inClear(CHALLENGE)).toMatchObject({ kind: "challenge" });
  expect(inClear({ ...CHALLENGE, token: "another" })).toMatchObject({ kind: "refused", status: 401 });
});

test.each([{ verificationToken: "" }, { encryptKey: "" }])("%j is no configuration", (change) => {
  const create = () => createCallbackReceiver({ ...KEYS, ...change });
  expect(create).toThrow(expect.objectContaining({ code: "config.invalid" }));
});

test("whatever else comes is refused, and nothing throws", () => {
  const receiver = createCallbackReceiver(KEYS);
  const refuses = (body: Uint8Array) => {
    expect(receiver.receive({ headers: {}, body }, NOW).kind).toBe("refused");
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (body) => refuses(body)));
  fc.assert(fc.property(fc.json(), (text) => refuses(Buffer.from(text))));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 96 }), (bytes) =>
      refuses(Buffer.from(JSON.stringify({ encrypt: Buffer.from(bytes).toString("base64") }))),
    ),
  );
  refuses(Buffer.from('{"encrypt":1}'));
  refuses(Buffer.from("[".repeat(100_000)));
  refuses(Buffer.from([0xff, 0xfe, 0x7b, 0x7d]));
  const large = Buffer.alloc(MAX_CALLBACK_BYTES + 1, 0x20);
  expect(receiver.receive({ headers: {}, body: large }, NOW)).toMatchObject({ status: 413 });
  // What was signed, and is still nonsense.
  for (const payload of [
    null,
    1,
    "text",
    [],
    {},
    { header: null },
    { header: HEADER },
    { header: HEADER, event: [] },
  ]) {
    expect(receiver.receive(received(signed(payload)), NOW).kind).toBe("refused");
  }
});

test("a refusal says nothing of keys and tokens", () => {
  const verdicts = [signed(click({ token: "another" })), unsigned(signed(click())), signed(click(), 0)].map((one) =>
    receive(one),
  );
  expect(JSON.stringify(verdicts)).not.toMatch(/0123456789|another"/);
});
