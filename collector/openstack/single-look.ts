import { isOfOneQuestion } from "./api/api-error.ts";
import { type ObjectPlace, readObject } from "./api/one-object.ts";
import type { ServiceApi } from "./api/service-api.ts";
import type { ApiObject } from "./api/words.ts";
import type { ToldObject } from "./elements/element-context.ts";
import type { ChangedKind } from "./notifications/hint.ts";
import type { Hints, Later } from "./pending-hints.ts";
import type { Round } from "./round.ts";
import type { Teller } from "./teller.ts";

export interface SingleLook extends ObjectPlace {
  readonly kind: ChangedKind;
  parse(object: ApiObject): ToldObject | undefined;
}

/** Objects that are asked for one by one; of more the whole list is. */
const FEW = 10;

/**
 * Looks at objects by their ids. One that is not shown may be gone, be broken, or not be the user's to see: the list says so, which is read
 * then, as it is when there are many.
 */
export function singleLook(
  { kind, parse, ...place }: SingleLook,
  { api, teller }: { readonly api: Pick<ServiceApi, "get">; readonly teller: Pick<Teller, "put"> },
): (hints: Hints, round: Round) => Promise<readonly Later[]> {
  return async (hints, round) => {
    const hinted = hints.get(kind);
    if (hinted === undefined) return [];
    if (hinted.all || hinted.ids.size > FEW) return LIST;
    let isAllThere = true;
    for (const id of hinted.ids) {
      const object = await shown(() => readObject(api, place, id, round.signal));
      if (object === undefined) isAllThere = false;
      else await teller.put([parse(object) ?? []].flat());
    }
    return isAllThere ? [] : LIST;
  };
}

const LIST: readonly Later[] = [{ kind: "everything", id: undefined }];

/** Undefined when there is none, or none to be seen: how the service itself is the list says, which is asked for then. */
export async function shown<R>(ask: () => Promise<R>): Promise<R | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!isOfOneQuestion(error)) throw error;
    return undefined;
  }
}
