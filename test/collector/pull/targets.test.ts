import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { targetOf } from "../../../collector/pull/scrape/target.ts";
import { parseTargetFile } from "../../../collector/pull/scrape/target-file.ts";
import { TargetFiles } from "../../../collector/pull/scrape/target-files.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { jobOf, targetAt } from "./scrape-site.ts";

describe("a target", () => {
  test.each([
    ["10.0.0.1:9100", "http://10.0.0.1:9100/metrics", "10.0.0.1:9100"],
    ["exporter.example", "http://exporter.example/metrics", "exporter.example:80"],
    ["[fd00::1]:9100", "http://[fd00::1]:9100/metrics", "[fd00::1]:9100"],
  ])("%s is read at %s", (address, url, instance) => {
    const target = targetAt(address, jobOf());
    expect(target.url.href).toBe(url);
    expect(target.labels).toEqual({ cluster: "az-1", instance, job: "node" });
  });

  test("says its scheme, path and query in labels that no series has, as in Prometheus", () => {
    const labels = {
      __scheme__: "https",
      __metrics_path__: "/probe",
      __param_target: "a b",
      __other: "x",
      job: "probe",
      cluster: "az-2",
    };
    const target = targetAt("h", jobOf({ params: { module: "icmp" } }), labels);
    expect(target.url.href).toBe("https://h/probe?module=icmp&target=a+b");
    expect(target.labels).toEqual({ cluster: "az-2", instance: "h:443", job: "probe" });
  });

  test.each(["", "a b:1", "http://h:1", "h:1/metrics", "h:99999", "u@h", "h?x"])("%j is none", (address) => {
    expect(targetOf(jobOf(), address, {})).toContain("is not of the form host:port");
  });
});

describe("a file of targets", () => {
  test("is read as Prometheus' JSON and YAML", () => {
    const groups = [
      { targets: ["a:1", "b:1"], labels: { rack: "r1" } },
      { targets: [], labels: {} },
    ];
    expect(parseTargetFile(JSON.stringify(groups), true)).toEqual(groups);
    expect(parseTargetFile('- targets: ["a:1", "b:1"]\n  labels: {rack: r1}\n- {}\n', false)).toEqual(groups);
  });

  test.each([
    ["{", true, "is no JSON"],
    ["- [", false, "is no YAML"],
    ["", false, "is empty"],
    ["{}", true, "is no list of groups"],
    ["- x", false, "group 1 is no mapping"],
    ["- targets: [1]", false, "group 1 has targets that are no list of texts"],
    ["- target: [a]", false, "group 1 has the key target"],
    ["- labels: {a-b: x}", false, 'group 1 has a label "a-b"'],
    ["- labels: {a: 1}", false, "group 1 has a label a that is no text"],
  ])("%j is refused", (text, isJson, problem) => expect(parseTargetFile(text, isJson)).toContain(problem));

  test("that becomes bad keeps its targets and is named; one that is gone has none", async () => {
    const folder = temporaryFolder();
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    const files = new TargetFiles([join(folder, "*.yaml"), join(folder, "more.json")]);
    write("a.yaml", '- targets: ["a:1"]');
    write("b.yaml", '- targets: ["b:1"]');
    const read = async () => (await files.read()).flatMap(({ targets }) => targets);
    expect(await read()).toEqual(["a:1", "b:1"]);
    expect(files.problems()).toEqual([{ path: join(folder, "more.json"), reason: "there is no such file" }]);

    write("a.yaml", "- targets: [");
    write("more.json", '[{"targets": ["c:1"]}]');
    expect(await read()).toEqual(["a:1", "b:1", "c:1"]);
    expect(files.problems()).toEqual([{ path: join(folder, "a.yaml"), reason: expect.stringContaining("is no YAML") }]);

    write("a.yaml", '- targets: ["a:2"]');
    rmSync(join(folder, "b.yaml"));
    expect(await read()).toEqual(["a:2", "c:1"]);
    expect(files.problems()).toEqual([]);
  });
});
