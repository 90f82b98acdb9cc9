import { describe, expect, test } from "vitest";
import { addressKey, eachEntry } from "../../../agent/connections/conntrack-entry.ts";

// Of Linux 6.18 and conntrack 1.4.7.
const TCP =
  "ipv4     2 tcp      6 431997 ESTABLISHED src=10.1.7.227 dst=10.200.31.56 sport=8579 dport=443 src=10.200.31.56 dst=10.1.7.227 sport=443 dport=8579 [ASSURED] mark=0 zone=56 use=2";
const OPENING =
  "ipv4     2 tcp      6 115 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1";
const UDP6_FILE =
  "ipv6     10 udp      17 399 src=fd00:0000:0000:0000:0000:0000:0000:0001 dst=fd00:0000:0000:0000:0000:0000:0000:0002 sport=1 dport=2 [UNREPLIED] src=fd00:0000:0000:0000:0000:0000:0000:0002 dst=fd00:0000:0000:0000:0000:0000:0000:0001 sport=2 dport=1 mark=0 zone=5 use=2";
const UDP6_COMMAND =
  "ipv6     10 udp      17 399 src=fd00::1 dst=fd00::2 sport=1 dport=2 [UNREPLIED] src=fd00::2 dst=fd00::1 sport=2 dport=1 mark=0 zone=5 use=1";
const ICMP =
  "ipv4     2 icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=9 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=9 mark=0 zone=4097 use=1";

function entries(text: string) {
  const found: unknown[] = [];
  const rest = eachEntry(text, (...entry) => found.push(entry));
  return { found, rest };
}

describe("an entry is read as the kernel and as conntrack write it", () => {
  const long = (last: number) => `fd00:0000:0000:0000:0000:0000:0000:000${last}`;
  test.each([
    ["established", TCP, [56, "tcp_established", "10.1.7.227", "10.200.31.56"]],
    ["being opened, in no zone", OPENING, [0, "tcp_other", "10.0.0.1", "10.0.0.2"]],
    ["IPv6 of the file", UDP6_FILE, [5, "udp", long(1), long(2)]],
    ["IPv6 of the command", UDP6_COMMAND, [5, "udp", long(1), long(2)]],
    ["ICMP", ICMP, [4097, "other", "10.0.0.1", "10.0.0.2"]],
  ])("%s", (_, line, entry) => {
    expect(entries(`${line}\n`)).toEqual({ found: [entry], rest: "" });
  });

  test("a line that is cut off is kept for the next piece, and what is no entry is passed by", () => {
    expect(entries(`conntrack v1.4.7: shown\n${TCP}\n${ICMP.slice(0, 40)}`)).toEqual({
      found: [[56, "tcp_established", "10.1.7.227", "10.200.31.56"]],
      rest: ICMP.slice(0, 40),
    });
  });
});

test.each([
  ["10.0.0.1", "10.0.0.1"],
  ["::", "0000:0000:0000:0000:0000:0000:0000:0000"],
  ["FD00::a:1", "fd00:0000:0000:0000:0000:0000:000a:0001"],
  ["fe80::", "fe80:0000:0000:0000:0000:0000:0000:0000"],
])("the key of address %s", (address, key) => {
  expect(addressKey(address)).toBe(key);
});
