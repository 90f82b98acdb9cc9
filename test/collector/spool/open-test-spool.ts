import { onTestFinished } from "vitest";
import type { Frame } from "../../../collector/spool/frame.ts";
import type { WritableFile } from "../../../collector/spool/segment-writer.ts";
import { openSpool, type Spool } from "../../../collector/spool/spool.ts";
import type { SpoolOptions } from "../../../collector/spool/spool-options.ts";
import { epochMsOf, systemClock } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";

export const HEADER = {
  receivedAt: epochMsOf(1_790_000_000_000),
  encoding: "identity",
  precision: "ms",
  cluster: "test",
} as const;

/** `close` ends it before the test does. */
export async function openTestSpool(
  folder: string,
  options: Partial<SpoolOptions> = {},
): Promise<{ spool: Spool; close: () => Promise<void> }> {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const spool = await openSpool(
    { folder, segmentBytes: 1_000_000, maxBytes: 100_000_000, keepBytes: 100_000_000, consumers: ["test"], ...options },
    { clock: systemClock, log: silentLog },
    lifetime,
  );
  return { spool, close: () => lifetime.end() };
}

/** Every frame from the oldest on. */
export async function readEverything(spool: Spool, limitBytes = 4_096): Promise<Frame[]> {
  const frames: Frame[] = [];
  let position = { segment: 0, offset: 0 };
  for (;;) {
    const reading = await spool.read(position, limitBytes);
    const stuck = reading.next.segment === position.segment && reading.next.offset === position.offset;
    if (reading.frames.length === 0 && stuck) return frames;
    frames.push(...reading.frames);
    position = reading.next;
  }
}

export const textsOf = (frames: readonly Frame[]): string[] => frames.map((frame) => frame.body.toString());

export const append = (spool: Spool, text: string) => spool.append(HEADER, Buffer.from(text));

/** On a disk that takes what is written and says so only when it is let go. */
export async function openOnHeldDisk(options: Partial<SpoolOptions>) {
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const wrapFile = (file: WritableFile): WritableFile => ({
    write: file.write.bind(file),
    truncate: (length) => file.truncate(length),
    close: () => file.close(),
    datasync: async () => {
      asked.resolve();
      await released.promise;
      await file.datasync();
    },
  });
  const { spool } = await openTestSpool(temporaryFolder(), { ...options, wrapFile });
  // Before it is closed, which waits for the disk.
  onTestFinished(() => released.resolve());
  return { spool, isBusy: asked.promise, release: () => released.resolve() };
}
