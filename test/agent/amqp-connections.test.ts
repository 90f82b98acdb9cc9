import { expect, test } from "vitest";
import { amqpPoints, createSsReader } from "../../agent/findings/amqp-connections.ts";
import { epochMsOf } from "../../core/clock.ts";
import { formatPoint } from "../../core/line-protocol.ts";
import { cataloguedWords, wordsOf } from "./catalogue-agreement.ts";

/** As iproute2 6.1 wrote it, `ss -Htnoip state established`: one without a process, one with a timer, one that was just used. */
const SS = `0      0      127.0.0.1:5672  127.0.0.1:33382
\t ts sack bbr wscale:10,10 rto:200 rtt:0.007/0.003 mss:32768 pmtu:65535 rcvmss:536 advmss:65483 cwnd:10 segs_in:2 bbr:(bw:0bps,mrtt:0.007) send 374491428571bps lastsnd:1256 lastrcv:1256 lastack:1256 pacing_rate 1070240895144bps delivered:1 app_limited reordering:6 rcv_space:65483 rcv_ssthresh:65483 minrtt:0.007 snd_wnd:65536
0      0      127.0.0.1:33374 127.0.0.1:5672  users:(("nova-compute",pid=14589,fd=4)) timer:(keepalive,119min,0)
\t ts sack cubic wscale:10,10 rto:204 rtt:0.029/0.016 mss:32768 lastsnd:412340 lastrcv:200100 lastack:1256 pacing_rate 233922295016bps delivered:2
0      0      [::1]:33384 [::1]:5672  users:(("neutron-openvsw",pid=7,fd=6),("neutron-openvsw",pid=8,fd=6))
\t ts sack cubic wscale:10,10 rto:200 rtt:0.005/0.002 mss:32741 lastrcv:1256 lastack:1256
0      0      10.0.0.1:33390 10.0.0.2:5672  users:(("a"b",pid=9,fd=6))
\t cubic rto:200 lastsnd:7 lastrcv:9
`;

function connectionsOf(text: string) {
  const reader = createSsReader();
  for (const line of text.split("\n").filter((it) => it !== "")) reader.line(line);
  return reader.connections();
}

test("of each connection: who holds it, and since when nothing went either way", () => {
  expect(connectionsOf(SS)).toEqual([
    { program: undefined, pid: undefined, idleMs: 1256 },
    { program: "nova-compute", pid: "14589", idleMs: 200_100 },
    { program: "neutron-openvsw", pid: "7", idleMs: 0 },
    { program: 'a"b', pid: "9", idleMs: 7 },
  ]);
  expect(connectionsOf("")).toEqual([]);
});

test("connections are counted by process, the idle ones and the longest of them too, as in the catalogue", () => {
  const one = (program: string, idleMs: number) => ({ program, pid: "1", idleMs });
  const connections = [one("nova", 180_000), one("nova", 180_001), one("nova", 5), one("agent", 0)];
  const nameOf = ({ program = "" }: { readonly program: string | undefined }) => program;
  const points = amqpPoints(connections, { nameOf, idleAfterMs: 180_000 }, epochMsOf(1));
  expect(points.map(formatPoint)).toEqual([
    "amqp,process=nova connections=3i,idle_connections=1i,oldest_idle_s=180.001 1",
    "amqp,process=agent connections=1i,idle_connections=0i,oldest_idle_s=0 1",
  ]);
  expect(wordsOf(points)).toEqual(cataloguedWords(["amqp"]));
});
