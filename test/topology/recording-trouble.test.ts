import { expect, test } from "vitest";
import { type Log, silentLog } from "../../core/log.ts";
import { RecordingTrouble } from "../../topology/recording-trouble.ts";

test("trouble is logged once when it begins, when it changes and when it is over", () => {
  const said: string[] = [];
  const log: Log = {
    ...silentLog,
    error: (fields) => void said.push(String((fields as { error: string }).error)),
    info: (_fields, message) => void said.push(message),
  };
  const trouble = new RecordingTrouble("c", log);
  trouble.tell(undefined);
  for (let time = 0; time < 3; time++) trouble.tell(new Error("no room"));
  trouble.tell(new Error("no memory"));
  expect(trouble.failing).toMatchObject({ code: "recorder.commit_failed", status: 503 });
  trouble.tell(undefined);
  trouble.tell(undefined);
  expect(trouble.failing).toBeUndefined();
  expect(said).toEqual([
    "the topology store failed: no room",
    "the topology store failed: no memory",
    "topology is recorded again",
  ]);
});
