import { expect, test } from "vitest";
import { checkConfigCommand } from "../../cli/commands/check-config.ts";
import { systemClock } from "../../core/clock.ts";
import { answerWith, fakeHttpStore } from "../fakes/http-store.ts";

async function checked(settings: readonly string[]) {
  const [printed, errors]: [string[], string[]] = [[], []];
  const context = {
    env: {},
    clock: systemClock,
    print: (line: string) => void printed.push(line),
    printError: (line: string) => void errors.push(line),
  };
  const args = ["--stores", ...settings.flatMap((setting) => ["--set", setting])];
  return { code: await checkConfigCommand.run(args, context), printed, errors };
}

test("with --stores each store is asked, and one that would not answer is told with what to do", async () => {
  const influx = await fakeHttpStore(answerWith(404, '{"code":"not found","message":"no dbrp mapping found"}'));
  const victoria = await fakeHttpStore(answerWith(200, '{"status":"success","data":{"result":[]}}'));
  const bucket = ["influxdb.version=2", "influxdb.org=o", "influxdb.bucket=b", "influxdb.token=secret"];
  const both = [`influxdb.url=${influx.url}`, ...bucket, `victoria_metrics.url=${victoria.url}`];
  const { code, printed, errors } = await checked(both);
  expect(code).toBe(1);
  expect(printed.at(-1)).toBe("victoria_metrics answers");
  expect(errors).toEqual([expect.stringContaining("influx v1 dbrp create --org 'o' --db 'b'")]);
  expect(errors[0]).not.toContain("secret");
  expect((await checked(both.slice(-1))).code).toBe(0);
});
