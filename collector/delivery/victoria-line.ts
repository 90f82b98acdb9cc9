import type { LineWriter } from "../../store/line-writing/line-writer.ts";
import type { SeriesKey } from "../line-protocol/line.ts";
import type { LineReader } from "../line-protocol/parse.ts";
import type { LineStore } from "./line-consumer.ts";

/** VictoriaMetrics as a store that lines are delivered to. */
export function victoriaLines(writer: LineWriter): LineStore {
  return {
    consumer: "victoria-metrics",
    title: "VictoriaMetrics",
    writer,
    linesPerRequest: 5_000,
    addLine: addVictoriaLine,
  };
}

/** A field of this name adds nothing to the metric's. */
const VALUE = "value";

/**
 * Adds a line as VictoriaMetrics takes it, so that its metrics are called as ours: the field `value` goes without a
 * measurement, under whose name it would end in `_value`; texts, of which it would make zeros, are left out; a backslash
 * that InfluxDB takes as it is must be written twice. Booleans become 1 and 0, integers doubles, there as here.
 */
function addVictoriaLine(lines: string[], body: Buffer, line: LineReader, cluster: string): void {
  const { start, fieldsStart, fieldsEnd, series, at } = line;
  const measurementEnd = start + series.measurementBytes;
  const keys = body.toString("utf8", measurementEnd, fieldsStart);
  const measurement = body.toString("utf8", start, measurementEnd);
  const tag = series.cluster === undefined ? `,cluster=${escapeKey(cluster)}` : "";
  if (isPlain(line)) {
    const fields = body.toString("utf8", fieldsStart, fieldsEnd);
    if (!fields.includes("\\") && !keys.includes("\\") && !measurement.includes("\\")) {
      lines.push(`${measurement}${tag}${keys}${fields} ${at}`);
      return;
    }
  }
  addRewritten(lines, line, `${tag}${tagsOf(series.key)}`);
}

/** Whether all fields can go as they are, under the measurement's name. */
function isPlain(line: LineReader): boolean {
  for (let place = 0; place < line.fieldCount; place++) {
    if (line.kindAt(place) === "string" || line.fieldKeyAt(place).name === VALUE) return false;
  }
  return true;
}

function addRewritten(lines: string[], line: LineReader, tags: string): void {
  const { measurement } = line.series.key;
  let fields = "";
  for (let place = 0; place < line.fieldCount; place++) {
    if (line.kindAt(place) === "string") continue;
    const { name } = line.fieldKeyAt(place);
    // As exact as what is written: VictoriaMetrics keeps doubles.
    const value = String(line.valueAt(place));
    if (name === VALUE) lines.push(`${tags} ${escapeKey(measurement)}=${value} ${line.at}`);
    else fields += `${fields === "" ? "" : ","}${escapeKey(name)}=${value}`;
  }
  if (fields !== "") lines.push(`${escapeKey(measurement)}${tags} ${fields} ${line.at}`);
}

function tagsOf({ tags }: SeriesKey): string {
  return tags.map(({ key, value }) => `,${escapeKey(key)}=${escapeKey(value)}`).join("");
}

/** In VictoriaMetrics two backslashes are one, everywhere; what is escaped in a tag may be in a measurement. */
function escapeKey(text: string): string {
  return text.replace(/[\\,= ]/g, "\\$&");
}
