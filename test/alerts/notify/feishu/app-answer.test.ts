import { expect, test } from "vitest";
import { appOutcomeOf } from "../../../../alerts/notify/feishu/app-answer.ts";

const answer = (code: number, httpStatus = 400, msg = "told", retryAfter: string | null = null) =>
  appOutcomeOf({ httpStatus, body: JSON.stringify({ code, msg }), retryAfter });

test.each<[number, string, string]>([
  [9499, "rejected", "report"],
  [10003, "misconfigured", "app id and secret"],
  [10014, "misconfigured", "app id and secret"],
  [99991661, "rejected", "report"],
  [99991672, "misconfigured", "scope"],
  [230001, "rejected", "report"],
  [230002, "misconfigured", "add the app's bot"],
  [230006, "misconfigured", "switch the bot on"],
  [230011, "gone", "sent anew"],
  [230012, "gone", "sent anew"],
  [230023, "rejected", "200 urgent"],
  [230024, "rejected", "quota"],
  [230025, "rejected", "shorten"],
  [230027, "misconfigured", "im:message"],
  [230028, "rejected", "content check"],
  [230031, "gone", "14 days"],
  [230099, "rejected", "report"],
  [300000, "gone", "patched"],
  [300090, "gone", "patched"],
  [12345, "retry", "look this code up"],
])("%d is %s, and says what to do", (code, kind, hint) => {
  for (const httpStatus of [200, 400]) {
    expect(answer(code, httpStatus)).toMatchObject({
      kind,
      reason: `Feishu answered ${code}: told`,
      hint: expect.stringContaining(hint),
    });
  }
});

test.each([99991663, 99991664, 99991671])("%d is a token to be replaced", (code) => {
  expect(answer(code)).toMatchObject({ kind: "token_refused" });
});

test.each([
  [99991400, 400, "52", 52_000],
  [99991400, 429, "52", 52_000],
  [99991400, 429, null, 10_000],
  [230020, 400, null, 1_000],
  [11232, 200, null, 10_000],
  [1, 429, "3", 3_000],
])("%d with HTTP %d and x-ogw-ratelimit-reset %s waits %d ms", (code, status, reset, afterMs) => {
  expect(answer(code, status, "told", reset)).toMatchObject({ kind: "retry", afterMs, hint: expect.any(String) });
});

test("a bad parameter is told apart by its name", () => {
  expect(answer(230001, 400, "ext=invalid receive_id.")).toMatchObject({ kind: "misconfigured" });
  expect(answer(230001, 400, "ext=invalid message_id")).toMatchObject({ kind: "gone" });
});

test.each([
  [200, "<html>", "misconfigured"],
  [302, "", "misconfigured"],
  [407, "", "misconfigured"],
  [429, "", "retry"],
  [500, "", "retry"],
  [502, '{"code":0}', "retry"],
  [500, '{"code":77}', "retry"],
  [200, "[]", "misconfigured"],
])("HTTP %d with %j is %s", (httpStatus, body, kind) => {
  expect(appOutcomeOf({ httpStatus, body, retryAfter: null }).kind).toBe(kind);
});

test("success is the whole answer: a token stands beside data", () => {
  const body = '{"code":0,"tenant_access_token":"t","expire":7200}';
  expect(appOutcomeOf({ httpStatus: 200, body, retryAfter: null })).toMatchObject({
    kind: "done",
    value: { tenant_access_token: "t", expire: 7200 },
  });
});
