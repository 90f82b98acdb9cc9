import { describe, expect, test } from "vitest";
import { victoriaLines } from "../../../collector/delivery/victoria-line.ts";
import { readerOf } from "../line-protocol/read.ts";

const unused = async (): Promise<never> => {
  throw new Error("not to be written");
};
const { addLine } = victoriaLines({ name: "", write: unused, rejectedLines: () => 0 });

function rewritten(line: string, cluster = "c 1"): readonly string[] {
  const lines: string[] = [];
  const reader = readerOf(line);
  while (reader.nextGood()) addLine(lines, Buffer.from(line), reader, cluster);
  return lines;
}

describe("a line for VictoriaMetrics", () => {
  test.each<[string, string, readonly string[]]>([
    ["keeps what it is", "m,host=a f=1.50,i=7i,u=8u,b=t 5", ["m,cluster=c\\ 1,host=a f=1.50,i=7i,u=8u,b=t 5"]],
    ["keeps a cluster of its own", "m,cluster=x f=1 5", ["m,cluster=x f=1 5"]],
    ["has its value without a measurement", "m,host=a value=3.5 5", [",cluster=c\\ 1,host=a m=3.5 5"]],
    ["is two when it has a value and more", "m value=t,f=2i 5", [",cluster=c\\ 1 m=1 5", "m,cluster=c\\ 1 f=2 5"]],
    ["has no texts", 'm f=1,s="a,b=c",g=2 5', ["m,cluster=c\\ 1 f=1,g=2 5"]],
    ["is none when it has only texts", 'm s="x" 5', []],
    ["has each backslash twice", "m\\x,k\\,1=a\\b f\\=g=1 5", ["m\\\\x,cluster=c\\ 1,k\\,1=a\\\\b f\\=g=1 5"]],
    [
      "keeps great integers as doubles where it is written anew",
      "m value=9007199254740993i 5",
      [",cluster=c\\ 1 m=9007199254740992 5"],
    ],
  ])("%s", (_what, line, expected) => expect(rewritten(line)).toEqual(expected));
});
