import { expect, test } from "vitest";
import { closingTable, foundLines, matched, rowOf } from "../../bench/closing-table.ts";
import { INGEST_LINES, RULE_LINES } from "../../bench/metric-lines.ts";

const PRINTED = `
resident                       552 MB, peak 593 MB   aim <= 4 GB
resident set                   1 MB
rows doubled               0
a body a host, its lines in order    1.92 M lines a CPU second, worst round 1.80
`;

test("a figure is what stands between its name and what is aimed at", () => {
  expect(rowOf("resident")(PRINTED)).toBe("552 MB, peak 593 MB");
  expect(rowOf("rows doubled")(PRINTED)).toBe("0");
  expect(matched(/a body a host.*?([\d.]+ M lines)/)(PRINTED)).toBe("1.92 M lines");
});

test("a figure that was not printed is not left out of the table", () => {
  const lines = foundLines([{ line: "seal", bound: "one", found: rowOf("seal") }], PRINTED);
  expect(closingTable(lines)).toMatch(/^seal +\| one +\| not printed$/m);
});

test("CPU seconds are told beside those of each peer", () => {
  const printed = [
    "nephoscope         2.000 CPU s a million samples (0.50 M); disk 2.31 B a sample; CPU s by tick 1",
    "victoria-metrics   4.000 CPU s a million samples (0.25 M); disk 0.50 B a sample; CPU s by tick 1",
    "influxd 1.6        8.000 CPU s a million samples (0.12 M); disk 9.00 B a sample; CPU s by tick 1",
  ].join("\n");
  const found = foundLines(INGEST_LINES, printed).map((line) => line.found);
  expect(found).toEqual(["2 of 4: 0.50 x", "2 of 8: 0.25 x", "2.31 B a sample"]);
});

test("a peer that did not run leaves its line open", () => {
  const printed = "nephoscope         2.000 CPU s a million samples; disk 2.31 B a sample";
  expect(foundLines(INGEST_LINES, printed)[0]?.found).toBe("not printed");
});

test("the round of rules is the median one of the table", () => {
  const printed = "│ first round  │ '2.00' │\n│ median round │ '0.52' │ │ 12 │\n";
  expect(foundLines(RULE_LINES, printed)[0]?.found).toBe("0.52");
});
