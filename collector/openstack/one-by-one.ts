import { type ApiError, isApiError, isOfOneQuestion } from "./api/api-error.ts";
import { type ObjectPlace, readObject } from "./api/one-object.ts";
import type { ServiceApi } from "./api/service-api.ts";
import type { ApiObject } from "./api/words.ts";
import type { Round } from "./round.ts";

/** More are read faster as the list of all. */
export const MOST_ONE_BY_ONE = 50;

/**
 * Each by its id; what is not found is gone meanwhile. One that cannot be read is passed over and named, and stays as it is known.
 * Errors: ApiError.
 */
export async function readOneByOne(
  api: Pick<ServiceApi, "get">,
  place: ObjectPlace,
  ids: readonly string[],
  round: Round,
): Promise<{ readonly found: readonly ApiObject[]; readonly gone: readonly string[] }> {
  const [found, gone, failed]: [ApiObject[], string[], ApiError[]] = [[], [], []];
  for (const id of ids) {
    try {
      found.push(await readObject(api, place, id, round.signal));
    } catch (error) {
      if (isApiError(error, "not_found")) gone.push(id);
      else if (isOfOneQuestion(error)) failed.push(error);
      else throw error;
    }
  }
  round.count(found.length);
  const [first] = failed;
  if (first !== undefined) {
    const reason = `${failed.length} of ${ids.length} could not be read: ${first.message}`;
    round.missing({ what: `some of ${place.path}`, reason, hint: first.hint });
  }
  return { found, gone };
}
