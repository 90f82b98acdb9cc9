import { rm } from "node:fs/promises";
import type { DuckDbFile } from "../duckdb-file.ts";
import { type FilePart, type Part, type Parts, rowsName } from "./parts.ts";
import type { RecentParts } from "./recent-parts.ts";
import { deleteSealed, insertSealed } from "./sealed-files.ts";
import type { SealedMark } from "./sealed-mark.ts";
import { inTransaction } from "./transaction.ts";

interface Exchange {
  readonly old: readonly Part[];
  /** Durable already. */
  readonly written: readonly FilePart[];
  /** Whoever selects from then on reads what was written, or again the old. */
  readonly swap: () => void;
  readonly swapBack: () => void;
}

interface ExchangeParts {
  readonly file: DuckDbFile;
  readonly parts: Parts;
  readonly recent: RecentParts;
  readonly sealedMark: SealedMark;
  readonly betweenWrites: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Files take the place of what they were made of, in one transaction. What is old goes when nobody reads it any more. A failure
 * leaves all as it was, and no file behind.
 */
export async function exchange(parts: ExchangeParts, exchanged: Exchange): Promise<void> {
  const { old, written, swap, swapBack } = exchanged;
  // Tables go with the transaction, so that nobody may read them any more before it; files stay as long as they are read.
  const swapsFirst = old.some(({ kind }) => kind === "rows");
  if (swapsFirst) swap();
  try {
    if (swapsFirst) await unread(parts, old);
    await parts.betweenWrites(() => commitExchange(parts, exchanged));
  } catch (error) {
    if (swapsFirst) swapBack();
    for (const { path } of written) await rm(path, { force: true });
    throw error;
  }
  if (!swapsFirst) swap();
  for (const part of old) if (part.kind === "rows") parts.recent.giveUp(part);
  await unread(parts, old);
  for (const part of old) if (part.kind === "file") await rm(part.path, { force: true });
}

async function unread({ parts }: ExchangeParts, old: readonly Part[]): Promise<void> {
  for (const part of old) await parts.unread(part);
}

async function commitExchange({ file, sealedMark }: ExchangeParts, { old, written }: Exchange): Promise<void> {
  let committed = (): void => {};
  await inTransaction(file, async (connection) => {
    await deleteSealed(
      connection,
      old.filter((part) => part.kind === "file"),
    );
    await insertSealed(connection, written);
    for (const part of old) if (part.kind === "rows") await connection.run(`DROP TABLE ${rowsName(part)}`);
    committed = await sealedMark.count(connection);
  });
  committed();
}
