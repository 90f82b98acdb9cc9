import { expect, test } from "vitest";
import { type FeishuAnswer, outcomeOf } from "../../../../alerts/notify/feishu/answer.ts";
import { signFeishu } from "../../../../alerts/notify/feishu/sign.ts";

const code = (value: number, msg = "told"): FeishuAnswer => ({
  httpStatus: 200,
  body: JSON.stringify({ code: value, msg, data: {} }),
  retryAfter: null,
});
const http = (httpStatus: number, retryAfter: string | null = null): FeishuAnswer => ({
  httpStatus,
  body: "<html>",
  retryAfter,
});

test("the signature is the one Feishu documents", () => {
  expect(signFeishu("1599360473", "demo")).toBe("l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=");
});

test.each<[string, FeishuAnswer, object]>([
  ["success", { httpStatus: 200, body: '{"code":0,"msg":"success","data":{}}', retryAfter: null }, { kind: "sent" }],
  [
    "an old bot's success",
    { httpStatus: 200, body: '{"StatusCode":0,"StatusMessage":"success"}', retryAfter: null },
    { kind: "sent" },
  ],
  [
    "a bad signature",
    code(19021, "sign match fail"),
    { kind: "misconfigured", hint: expect.stringContaining("secret") },
  ],
  ["an address not allowed", code(19022), { kind: "misconfigured", hint: expect.stringContaining("allow-list") }],
  ["a missing keyword", code(19024), { kind: "misconfigured", hint: expect.stringContaining("keyword") }],
  ["an unknown token", code(19001), { kind: "misconfigured", hint: expect.stringContaining("webhook address") }],
  ["a malformed message", code(9499), { kind: "rejected", hint: expect.stringContaining("20 KB") }],
  ["a rate limit", code(11232), { kind: "retry", afterMs: 10_000 }],
  [
    "a rate limit of the gateway",
    { ...code(99991400), httpStatus: 400, retryAfter: "30" },
    { kind: "retry", afterMs: 30_000 },
  ],
  ["a code nobody knows", code(12345, "odd"), { kind: "retry", reason: "Feishu answered 12345: odd" }],
  ["HTTP 500", http(500), { kind: "retry", afterMs: 0 }],
  ["HTTP 503 with Retry-After", http(503, "7"), { kind: "retry", afterMs: 7_000 }],
  ["HTTP 429", http(429), { kind: "retry", afterMs: 10_000 }],
  ["HTTP 404 of a proxy", http(404), { kind: "misconfigured", reason: "HTTP 404 instead of Feishu's answer" }],
  ["a sign-in page with HTTP 200", http(200), { kind: "misconfigured", hint: expect.stringContaining("proxy") }],
  ["a redirect", http(302), { kind: "misconfigured" }],
  ["code 0 with HTTP 502", { httpStatus: 502, body: '{"code":0}', retryAfter: null }, { kind: "retry" }],
  ["a Retry-After without sense", http(503, "soon"), { kind: "retry", afterMs: 0 }],
])("%s", (_name, answer, expected) => {
  expect(outcomeOf(answer)).toMatchObject(expected);
});
