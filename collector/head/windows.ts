import type { WindowBlock } from "../../core/window-block.ts";
import type { WindowSelection } from "../../promql/source.ts";
import { WindowMaker } from "../../promql/window-blocks.ts";
import type { EmbeddedMetrics } from "../../store/embedded/metrics/head.ts";

/** What comes of windows of the head's samples. They are read into memory that is used again, and only results are made. */
export async function windowsOf(
  head: EmbeddedMetrics,
  { windows, ...selection }: WindowSelection,
): Promise<readonly WindowBlock[]> {
  const maker = new WindowMaker(windows, selection.signal);
  const blocks: WindowBlock[] = [];
  await head.lendBlocks(selection, async (block) => {
    blocks.push(await maker.blockOf(block));
  });
  return blocks;
}
