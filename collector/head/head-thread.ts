// The thread that keeps the head: reads what comes out of the spool, writes it, and answers selections. Serving has the other
// thread to itself.
import { parentPort, type Transferable, workerData } from "node:worker_threads";
import { giveBack } from "../../core/array-memory.ts";
import { systemClock } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { SeriesBlock } from "../../core/series-block.ts";
import type { WindowSelection } from "../../promql/source.ts";
import { type EmbeddedMetrics, openEmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import { createHeadConsumer } from "../delivery/head-consumer.ts";
import { SeriesKeys } from "../line-protocol/series-keys.ts";
import { withBuffers } from "./frames.ts";
import { LabelTeller } from "./label-teller.ts";
import { standingsOf } from "./line-standings.ts";
import {
  type FromHead,
  type HeadSelection,
  type HeadSettings,
  type SentBlock,
  type SentWindows,
  sentError,
  type ToHead,
} from "./messages.ts";
import { windowsOf } from "./windows.ts";

const port = parentPort;
if (port === null) throw new Error("this runs as a thread of the collector");

function send(message: FromHead, transfer: readonly Transferable[] = []): void {
  port?.postMessage(message, transfer);
}

function logTo(bindings: object): Log {
  const at = (level: "debug" | "info" | "warn" | "error") => (fields: object, event: string) =>
    send({ kind: "log", level, fields: { ...bindings, ...fields }, event });
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (more) => logTo({ ...bindings, ...more }),
  };
}

const { path, limits }: HeadSettings = workerData;
const lifetime = new Lifetime();
try {
  const onForgotten = (ids: readonly number[]) => send({ kind: "forgotten", ids });
  serve(await openEmbeddedMetrics(path, limits, { clock: systemClock, log: logTo({}), onForgotten }, lifetime));
} catch (error) {
  send({ kind: "not_opened", error: sentError(error) });
}

function serve(head: EmbeddedMetrics): void {
  const consumer = createHeadConsumer(head, SeriesKeys.forSeries(limits.series));
  // Their own: questions are about series that nobody has seen, as many as a sender that went wild makes up.
  const askedKeys = new SeriesKeys();
  const teller = new LabelTeller(send);
  const asked = new Map<number, AbortController>();

  const tellTight = (): void => {
    const changes = head.takeTightChanges();
    if (changes !== undefined) send({ kind: "tight", changes });
  };

  const answer = async (message: ToHead): Promise<void> => {
    switch (message.kind) {
      case "consume": {
        const frames = withBuffers(message.frames);
        const outcome = await consumer.consume(frames, message.next).finally(() => {
          tellTight();
          // They were handed over with their memory.
          giveBack(frames.map(({ body }) => body));
        });
        return send({ kind: "consumed", id: message.id, outcome, stats: head.stats() });
      }
      case "select":
        return select(message.id, message.selection);
      case "windows":
        return selectWindows(message.id, message.selection);
      case "standings": {
        const standings = standingsOf(head, message.asked, askedKeys);
        return send({ kind: "standings", id: message.id, standings });
      }
      case "abort":
        return asked.get(message.id)?.abort(new Error("the answer is not wanted any more"));
      case "known":
        return teller.known(message.id);
      case "close":
        await lifetime.end();
        send({ kind: "done", id: message.id, stats: head.stats() });
        return port?.close();
    }
  };

  const select = async (id: number, { want, ...wanted }: HeadSelection): Promise<void> => {
    const blocks = await whileWanted(id, (signal) => {
      const selection = { ...wanted, signal };
      if (want === "series") return head.seriesBlocks(selection);
      return head.selectBlocks({ ...selection, lastOnly: want === "last" });
    });
    const sent = await told(id, blocks);
    send({ kind: "selected", id, blocks: sent }, sent.flatMap(buffersOf));
  };

  const selectWindows = async (id: number, wanted: Omit<WindowSelection, "signal" | "warn">): Promise<void> => {
    const sent = await told(id, await whileWanted(id, (signal) => windowsOf(head, { ...wanted, signal })));
    send({ kind: "windowed", id, blocks: sent }, sent.flatMap(buffersOf));
  };

  const whileWanted = async <T>(id: number, read: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const controller = new AbortController();
    asked.set(id, controller);
    return read(controller.signal).finally(() => asked.delete(id));
  };

  /** With all their labels known to the other thread. */
  const told = async <Block extends Pick<SeriesBlock, "ids" | "space">>(question: number, blocks: readonly Block[]) => {
    const isOfQuestion = ({ space }: Block) => space !== head.space;
    for (const block of blocks) {
      const { ids, space } = block;
      await (isOfQuestion(block) ? teller.tellFor(question, ids, space) : teller.tell(ids, space));
    }
    return blocks.map(({ space, ...block }) => ({ ...block, isOfQuestion: space !== head.space }));
  };

  port?.on("message", (message: ToHead) => {
    answer(message).catch((error: unknown) => send({ kind: "failed", id: message.id, error: sentError(error) }));
  });
  send({ kind: "opened", position: head.spoolPosition(), stats: head.stats(), tight: head.takeTightChanges() });
}

function buffersOf(block: SentBlock | SentWindows): readonly ArrayBuffer[] {
  const buffers = Object.values(block).flatMap((one) => (ArrayBuffer.isView(one) ? one.buffer : []));
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
}
