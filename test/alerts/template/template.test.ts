import { describe, expect, test } from "vitest";
import { parseTemplate } from "../../../alerts/template/parse.ts";
import { render } from "../../../alerts/template/render.ts";

const data = {
  labels: { host: "c-1", interface: "eth0", empty: "", "odd-name": "odd", addr: "10.0.0.1:9100" },
  value: 0.9123,
  externalUrl: "http://page",
};
const filled = (text: string, value = data.value) => render(parseTemplate(text), { ...data, value });

// Expected texts are those of prometheus/template/template_test.go and of Go's fmt.
test.each([
  ["plain text", "plain text"],
  ["{{ $labels.host }}/{{ .Labels.interface }}", "c-1/eth0"],
  ["{{$labels.nope}}!", "!"],
  ['{{ index $labels "odd-name" }}', "odd"],
  ["{{ $value }} {{ .Value }}", "0.9123 0.9123"],
  ["{{ $externalURL }}", "http://page"],
  ["{{ $labels }}", "map[addr:10.0.0.1:9100 empty: host:c-1 interface:eth0 odd-name:odd]"],
  ["a {{- $value -}} b", "a0.9123b"],
  ["a{{/* a comment }} */}}b", "ab"],
  ['{{ `raw \\n` }}{{ "tab\\t" }}', "raw \\ntab\t"],
  ['{{ printf "%.1f|%5.1f|%-6s|%06.2f|%d%%" $value $value "ab" $value 3 }}', "0.9|  0.9|ab    |000.91|3%"],
  ['{{ printf "%q %v %t %x" $labels.host $value true 255 }}', '"c-1" 0.9123 true ff'],
  ['{{ $labels.host | toUpper | printf "<%s>" }}', "<C-1>"],
  ["{{ if gt $value 0.9 }}high{{ else if gt $value 0.5 }}mid{{ else }}low{{ end }}", "high"],
  ["{{ if $labels.empty }}yes{{ else }}no{{ end }}", "no"],
  ['{{ if and (eq $labels.host "c-1") (not false) }}{{ if le 1 1 }}ok{{ end }}{{ end }}', "ok"],
  ['{{ title "aa bb" }} {{ stripPort $labels.addr }}', "Aa Bb 10.0.0.1"],
])("%s becomes %s", (text, expected) => {
  expect(filled(text)).toBe(expected);
});

test.each([
  ["humanize", 0, "0"],
  ["humanize", 1, "1"],
  ["humanize", 1_048_576, "1.049M"],
  ["humanize", 12_345, "12.35k"],
  ["humanize", 0.00001, "10u"],
  ["humanize", Number.NaN, "NaN"],
  ["humanize", Number.POSITIVE_INFINITY, "+Inf"],
  ["humanize1024", 1_048_576, "1Mi"],
  ["humanize1024", 1_023, "1023"],
  ["humanizeDuration", 0, "0s"],
  ["humanizeDuration", 1, "1s"],
  ["humanizeDuration", 59.5678, "59.57s"],
  ["humanizeDuration", 135.3563, "2m 15s"],
  ["humanizeDuration", 86_400, "1d 0h 0m 0s"],
  ["humanizeDuration", -3_661, "-1h 1m 1s"],
  ["humanizeDuration", 0.001, "1ms"],
  ["humanizePercentage", 0.959, "95.9%"],
  ["humanizePercentage", 1, "100%"],
  ["humanizeTimestamp", 1_435_065_584.128, "2015-06-23 13:19:44.128 +0000 UTC"],
])("%s of %d is %s", (name, value, expected) => {
  expect(filled(`{{ $value | ${name} }}`, value)).toBe(expected);
});

test.each([
  [1_000_000, "1e+06"],
  [123_456_789, "1.23456789e+08"],
  [100_000, "100000"],
  [0.00001, "1e-05"],
  [0.0001, "0.0001"],
  [-0.5, "-0.5"],
])("the number %d is printed as Go prints it", (value, expected) => {
  expect(filled("{{ $value }}", value)).toBe(expected);
});

describe("what is not supported is found when the rule is read", () => {
  test.each([
    ["{{ $value", "{{ without }}"],
    ['{{ range query "up" }}{{ end }}', "range is not supported"],
    ['{{ template "x" }}', "template is not supported"],
    ["{{ with $x }}{{ end }}", "with is not supported"],
    ["{{ $x }}", "$x is not known"],
    ["{{ $value.foo }}", "$value.foo is not known"],
    ["{{ humanise $value }}", "function humanise is not known"],
    ["{{ constructor }}", "function constructor is not known"],
    ["{{ humanize }}", "takes 1 argument"],
    ["{{ $value | $value }}", "is not a function"],
    ["{{ $value humanize }}", "cannot be followed"],
    ["{{ (eq 1 1 }}", "( without )"],
    ["{{ eq 1 1) }}", ") without ("],
    ["{{ if $value }}x", "without {{ end }}"],
    ["{{ end }}", "without an {{ if }}"],
    ["{{ if $value }}{{ else }}{{ else }}{{ end }}", "without {{ end }}"],
    ["{{ }}", "a value is missing"],
    ["{{ printf $labels.host }}", "printf needs its format in quotes"],
    ['{{ printf "%y" 1 }}', "printf cannot do %y"],
    ['{{ printf "%d" }}', "1 verbs for 0 arguments"],
    ["{{ $value := 1 }}", "cannot read"],
    [`${"{{ if $value }}".repeat(30)}`, "nested deeper"],
    ["x".repeat(10_001), "longer than"],
  ])("%s", (text, message) => {
    expect(() => parseTemplate(text)).toThrow(message);
  });
});
