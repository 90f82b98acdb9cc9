import { parseArgs } from "node:util";
import { OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import { API_FLAGS, createApiClient } from "../api-client.ts";
import type { Command } from "../command.ts";

export const queryCommand: Command = {
  summary: "evaluate a PromQL expression on a running server",
  usage: "nephoscope query '<promql>' [--at TIME] [--json] [--url URL] [--token TOKEN]",
  run: async (args, { env, print }) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...API_FLAGS, at: { type: "string" }, json: { type: "boolean", default: false } },
    });
    const [expression] = positionals;
    if (expression === undefined || positionals.length > 1) {
      throw new OperatorError({
        code: "query.arguments",
        message: "give one expression",
        hint: "quote it: nephoscope query 'rate(net_if_rx_bytes[1m])'",
      });
    }
    const answer = await createApiClient(values, env).call("GET", "/api/v1/query", {
      query: { query: expression, time: values.at },
    });
    if (values.json) print(JSON.stringify(answer, undefined, 2));
    else for (const line of resultLines(answer)) print(line);
    return 0;
  },
};

/** One line a series, as promtool prints them: `name{labels} => value @[time]`. */
function resultLines(answer: unknown): readonly string[] {
  const data = isRecord(answer) && isRecord(answer.data) ? answer.data : {};
  if (!Array.isArray(data.result)) return [];
  if (data.resultType === "scalar" || data.resultType === "string") return [valueText(data.result)];
  return data.result.filter(isRecord).flatMap((series) => {
    const points = Array.isArray(series.values) ? series.values : [series.value];
    return points.map((point: unknown) => `${labelText(series.metric)} => ${valueText(point)}`);
  });
}

function labelText(metric: unknown): string {
  if (!isRecord(metric)) return "{}";
  const { __name__: name = "", ...labels } = metric;
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${String(name)}{${pairs.join(", ")}}`;
}

function valueText(point: unknown): string {
  return Array.isArray(point) ? `${String(point[1])} @[${String(point[0])}]` : String(point);
}
